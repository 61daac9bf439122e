//! Prices across splits and dividends, chained forward.

use serde::{Deserialize, Serialize};
use weekahead_market::{Bar, CorporateAction};

/// What a session's raw values are multiplied with.
///
/// # Units
/// Dimensionless.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Factors {
    /// Price factor: adjusted price = raw price * `price`.
    pub price: f64,
    /// Shares of now for one share of the first session: adjusted volume = raw volume / `split`.
    pub split: f64,
}

impl Factors {
    /// Those of the first session.
    pub const ONE: Self = Self { price: 1.0, split: 1.0 };
}

/// Chains a series forward over its corporate actions, so that no window sees a split or a dividend as a jump.
///
/// `price_t = price_{t-1} * split_t * close_{t-1} / (close_{t-1} - dividend_t)`, `split_t = split_{t-1} * split_t`.
/// The past alone decides, and it is never restated; only ratios of adjusted values mean something.
///
/// ```
/// use weekahead_features::Adjuster;
/// use weekahead_market::{Bar, CorporateAction};
/// let bar = |close| Bar { open: close, high: close, low: close, close, volume: 1.0 };
/// let mut adjuster = Adjuster::new();
/// adjuster.step(&bar(100.0), &CorporateAction::NONE);
/// let factors = adjuster.step(&bar(49.0), &CorporateAction { dividend: 2.0, split: 2.0 }).unwrap();
/// assert_eq!(49.0 * factors.price, 100.0); // 49 after 98 = 100 - 2 was halved: nothing gained, nothing lost
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Adjuster {
    last: Option<(Factors, f64)>,
}

impl Adjuster {
    /// Before the first session.
    pub fn new() -> Self {
        Self::default()
    }

    /// The factors of the next session.
    ///
    /// # Missing values
    /// `None` when the action cannot be chained: a dividend of the whole previous close or more, a split that is
    /// not positive. Nothing is then taken in; [`Adjuster::restart`] begins a new chain.
    pub fn step(&mut self, bar: &Bar, action: &CorporateAction) -> Option<Factors> {
        let factors = match self.last {
            None => Factors::ONE,
            Some((factors, close)) => {
                let step = price_step(close, action)?;
                Factors { price: factors.price * step, split: factors.split * action.split }
            }
        };
        let usable = |factor: f64| factor.is_finite() && factor > 0.0;
        if !usable(factors.price) || !usable(factors.split) {
            return None;
        }
        self.last = Some((factors, bar.close));
        Some(factors)
    }

    /// Begins a new chain at a session.
    pub fn restart(&mut self, bar: &Bar) -> Factors {
        self.last = Some((Factors::ONE, bar.close));
        Factors::ONE
    }
}

fn price_step(previous_close: f64, action: &CorporateAction) -> Option<f64> {
    if action.dividend == 0.0 {
        return Some(action.split);
    }
    let after = previous_close - action.dividend;
    (after > 0.0).then(|| action.split * previous_close / after)
}
