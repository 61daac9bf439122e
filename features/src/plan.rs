//! A view as a list of steps: every distinct subexpression of the view once, in an order in which inputs come first.

use std::collections::{BTreeMap, HashMap};

use crate::expr::{BinaryOp, CrossSectionOp, Expr, Field, PairOp, RollingOp, UnaryOp, reach};
use crate::kernel::{Group, Kind, Member, WindowOp};

/// One step; inputs are numbers of earlier steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// A constant, by its bits.
    Number(u64),
    Field(Field),
    Unary(UnaryOp, usize),
    Binary(BinaryOp, usize, usize),
    If(usize, usize, usize),
    Rolling(RollingOp, usize, usize),
    /// Input, window, and the bits of the level.
    Quantile(usize, usize, u64),
    Pair(PairOp, usize, usize, usize),
    /// A column of [`Plan::crosses`], which comes from outside.
    Cross(usize),
}

/// A function over all symbols of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Cross {
    pub(crate) op: CrossSectionOp,
    /// The step whose values it takes.
    pub(crate) input: usize,
    /// How many functions over all symbols lie below it: those of stage 0 come first.
    pub(crate) stage: usize,
}

/// A unit of work.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Task {
    /// A step of its own.
    Step(usize),
    /// Steps over windows that share their work.
    Windows(Windows),
}

/// A group of steps over windows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Windows {
    pub(crate) group: Group,
    pub(crate) inputs: [usize; 2],
    /// The step of each member.
    pub(crate) steps: Vec<usize>,
    /// Where the values of those steps begin in their buffers: behind their history.
    pub(crate) begins: Vec<usize>,
}

/// The steps of a view, and the steps that are its features.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) outputs: Vec<usize>,
    pub(crate) crosses: Vec<Cross>,
    /// Per step, how many sessions before the present one others read of it.
    pub(crate) history: Vec<usize>,
    /// Per step, how many sessions its value needs.
    pub(crate) look_back: Vec<usize>,
    pub(crate) tasks: Vec<Task>,
    /// Per task, the features that are done with it, and their steps.
    pub(crate) emits: Vec<Vec<(usize, usize)>>,
}

impl Plan {
    pub(crate) fn new<'a>(exprs: impl Iterator<Item = &'a Expr>) -> Self {
        let mut builder = Builder::default();
        let outputs = exprs.map(|expr| builder.add(expr)).collect();
        let Builder { steps, look_back, crosses, .. } = builder;
        let wanted = vec![true; steps.len()];
        Self { outputs, crosses, look_back, steps, history: vec![], tasks: vec![], emits: vec![] }
            .scheduled(&wanted)
    }

    /// The part of the plan that some of its steps need: those steps are its outputs.
    pub(crate) fn reduced(&self, outputs: Vec<usize>) -> Self {
        let needed = self.needed(outputs.clone(), |step| inputs(self.steps[step]));
        Self { outputs, ..self.clone() }.scheduled(&needed)
    }

    /// Which steps an output is computed from, those below functions over all symbols included.
    pub(crate) fn steps_of(&self, output: usize) -> Vec<bool> {
        self.needed(vec![self.outputs[output]], |step| match self.steps[step] {
            Step::Cross(at) => vec![self.crosses[at].input],
            other => inputs(other),
        })
    }

    fn needed(&self, mut open: Vec<usize>, inputs: impl Fn(usize) -> Vec<usize>) -> Vec<bool> {
        let mut needed = vec![false; self.steps.len()];
        while let Some(step) = open.pop() {
            if !std::mem::replace(&mut needed[step], true) {
                open.extend(inputs(step));
            }
        }
        needed
    }

    /// The steps that keep a history, and how long it is.
    pub(crate) fn histories(&self) -> impl Iterator<Item = (usize, usize)> {
        self.history.iter().copied().enumerate().filter(|(_, history)| *history > 0)
    }

    /// Puts the wanted steps in tasks.
    fn scheduled(mut self, wanted: &[bool]) -> Self {
        self.tasks = tasks(&self.steps, wanted);
        self.history = history(self.steps.len(), &self.tasks);
        for task in &mut self.tasks {
            if let Task::Windows(windows) = task {
                windows.begins = windows.steps.iter().map(|step| self.history[*step]).collect();
            }
        }
        let outputs: Vec<(usize, usize)> = self.outputs.iter().copied().enumerate().collect();
        let done =
            |task: &Task| outputs.iter().copied().filter(|(_, step)| task.steps().contains(step)).collect();
        self.emits = self.tasks.iter().map(done).collect();
        self
    }
}

impl Task {
    /// The steps that it computes.
    pub(crate) fn steps(&self) -> &[usize] {
        match self {
            Self::Step(step) => std::slice::from_ref(step),
            Self::Windows(windows) => &windows.steps,
        }
    }

    /// The steps that it reads.
    pub(crate) fn inputs(&self, steps: &[Step]) -> Vec<usize> {
        match self {
            Self::Step(step) => inputs(steps[*step]),
            Self::Windows(windows) => windows.inputs.to_vec(),
        }
    }
}

impl Step {
    /// The operator over windows that it is, with its window and inputs.
    fn window(self) -> Option<(WindowOp, usize, [usize; 2])> {
        match self {
            Self::Rolling(op, x, window) => Some((WindowOp::Rolling(op), window, [x, x])),
            Self::Quantile(x, window, level) => {
                Some((WindowOp::Quantile(f64::from_bits(level)), window, [x, x]))
            }
            Self::Pair(op, x, y, window) => Some((WindowOp::Pair(op), window, [x, y])),
            _ => None,
        }
    }
}

/// The steps that a step reads.
fn inputs(step: Step) -> Vec<usize> {
    match step {
        Step::Number(_) | Step::Field(_) | Step::Cross(_) => vec![],
        Step::Unary(_, x) | Step::Rolling(_, x, _) | Step::Quantile(x, ..) => vec![x],
        Step::Binary(_, x, y) | Step::Pair(_, x, y, _) => vec![x, y],
        Step::If(condition, yes, no) => vec![condition, yes, no],
    }
}

/// Steps over windows go together with all others of their kind and inputs, where the first of them stands: their
/// inputs are all before it.
fn tasks(steps: &[Step], wanted: &[bool]) -> Vec<Task> {
    let mut members: BTreeMap<_, Vec<(usize, Member)>> = BTreeMap::new();
    let wanted = || steps.iter().copied().enumerate().filter(|(at, _)| wanted[*at]);
    for (at, step) in wanted() {
        if let Some((op, window, inputs)) = step.window() {
            let member = Member { op, reach: op.reach(window) };
            members.entry((Kind::of(op, window), inputs)).or_default().push((at, member));
        }
    }
    let task = |(at, step): (usize, Step)| {
        let Some((op, window, inputs)) = step.window() else { return Some(Task::Step(at)) };
        let kind = Kind::of(op, window);
        let mut members = members.remove(&(kind, inputs))?;
        members.sort_by_key(|(_, member)| member.reach);
        let (steps, members) = members.into_iter().unzip();
        Some(Task::Windows(Windows { group: Group::new(kind, members), inputs, steps, begins: vec![] }))
    };
    wanted().filter_map(task).collect()
}

fn history(steps: usize, tasks: &[Task]) -> Vec<usize> {
    let mut history = vec![0; steps];
    for task in tasks {
        if let Task::Windows(windows) = task {
            for input in windows.inputs {
                history[input] = history[input].max(windows.group.reach());
            }
        }
    }
    history
}

#[derive(Default)]
struct Builder {
    steps: Vec<Step>,
    look_back: Vec<usize>,
    stage: Vec<usize>,
    crosses: Vec<Cross>,
    known: HashMap<Step, usize>,
}

impl Builder {
    fn add(&mut self, expr: &Expr) -> usize {
        let step = match expr {
            Expr::Number(value) => Step::Number(value.to_bits()),
            Expr::Field(field) => Step::Field(*field),
            Expr::Unary(op, input) => Step::Unary(*op, self.add(input)),
            Expr::Binary(op, left, right) => Step::Binary(*op, self.add(left), self.add(right)),
            Expr::If(condition, yes, no) => Step::If(self.add(condition), self.add(yes), self.add(no)),
            Expr::Rolling(op, input, window) => Step::Rolling(*op, self.add(input), *window),
            Expr::Quantile(input, window, level) => Step::Quantile(self.add(input), *window, level.to_bits()),
            Expr::Pair(op, left, right, window) => Step::Pair(*op, self.add(left), self.add(right), *window),
            Expr::CrossSection(op, input) => {
                let input = self.add(input);
                return self.cross(*op, input);
            }
        };
        let stages = inputs(step).into_iter().map(|input| self.stage[input]);
        let stage = stages.max().unwrap_or(0);
        self.step(step, stage)
    }

    fn cross(&mut self, op: CrossSectionOp, input: usize) -> usize {
        let cross = Cross { op, input, stage: self.stage[input] };
        let at = self.crosses.iter().position(|known| *known == cross).unwrap_or_else(|| {
            self.crosses.push(cross);
            self.crosses.len() - 1
        });
        self.step(Step::Cross(at), cross.stage + 1)
    }

    fn step(&mut self, step: Step, stage: usize) -> usize {
        if let Some(at) = self.known.get(&step) {
            return *at;
        }
        let look_back = self.look_back(step);
        self.known.insert(step, self.steps.len());
        self.steps.push(step);
        self.look_back.push(look_back);
        self.stage.push(stage);
        self.steps.len() - 1
    }

    fn look_back(&self, step: Step) -> usize {
        let of_inputs = inputs(step).into_iter().map(|input| self.look_back[input]).max().unwrap_or(1);
        match step {
            Step::Rolling(op, _, window) => of_inputs + reach(op, window),
            Step::Quantile(_, window, _) | Step::Pair(_, _, _, window) => of_inputs + window - 1,
            Step::Cross(at) => self.look_back[self.crosses[at].input],
            _ => of_inputs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(exprs: &[&str]) -> Plan {
        let exprs: Vec<Expr> = exprs.iter().map(|text| text.parse().unwrap()).collect();
        Plan::new(exprs.iter())
    }

    #[test]
    fn what_is_written_twice_is_computed_once() {
        let plan = plan(&["Mean(close, 5) / close", "Mean($close,5) / Ref(close, 1)", "(Mean(close, 5))"]);
        // close, Mean, Mean / close, Ref, Mean / Ref
        assert_eq!((plan.steps.len(), plan.outputs), (5, vec![2, 4, 1]));
        assert_eq!(plan.history, [4, 0, 0, 0, 0]);
    }

    #[test]
    fn windows_over_one_input_go_together() {
        let plan = plan(&["Mean(close, 5) / close", "Sum(close, 20)", "Mean(open, 5)"]);
        let groups: Vec<_> = plan.tasks.iter().filter(|task| matches!(task, Task::Windows(_))).collect();
        assert_eq!(groups.len(), 2);
    }

    #[test]
    fn cross_sections_come_in_stages() {
        let plan = plan(&["CsRank(Mean(CsZscore(close), 3)) - CsRank(open)"]);
        let stages: Vec<usize> = plan.crosses.iter().map(|cross| cross.stage).collect();
        assert_eq!(stages, [0, 1, 0]);
        assert_eq!(plan.look_back.last(), Some(&3));
        let first = plan.reduced(vec![plan.crosses[0].input]);
        assert_eq!(first.tasks, [Task::Step(0)]);
    }
}
