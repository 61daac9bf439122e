//! Kernels: the operators over windows, one value in, one value out, or many at once.
//!
//! A value depends on the values in its window and on nothing else, bit for bit: no running sum is carried from one
//! window to the next, so that nothing drifts and nothing lingers. The state of a kernel is the values themselves.
//! Windows are joined from partial results that neighbouring sessions and other windows share ([`window`](self)): in a
//! block of sessions a step costs O(log n), four sessions a vector register; a single push costs O(n / 4) of the same
//! arithmetic, and yields the same bits. Order statistics keep the window sorted.
//!
//! A missing input (NaN, or anything not finite) makes a result missing exactly while it is in the window; so is the
//! result until the window is full.

mod group;
mod lanes;
mod moments;
mod order;
mod pair;
mod peak;
mod pointwise;
mod queue;
mod rolling;
mod summary;
mod total;
mod trend;
mod weighted;
mod window;

pub(crate) use group::{Group, Kind, Member, Outs};
pub(crate) use lanes::{Lanes, padded};
pub(crate) use order::{Place, Sorted};
pub(crate) use pointwise::{binary, choose, unary};
pub(crate) use queue::Queue;
pub use rolling::Rolling;
pub use weighted::Ema;
pub(crate) use window::Scratch;

use crate::expr::{PairOp, RollingOp};

/// An operator over windows, without its window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WindowOp {
    /// Of one input.
    Rolling(RollingOp),
    /// The quantile of a level in 0..=1.
    Quantile(f64),
    /// Of two inputs.
    Pair(PairOp),
}

/// The value, or NaN when it is not finite: what is not finite is missing.
#[inline(always)]
pub(crate) fn present(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}
