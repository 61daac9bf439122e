//! Serving: the champion's week-ahead forecasts, over HTTP and in the weekly batch, written back with their lineage; the
//! newest features, out of memory.
//!
//! Invariant: one code path, [`Forecaster`], makes every forecast; what it returns has been written back, and
//! writing a forecast back twice leaves one row. Intervals adapt to outcomes by what the warehouse knew alone. [`OnlineFeatures`] are bit for bit those of the feature tables.

mod batching;
mod drift;
mod error;
mod explanation;
mod forecaster;
mod from_bars;
pub mod http;
mod intervals;
mod live;
mod loaded_model;
mod measures;
mod online;
mod present;
mod registry;
mod replay;
mod service;
mod spans;

pub use drift::watch_drift;
pub use error::Error;
pub use explanation::{Effect, Explanation};
pub use forecaster::{Forecaster, Forecasts, Unanswered};
pub use from_bars::BarForecasts;
pub use intervals::ServedIntervals;
pub use live::{Fault, LiveModel, keep_live};
pub use loaded_model::LoadedModel;
pub use online::{OnlineFeatures, OnlineFreshness, OnlineRow, Refreshed, keep_fresh};
pub use present::{Present, keep_present};
pub use registry::Registry;
pub use replay::{Replay, ReplayedPart};
pub use service::ForecastService;

/// The result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;
