//! The kernel of one operator over windows.

use super::group::{Group, Kind, Member, Outs};
use super::lanes::{Lanes, padded};
use super::order::Sorted;
use super::window::Scratch;
use super::{WindowOp, present};
use crate::expr::{RollingOp, reach};

/// The state machine of an operator over windows: its state is the values that the next window shares with this one.
///
/// ```
/// use weekahead_features::expr::RollingOp;
/// use weekahead_features::kernel::{Rolling, WindowOp};
/// let mut mean = Rolling::new(WindowOp::Rolling(RollingOp::Mean), 2);
/// assert!(mean.push(1.0).is_nan());
/// assert_eq!(mean.push(2.0), 1.5);
/// ```
#[derive(Debug, Clone)]
pub struct Rolling {
    group: Group,
    counts: bool,
    /// The last values of both inputs.
    history: [Vec<f64>; 2],
    seen: usize,
    scratch: Scratch,
    sorted: Sorted,
}

impl Rolling {
    /// The kernel of an operator and its window.
    pub fn new(op: WindowOp, window: usize) -> Self {
        let reach = op.reach(window);
        let group = Group::new(Kind::of(op, window), vec![Member { op, reach }]);
        let history = vec![f64::NAN; reach];
        let counts = op == WindowOp::Rolling(RollingOp::Count);
        let (scratch, sorted) = (Scratch::new(), Sorted::default());
        Self { group, counts, history: [history.clone(), history], seen: 0, scratch, sorted }
    }

    /// Takes a value and gives the operator's; of an operator of two inputs, both are the value.
    pub fn push(&mut self, value: f64) -> f64 {
        self.push_pair(value, value)
    }

    /// Takes a value of each input and gives the operator's.
    pub fn push_pair(&mut self, x: f64, y: f64) -> f64 {
        let mut out = [0.0];
        self.fold([&[x], &[y]], &mut out);
        out[0]
    }

    /// Pushes every pair of values in order and writes what each gives to `out`.
    ///
    /// # Shape
    /// Both inputs and `out` have the same length; of longer ones the rest is not looked at.
    pub fn fold(&mut self, inputs: [&[f64]; 2], out: &mut [f64]) {
        let rows = out.len().min(inputs[0].len()).min(inputs[1].len());
        for (history, input) in self.history.iter_mut().zip(inputs) {
            history.extend(input[..rows].iter().copied().map(present));
            history.resize(self.group.reach() + padded(rows) + Lanes::COUNT, f64::NAN);
        }
        let mut wide = [vec![f64::NAN; padded(rows) + Lanes::COUNT]];
        let [x, y] = &self.history;
        let outs = Outs { buffers: &mut wide, begins: &[0] };
        self.group.run([x, y], rows, &mut self.scratch, &mut self.sorted, outs);
        for (out, value) in out.iter_mut().zip(&wide[0][..rows]) {
            self.seen += 1;
            *out = if self.counts && self.seen <= self.group.reach() { f64::NAN } else { *value };
        }
        for history in &mut self.history {
            history.drain(..rows);
            history.truncate(self.group.reach());
        }
    }
}

impl WindowOp {
    /// How many values before the present one it reads.
    pub(crate) fn reach(self, window: usize) -> usize {
        match self {
            Self::Rolling(op) => reach(op, window),
            _ => window.saturating_sub(1),
        }
    }
}
