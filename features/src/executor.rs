//! Runs a plan over the sessions of one symbol, a block at a time.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use weekahead_market::{Bar, CorporateAction, Session};

use crate::expr::RollingOp;
use crate::kernel::{self, Lanes, Outs, Scratch, Sorted, padded};
use crate::plan::{Plan, Step, Task, Windows};
use crate::{Adjuster, Factors};

/// A plan at work.
///
/// Every step has a buffer: the last values that windows of the next block reach back to, then the block. Streaming and
/// batch both go through [`Executor::advance`], so that they cannot differ.
#[derive(Debug, Clone)]
pub(crate) struct Executor {
    plan: Arc<Plan>,
    adjuster: Adjuster,
    /// Sessions since the series began.
    seen: usize,
    /// How many sessions a block holds.
    capacity: usize,
    factors: Vec<Factors>,
    /// Per step its place in `buffers`: steps without history share.
    place: Vec<usize>,
    buffers: Vec<Vec<f64>>,
    /// Buffers that are being written.
    taken: Vec<Vec<f64>>,
    scratch: Scratch,
    sorted: Sorted,
}

/// What the executor of one symbol has to remember from session to session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct State {
    adjuster: Adjuster,
    seen: u64,
    /// The values that the next windows reach back to, of all steps one after the other.
    history: Box<[f64]>,
}

impl State {
    /// Before the first session.
    pub(crate) fn first(plan: &Plan) -> Self {
        let history = vec![f64::NAN; history_len(plan)].into_boxed_slice();
        Self { adjuster: Adjuster::new(), seen: 0, history }
    }

    /// Whether it can be a state of a plan.
    pub(crate) fn fits(&self, plan: &Plan) -> bool {
        self.history.len() == history_len(plan)
    }
}

fn history_len(plan: &Plan) -> usize {
    plan.histories().map(|(_, history)| history).sum()
}

/// Sessions of one symbol, in order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) sessions: &'a [Session],
    pub(crate) bars: &'a [Bar],
    pub(crate) actions: &'a [CorporateAction],
    /// One column a function over all symbols, as far as they are known; missing beyond.
    pub(crate) crosses: &'a [&'a [f64]],
}

impl Executor {
    /// An executor that takes up to `capacity` sessions at once.
    pub(crate) fn new(plan: &Arc<Plan>, capacity: usize) -> Self {
        let (place, sizes) = places(plan);
        let room = padded(capacity) + Lanes::COUNT;
        Self {
            plan: Arc::clone(plan),
            adjuster: Adjuster::new(),
            seen: 0,
            capacity,
            factors: Vec::with_capacity(capacity),
            place,
            buffers: sizes.into_iter().map(|history| vec![f64::NAN; history + room]).collect(),
            taken: Vec::new(),
            scratch: Scratch::new(),
            sorted: Sorted::default(),
        }
    }

    /// What is needed to go on from here.
    pub(crate) fn state(&self) -> State {
        let mut state = State::first(&self.plan);
        self.suspend(&mut state);
        state
    }

    /// Writes down what is needed to go on from here.
    pub(crate) fn suspend(&self, state: &mut State) {
        (state.adjuster, state.seen) = (self.adjuster.clone(), self.seen as u64);
        let mut at = 0;
        for (step, history) in self.plan.histories() {
            state.history[at..at + history].copy_from_slice(&self.buffers[self.place[step]][..history]);
            at += history;
        }
    }

    /// Goes on from a state of the same plan.
    pub(crate) fn resume(&mut self, state: &State) {
        (self.adjuster, self.seen) = (state.adjuster.clone(), state.seen as usize);
        let mut at = 0;
        for (step, history) in self.plan.histories() {
            self.buffers[self.place[step]][..history].copy_from_slice(&state.history[at..at + history]);
            at += history;
        }
    }

    /// Forgets everything: the next bar is the first.
    pub(crate) fn reset(&mut self) {
        self.adjuster = Adjuster::new();
        self.restart();
    }

    /// Takes as many of the next sessions as fit in a block and says how many. `emit` gets the values of each feature.
    pub(crate) fn advance(&mut self, rows: Rows<'_>, mut emit: impl FnMut(usize, &[f64])) -> usize {
        self.take_factors(rows.bars, rows.actions);
        let count = self.factors.len();
        let plan = Arc::clone(&self.plan);
        for (at, task) in plan.tasks.iter().enumerate() {
            match task {
                Task::Step(step) => self.run_step(&plan, *step, rows, count),
                Task::Windows(windows) => self.run_windows(&plan, windows, count),
            }
            for (feature, step) in &plan.emits[at] {
                let history = plan.history[*step];
                emit(*feature, &self.buffers[self.place[*step]][history..history + count]);
            }
        }
        self.keep_history(&plan, count);
        self.seen += count;
        count
    }

    /// The factors of the next block, which ends before a session that starts a new series.
    fn take_factors(&mut self, bars: &[Bar], actions: &[CorporateAction]) {
        self.factors.clear();
        for (bar, action) in bars.iter().zip(actions).take(self.capacity) {
            match self.adjuster.step(bar, action) {
                Some(factors) => self.factors.push(factors),
                None if self.factors.is_empty() => {
                    self.restart();
                    let factors = self.adjuster.restart(bar);
                    self.factors.push(factors);
                }
                None => break,
            }
        }
    }

    fn run_step(&mut self, plan: &Plan, step: usize, rows: Rows<'_>, count: usize) {
        let mut taken = std::mem::take(&mut self.buffers[self.place[step]]);
        let out = &mut taken[plan.history[step]..][..count];
        let input = |step: usize| &self.buffers[self.place[step]][plan.history[step]..][..count];
        match plan.steps[step] {
            Step::Number(bits) => out.fill(f64::from_bits(bits)),
            Step::Field(field) => {
                field.fill(&rows.sessions[..count], &rows.bars[..count], &self.factors, out);
            }
            Step::Unary(op, x) => kernel::unary(op, input(x), out),
            Step::Binary(op, x, y) => kernel::binary(op, input(x), input(y), out),
            Step::If(condition, yes, no) => kernel::choose(input(condition), input(yes), input(no), out),
            Step::Cross(at) => match rows.crosses.get(at) {
                Some(column) if !column.is_empty() => out.copy_from_slice(&column[..count]),
                _ => out.fill(f64::NAN),
            },
            Step::Rolling(..) | Step::Quantile(..) | Step::Pair(..) => {}
        }
        self.buffers[self.place[step]] = taken;
    }

    fn run_windows(&mut self, plan: &Plan, windows: &Windows, count: usize) {
        for step in &windows.steps {
            self.taken.push(std::mem::take(&mut self.buffers[self.place[*step]]));
        }
        let reach = windows.group.reach();
        let inputs =
            windows.inputs.map(|input| &self.buffers[self.place[input]][plan.history[input] - reach..]);
        let outs = Outs { buffers: &mut self.taken, begins: &windows.begins };
        windows.group.run(inputs, count, &mut self.scratch, &mut self.sorted, outs);
        for ((step, begin), mut taken) in windows.steps.iter().zip(&windows.begins).zip(self.taken.drain(..))
        {
            if matches!(plan.steps[*step], Step::Rolling(RollingOp::Count, ..)) {
                // Counting takes what is not there yet for missing.
                let early = (plan.look_back[*step] - 1).saturating_sub(self.seen).min(count);
                taken[*begin..][..early].fill(f64::NAN);
            }
            self.buffers[self.place[*step]] = taken;
        }
    }

    /// Moves what later windows reach back to before the place of the next block.
    fn keep_history(&mut self, plan: &Plan, count: usize) {
        for task in &plan.tasks {
            for step in task.steps() {
                let history = plan.history[*step];
                if history > 0 {
                    self.buffers[self.place[*step]].copy_within(count..count + history, 0);
                }
            }
        }
    }

    fn restart(&mut self) {
        self.seen = 0;
        for buffer in &mut self.buffers {
            buffer.fill(f64::NAN);
        }
    }
}

/// A buffer for each step that has history, and the fewest that do for all others: per step its buffer, per buffer the
/// history that it holds.
fn places(plan: &Plan) -> (Vec<usize>, Vec<usize>) {
    let mut last_use = vec![0; plan.steps.len()];
    for (at, task) in plan.tasks.iter().enumerate() {
        for input in task.inputs(&plan.steps) {
            last_use[input] = at;
        }
    }
    let (mut place, mut sizes, mut free) = (vec![0; plan.steps.len()], Vec::new(), Vec::new());
    for (at, task) in plan.tasks.iter().enumerate() {
        for step in task.steps() {
            let reused = if plan.history[*step] == 0 { free.pop() } else { None };
            place[*step] = reused.unwrap_or_else(|| {
                sizes.push(plan.history[*step]);
                sizes.len() - 1
            });
        }
        let mut done: Vec<usize> = task.inputs(&plan.steps);
        done.extend(task.steps());
        done.sort_unstable();
        done.dedup();
        let dead = |step: &usize| last_use[*step] <= at && plan.history[*step] == 0;
        free.extend(done.iter().filter(|step| dead(step)).map(|step| place[*step]));
    }
    (place, sizes)
}
