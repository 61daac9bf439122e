//! A view as a list of steps: every distinct subexpression of the view once.

use std::collections::HashMap;

use crate::expr::{BinaryOp, Expr, Field, RollingOp, UnaryOp};

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
}

/// The steps of a view in an order in which inputs come first, and the steps that are its features.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) outputs: Vec<usize>,
}

impl Plan {
    pub(crate) fn new<'a>(exprs: impl Iterator<Item = &'a Expr>) -> Self {
        let mut builder = Builder::default();
        let outputs = exprs.map(|expr| builder.add(expr)).collect();
        Self { steps: builder.steps, outputs }
    }
}

#[derive(Default)]
struct Builder {
    steps: Vec<Step>,
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
        };
        let next = self.steps.len();
        let index = *self.known.entry(step).or_insert(next);
        if index == next {
            self.steps.push(step);
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_twice_is_computed_once() {
        let exprs = ["Mean(close, 5) / close", "Mean($close,5) / Ref(close, 1)", "(Mean(close, 5))"];
        let exprs: Vec<Expr> = exprs.iter().map(|text| text.parse().unwrap()).collect();
        let plan = Plan::new(exprs.iter());
        // close, Mean, Mean / close, Ref, Mean / Ref
        assert_eq!((plan.steps.len(), plan.outputs), (5, vec![2, 4, 1]));
    }
}
