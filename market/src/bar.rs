//! One session of one instrument.

use std::fmt;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

/// Raw daily OHLCV of one instrument in one session, as traded on that day.
///
/// Never adjusted for what came later: a split or a dividend is a [`CorporateAction`] of its own session, and
/// adjusted prices are derived from both. A raw bar is therefore a fact that stays true.
///
/// # Units
/// Prices in the instrument's currency; `volume` in shares.
///
/// # Missing values
/// None: a provider's row with a missing price is rejected at ingest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// First traded price.
    pub open: f64,
    /// Highest traded price.
    pub high: f64,
    /// Lowest traded price.
    pub low: f64,
    /// Last traded price.
    pub close: f64,
    /// Shares traded.
    pub volume: f64,
}

/// What happened to a share before a session's open: the owner of one share at the last close owns `split`
/// shares and receives `dividend` in cash.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CorporateAction {
    /// Cash per share held at the previous close, in the instrument's currency; 0 on most days.
    pub dividend: f64,
    /// New shares for one old share; 1 on most days, 2 for a two-for-one split.
    pub split: f64,
}

impl CorporateAction {
    /// A day without one.
    pub const NONE: Self = Self { dividend: 0.0, split: 1.0 };
}

/// Why a bar cannot be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BarFault {
    /// A price or the volume is not a finite number.
    NotFinite,
    /// A price is zero or negative.
    NotPositive,
    /// The volume is negative.
    NegativeVolume,
    /// High is below low.
    HighBelowLow,
    /// Open or close lies outside low..high by more than rounding.
    OutsideRange,
}

impl fmt::Display for BarFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFinite => "not_finite",
            Self::NotPositive => "not_positive",
            Self::NegativeVolume => "negative_volume",
            Self::HighBelowLow => "high_below_low",
            Self::OutsideRange => "outside_range",
        })
    }
}

/// How far, relative to the price, open or close may lie outside low..high: providers round each on its own.
const ROUNDING: f64 = 1e-3;

impl Bar {
    /// The first reason why this bar cannot be true, if there is one.
    ///
    /// ```
    /// use weekahead_market::{Bar, BarFault};
    /// let bar = Bar { open: 10.0, high: 11.0, low: 9.0, close: 10.5, volume: 100.0 };
    /// assert_eq!(bar.fault(), None);
    /// assert_eq!(Bar { high: 8.0, ..bar }.fault(), Some(BarFault::HighBelowLow));
    /// ```
    pub fn fault(&self) -> Option<BarFault> {
        let prices = [self.open, self.high, self.low, self.close];
        let outside = |p: f64| p > self.high * (1.0 + ROUNDING) || p < self.low * (1.0 - ROUNDING);
        if prices.iter().any(|p| !p.is_finite()) || !self.volume.is_finite() {
            Some(BarFault::NotFinite)
        } else if prices.iter().any(|p| *p <= 0.0) {
            Some(BarFault::NotPositive)
        } else if self.volume < 0.0 {
            Some(BarFault::NegativeVolume)
        } else if self.high < self.low * (1.0 - ROUNDING) {
            Some(BarFault::HighBelowLow)
        } else if outside(self.open) || outside(self.close) {
            Some(BarFault::OutsideRange)
        } else {
            None
        }
    }

    /// A digest of the values and of the session's corporate action: two observations of the same bar with the
    /// same digest are one version of it. Stable across builds and machines (XXH3, 64 bits, little endian).
    pub fn content_hash(&self, action: &CorporateAction) -> u64 {
        let mut hasher = Xxh3::new();
        let bar = [self.open, self.high, self.low, self.close, self.volume];
        for value in bar.into_iter().chain([action.dividend, action.split]) {
            hasher.update(&value.to_bits().to_le_bytes());
        }
        hasher.digest()
    }
}
