//! What a recorded decision does to the registry.

use weekahead_tracker::{ModelVersion, Tracker};
use weekahead_warehouse::PromotionRow;

use super::DECISION_TAG;
use crate::Result;

/// Tags the version with the reason and then, if it was promoted, moves the alias, so that an alias that moved has a reason. The row
/// is written before; whoever repeats this leaves everything as it is.
///
/// # Errors
/// Those of the tracker.
pub(crate) async fn carry_out(tracker: &Tracker, row: &PromotionRow) -> Result<()> {
    let (name, version) = (&row.model_name, row.model_version);
    tracker.set_version_tag(name, version, DECISION_TAG, &row.reason).await?;
    if row.promoted {
        tracker.set_alias(name, ModelVersion::CHAMPION, version).await?;
    }
    Ok(())
}
