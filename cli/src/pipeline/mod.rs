//! The steps of a week, one file each: what the subcommands and the demo share.

mod features;
mod forecast;
mod ingest;
mod marts;
mod train;
mod views;

pub use features::{FeatureScope, build_features};
pub use forecast::{Forecasting, forecast};
pub use ingest::ingest;
pub use marts::Marts;
pub use train::{Training, outline, train};
pub use views::{find_view, known_views, training_view, view_or_training};

use jiff::Timestamp;
use weekahead_market::{AsOf, Clock, FixedClock, SystemClock};

/// The clock of a command: it stands at `as_of` when one is given.
pub fn clock(as_of: Option<AsOf>) -> Box<dyn Clock> {
    match as_of {
        Some(as_of) => Box::new(FixedClock::at(as_of.instant())),
        None => Box::new(SystemClock),
    }
}

/// Where a step stands: the same instant for what it reads and for what it writes.
pub fn stand(clock: &dyn Clock) -> (AsOf, Timestamp) {
    let now = AsOf::now(clock);
    (now, now.instant())
}
