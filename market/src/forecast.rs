//! What the platform says about a week that has not happened.

use serde::{Deserialize, Serialize};

use crate::{Error, Horizon, Result, Session, Symbol};

/// The level of a quantile, strictly between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Quantile(f64);

impl Quantile {
    /// A level in (0, 1).
    ///
    /// # Errors
    /// [`Error::Quantile`] outside it.
    pub fn new(level: f64) -> Result<Self> {
        if level > 0.0 && level < 1.0 { Ok(Self(level)) } else { Err(Error::Quantile { level }) }
    }

    /// The level.
    pub fn level(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Quantile {
    type Error = Error;

    fn try_from(level: f64) -> Result<Self> {
        Self::new(level)
    }
}

impl From<Quantile> for f64 {
    fn from(quantile: Quantile) -> Self {
        quantile.0
    }
}

/// What a forecast is about: the value of `symbol`, `horizon` sessions after the close of `origin`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ForecastKey {
    /// The instrument.
    pub symbol: Symbol,
    /// The session the forecast stands on: its close is the last price used.
    pub origin: Session,
    /// Sessions ahead.
    pub horizon: Horizon,
}

/// A forecast of the log return from the origin's close to the close `horizon` sessions later.
///
/// # Units
/// Log returns (dimensionless) of adjusted closes: 0.01 is about one percent up. `origin_close` is a raw price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// What it is about.
    #[serde(flatten)]
    pub key: ForecastKey,
    /// The expected log return.
    pub point: f64,
    /// Quantiles of the log return, by increasing level.
    pub quantiles: Vec<(Quantile, f64)>,
    /// The raw close of the origin, from which prices are derived.
    pub origin_close: f64,
}

impl Forecast {
    /// The price that a log return leads to, from the origin's close.
    pub fn price_of(&self, log_return: f64) -> f64 {
        self.origin_close * log_return.exp()
    }
}
