//! Forecasters of one series at a time, from its own past alone.
//!
//! [`AutoEts`] and [`AutoTheta`] -> [`SeriesForecast`]. Each series is fitted alone on one core: whoever has many runs them
//! side by side.

mod auto_ets;
mod auto_theta;
mod ets;
mod ets_fit;
mod forecast;
mod least_squares;
mod theta;
mod values;

pub use auto_ets::{AutoEts, EtsErrors};
pub use auto_theta::AutoTheta;
pub use forecast::SeriesForecast;
