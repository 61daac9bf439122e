//! The kernel of any rolling operator.

use super::{Ema, Extreme, Lag, Side, Sum, Variance, present};
use crate::expr::RollingOp;

/// The state machine of a rolling operator.
///
/// ```
/// use weekahead_features::{expr::RollingOp, kernel::Rolling};
/// let mut mean = Rolling::new(RollingOp::Mean, 2);
/// assert!(mean.push(1.0).is_nan());
/// assert_eq!(mean.push(2.0), 1.5);
/// ```
#[derive(Debug, Clone)]
pub struct Rolling(State);

#[derive(Debug, Clone)]
enum State {
    Ref(Lag),
    Delta(Lag),
    Sum(Sum),
    Mean(Sum),
    Var(Variance),
    Std(Variance),
    Extreme(Extreme),
    Ema(Ema),
}

impl Rolling {
    /// The kernel of an operator and its window.
    pub fn new(op: RollingOp, window: usize) -> Self {
        Self(match op {
            RollingOp::Ref => State::Ref(Lag::new(window)),
            RollingOp::Delta => State::Delta(Lag::new(window)),
            RollingOp::Sum => State::Sum(Sum::new(window)),
            RollingOp::Mean => State::Mean(Sum::new(window)),
            RollingOp::Var => State::Var(Variance::new(window)),
            RollingOp::Std => State::Std(Variance::new(window)),
            RollingOp::Max => State::Extreme(Extreme::new(Side::Max, window)),
            RollingOp::Min => State::Extreme(Extreme::new(Side::Min, window)),
            RollingOp::Ema => State::Ema(Ema::new(window)),
        })
    }

    /// Takes a value and gives the operator's.
    pub fn push(&mut self, value: f64) -> f64 {
        let mut out = [0.0];
        self.fold(&[value], &mut out);
        out[0]
    }

    /// Pushes every input in order and writes what each gives to `out`.
    pub fn fold(&mut self, input: &[f64], out: &mut [f64]) {
        match &mut self.0 {
            State::Ref(lag) => fold(input, out, |x| lag.push(x)),
            State::Delta(lag) => fold(input, out, |x| present(x - lag.push(x))),
            State::Sum(sum) => fold(input, out, |x| sum.push(x)),
            State::Mean(sum) => fold(input, out, |x| sum.push_mean(x)),
            State::Var(variance) => fold(input, out, |x| variance.push(x)),
            State::Std(variance) => fold(input, out, |x| variance.push(x).sqrt()),
            State::Extreme(extreme) => fold(input, out, |x| extreme.push(x)),
            State::Ema(ema) => fold(input, out, |x| ema.push(x)),
        }
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        match &mut self.0 {
            State::Ref(lag) | State::Delta(lag) => lag.reset(),
            State::Sum(sum) | State::Mean(sum) => sum.reset(),
            State::Var(variance) | State::Std(variance) => variance.reset(),
            State::Extreme(extreme) => extreme.reset(),
            State::Ema(ema) => ema.reset(),
        }
    }
}

fn fold(input: &[f64], out: &mut [f64], mut push: impl FnMut(f64) -> f64) {
    for (out, x) in out.iter_mut().zip(input) {
        *out = push(*x);
    }
}
