//! The vocabulary of weekahead: what a bar, a session, a panel and a forecast are.
//!
//! Every other crate speaks these words and no others. Nothing here does I/O; wall time enters only
//! through [`Clock`], so that any part of the platform can be run at any moment of history.

mod as_of;
mod bar;
pub mod calendar;
mod clock;
mod columns;
mod error;
mod forecast;
mod horizon;
mod panel;
mod session;
mod symbol;

pub use as_of::AsOf;
pub use bar::{Bar, BarFault, CorporateAction};
pub use calendar::Calendar;
pub use clock::{Clock, FixedClock, SystemClock};
pub use columns::Columns;
pub use error::Error;
pub use forecast::{Forecast, ForecastKey, Quantile};
pub use horizon::Horizon;
pub use panel::{BarSeries, Panel};
pub use session::Session;
pub use symbol::Symbol;

/// The result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;
