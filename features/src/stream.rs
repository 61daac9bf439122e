//! A view, one bar at a time.

use weekahead_market::{Bar, CorporateAction, Session};

use crate::View;
use crate::executor::{Executor, Rows};

/// The streaming state of a view for one symbol.
///
/// A session whose corporate action cannot be chained (see [`Adjuster::step`](crate::Adjuster::step)) starts a new series: nothing before
/// it is seen from there on. A function over all symbols has no value here: one symbol has no cross-section. States that began at different sessions agree, once both are warm, to about 1e-9, not
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
    executor: Executor,
    outputs: Vec<f64>,
}

impl ViewState {
    /// The state before the first bar.
    pub fn new(view: &View) -> Self {
        let plan = view.plan();
        Self { executor: Executor::new(plan, 1), outputs: vec![f64::NAN; plan.outputs.len()] }
    }

    /// Takes the next session and gives its features in the view's order.
    ///
    /// Sessions must come in order; only the calendar fields read their dates.
    ///
    /// # Missing values
    /// NaN.
    pub fn push(&mut self, session: Session, bar: &Bar, action: &CorporateAction) -> &[f64] {
        let rows = Rows {
            sessions: &[session],
            bars: std::slice::from_ref(bar),
            actions: std::slice::from_ref(action),
            crosses: &[],
        };
        let outputs = &mut self.outputs;
        self.executor.advance(rows, |feature, values| outputs[feature] = values[0]);
        &self.outputs
    }

    /// Forgets everything: the next bar is the first.
    pub fn reset(&mut self) {
        self.executor.reset();
    }
}
