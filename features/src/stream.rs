//! A view, one bar at a time.

use std::sync::Arc;

use weekahead_market::{Bar, CorporateAction, Session};

use crate::kernel::{self, Rolling};
use crate::plan::{Plan, Step};
use crate::{Adjuster, Factors, View};

/// The streaming state of a view for one symbol.
///
/// A session whose corporate action cannot be chained (see [`Adjuster::step`]) starts a new series: nothing before
/// it is seen from there on. States that began at different sessions agree, once both are warm, to about 1e-9, not
/// to the bit: the chain of adjusted prices began at another level.
///
/// ```
/// use weekahead_features::{View, ViewState};
/// use weekahead_market::{Bar, CorporateAction, Session};
/// let view = View::parse("name = 'tiny'\n[[feature]]\nname = 'ma_2'\nexpr = 'Mean(close, 2) / close'").unwrap();
/// let mut state = ViewState::new(&view);
/// let mut push = |day: &str, close: f64| {
///     let bar = Bar { open: close, high: close, low: close, close, volume: 1.0 };
///     state.push(day.parse().unwrap(), &bar, &CorporateAction::NONE)[0]
/// };
/// assert!(push("2013-01-24", 10.0).is_nan());
/// assert_eq!(push("2013-01-25", 30.0), 20.0 / 30.0);
/// ```
#[derive(Debug, Clone)]
pub struct ViewState {
    plan: Arc<Plan>,
    adjuster: Adjuster,
    /// One a step that is rolling.
    kernels: Vec<Option<Rolling>>,
    /// How many sessions a block holds.
    capacity: usize,
    /// One block of `capacity` values a step.
    values: Vec<f64>,
    factors: Vec<Factors>,
    outputs: Vec<f64>,
}

impl ViewState {
    /// The state before the first bar.
    pub fn new(view: &View) -> Self {
        Self::with_capacity(view, 1)
    }

    /// Takes the next session and gives its features in the view's order.
    ///
    /// Sessions must come in order; only the calendar fields read their dates.
    ///
    /// # Missing values
    /// NaN.
    pub fn push(&mut self, session: Session, bar: &Bar, action: &CorporateAction) -> &[f64] {
        self.advance(&[session], std::slice::from_ref(bar), std::slice::from_ref(action));
        for (out, step) in self.outputs.iter_mut().zip(&self.plan.outputs) {
            *out = self.values[step * self.capacity];
        }
        &self.outputs
    }

    /// Forgets everything: the next bar is the first.
    pub fn reset(&mut self) {
        self.adjuster = Adjuster::new();
        self.reset_kernels();
    }

    /// A state that takes up to `capacity` sessions at once.
    pub(crate) fn with_capacity(view: &View, capacity: usize) -> Self {
        let plan = Arc::clone(view.plan());
        let kernel = |step: &Step| match step {
            Step::Rolling(op, _, window) => Some(Rolling::new(*op, *window)),
            _ => None,
        };
        Self {
            adjuster: Adjuster::new(),
            kernels: plan.steps.iter().map(kernel).collect(),
            capacity,
            values: vec![f64::NAN; plan.steps.len() * capacity],
            factors: Vec::with_capacity(capacity),
            outputs: vec![f64::NAN; plan.outputs.len()],
            plan,
        }
    }

    /// Takes as many of the next sessions as fit in a block and says how many; their features are then in
    /// [`ViewState::block`]. Streaming and batch both go through here, so that they cannot differ.
    pub(crate) fn advance(
        &mut self,
        sessions: &[Session],
        bars: &[Bar],
        actions: &[CorporateAction],
    ) -> usize {
        self.take_factors(bars, actions);
        let rows = self.factors.len();
        for index in 0..self.plan.steps.len() {
            self.run(index, &sessions[..rows], &bars[..rows]);
        }
        rows
    }

    /// The values of a feature in the block of the last [`ViewState::advance`].
    pub(crate) fn block(&self, feature: usize, rows: usize) -> &[f64] {
        &self.values[self.plan.outputs[feature] * self.capacity..][..rows]
    }

    /// The factors of the next block, which ends before a session that starts a new series.
    fn take_factors(&mut self, bars: &[Bar], actions: &[CorporateAction]) {
        self.factors.clear();
        for (bar, action) in bars.iter().zip(actions).take(self.capacity) {
            match self.adjuster.step(bar, action) {
                Some(factors) => self.factors.push(factors),
                None if self.factors.is_empty() => {
                    self.reset_kernels();
                    let factors = self.adjuster.restart(bar);
                    self.factors.push(factors);
                }
                None => break,
            }
        }
    }

    /// One step over the block.
    fn run(&mut self, index: usize, sessions: &[Session], bars: &[Bar]) {
        let (before, from) = self.values.split_at_mut(index * self.capacity);
        let out = &mut from[..sessions.len()];
        let input = |step: usize| &before[step * self.capacity..][..sessions.len()];
        match self.plan.steps[index] {
            Step::Number(bits) => out.fill(f64::from_bits(bits)),
            Step::Field(field) => {
                for (i, out) in out.iter_mut().enumerate() {
                    *out = kernel::present(field.value(sessions[i], &bars[i], self.factors[i]));
                }
            }
            Step::Unary(op, x) => kernel::unary(op, input(x), out),
            Step::Binary(op, x, y) => kernel::binary(op, input(x), input(y), out),
            Step::If(condition, yes, no) => kernel::choose(input(condition), input(yes), input(no), out),
            Step::Rolling(_, x, _) => {
                if let Some(kernel) = &mut self.kernels[index] {
                    kernel.fold(input(x), out);
                }
            }
        }
    }

    fn reset_kernels(&mut self) {
        self.kernels.iter_mut().flatten().for_each(Rolling::reset);
    }
}
