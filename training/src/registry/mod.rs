//! The registry as a person works with it: what versions there are, how two differ, which one answers.
//!
//! Nothing here trains. Sessions decide by evidence; here a person reads what they recorded and may decide otherwise.

mod artifact;
mod comparison;
mod decisions;
mod details;
mod history;
mod pairing;
mod versions;

use weekahead_tracker::Tracker;
use weekahead_warehouse::Warehouse;

pub use artifact::ArtifactState;
pub use comparison::{MetricPair, ParameterPair, VersionComparison};
pub use decisions::{Change, Skipped};
pub use details::{DatasetDetails, RunDetails, VersionDetails};
pub use history::{History, Standing};
pub use pairing::{LossPair, Paired, PairedLosses, Significance, pair};
pub use versions::{VersionList, VersionSummary};

/// The versions of one registered model, and the decisions about its alias `champion`.
#[derive(Debug, Clone)]
pub struct ModelRegistry {
    /// Where decisions and backtests are.
    pub warehouse: Warehouse,
    /// Where versions and runs are.
    pub tracker: Tracker,
    /// The registered model's name.
    pub model: String,
}
