//! Streaming kernels: one state machine an operator, one value in, one value out.
//!
//! All of them take O(1) amortised time a step and memory for their window. A missing input (NaN, or anything not
//! finite) empties the window; a result is missing (NaN) until the window is full again. The result depends on
//! the values in the window alone, as far as rounding allows: running sums carry 106 bits and are taken anew
//! from the window whenever they have shrunk much, so that a long or violent history leaves no trace.

mod double_double;
mod ema;
mod extreme;
mod lag;
mod pointwise;
mod queue;
mod ring;
mod rolling;
mod sum;
mod variance;

pub use ema::Ema;
pub use extreme::{Extreme, Side};
pub use lag::Lag;
pub(crate) use pointwise::{binary, choose, unary};
pub(crate) use queue::Queue;
pub use rolling::Rolling;
pub use sum::Sum;
pub use variance::Variance;

/// The value, or NaN when it is not finite: what is not finite is missing.
pub(crate) fn present(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}
