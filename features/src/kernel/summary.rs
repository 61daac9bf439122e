//! What is kept of a run of values, and how two neighbouring runs become one.

use super::WindowOp;
use super::lanes::Lanes;

/// A summary of a run of values in `F` numbers.
///
/// Invariant: the summary of a run is made by joining the summaries of its parts and by nothing else; what fell out
/// of a window was never in it. Hence no drift, no trace of what came before, and a missing value (NaN) makes exactly
/// the windows missing that hold it.
pub(crate) trait Summary<const F: usize> {
    /// The summary of one value; `y` is the second input's, or `x` again where there is one input.
    fn of(&self, x: Lanes, y: Lanes) -> [Lanes; F];

    /// The summary of an older run followed by a newer one.
    fn join(&self, older: [Lanes; F], newer: [Lanes; F], lengths: &Lengths) -> [Lanes; F];

    /// The operator's value of a window of n values.
    fn finish(&self, op: WindowOp, n: f64, window: [Lanes; F]) -> Lanes;
}

/// The lengths of two runs that are joined, and what follows from them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lengths {
    pub(crate) older: f64,
    pub(crate) newer: f64,
    pub(crate) per_older: f64,
    pub(crate) per_newer: f64,
    /// `older * newer / (older + newer)`
    pub(crate) mix: f64,
    /// How much less the older run weighs for lying behind the newer one.
    pub(crate) decay: f64,
    /// The weight of the older run before that.
    pub(crate) weight: f64,
}

impl Lengths {
    /// `decay` is how much less a value weighs than the next one; 1 when all weigh the same.
    pub(crate) fn new(older: usize, newer: usize, decay: f64) -> Self {
        let weight = (0..older).map(|age| decay.powi(age as i32)).sum();
        let decay = decay.powi(newer as i32);
        let (older, newer) = (older as f64, newer as f64);
        let mix = older * newer / (older + newer);
        Self { older, newer, per_older: 1.0 / older, per_newer: 1.0 / newer, mix, decay, weight }
    }
}
