//! Rolling maximum and minimum.

use super::queue::Queue;

/// Which end of the values is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The greatest.
    Max,
    /// The least.
    Min,
}

/// `Max(x, n)` and `Min(x, n)` by a monotonic queue.
///
/// # Missing values
/// Missing until n values in a row are there.
///
/// # Source
/// Lemire: Streaming maximum-minimum filter using no more than three comparisons per element (2006).
///
/// ```
/// use weekahead_features::kernel::{Extreme, Side};
/// let mut max = Extreme::new(Side::Max, 2);
/// let last = [5.0, 1.0, 2.0].into_iter().map(|x| max.push(x)).last();
/// assert_eq!(last, Some(2.0));
/// ```
#[derive(Debug, Clone)]
pub struct Extreme {
    side: Side,
    queue: Queue<f64>,
}

impl Extreme {
    /// Looks at the last `window` values.
    pub fn new(side: Side, window: usize) -> Self {
        Self { side, queue: Queue::new(window) }
    }

    /// Takes a value and gives the extreme.
    pub fn push(&mut self, value: f64) -> f64 {
        if !value.is_finite() {
            self.reset();
            return f64::NAN;
        }
        let best = match self.side {
            Side::Max => self.queue.push(value, |new, old| new >= old),
            Side::Min => self.queue.push(value, |new, old| new <= old),
        };
        if self.queue.is_full() { best } else { f64::NAN }
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.queue.clear();
    }
}
