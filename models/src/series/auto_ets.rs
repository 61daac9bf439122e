//! Exponential smoothing whose kind is chosen by an information criterion.

use weekahead_market::Horizon;

use super::SeriesForecast;
use super::ets_fit::{Fitted, fits};
use super::values::{check_positive, check_values, constant};
use crate::Result;

/// Exponential smoothing without seasons: of six kinds the one with the least corrected Akaike criterion.
///
/// Forecast `f = l + phi b`, error `e = y - f`, next level `l = f + alpha e`, next slope `b = phi b + beta e`. There is no slope
/// ("N"), one that lasts ("A": phi = 1) or one that fades ("Ad"). The error is additive ("A": `e` is normal) or
/// multiplicative ("M": `e / f` is). All parameters, the first level and slope among them, are those of greatest
/// likelihood within `0.0001 <= alpha <= 0.9999`, `0.0001 <= beta <= 0.20006`, `0.8 <= phi <= 0.98`, and
///
/// `AICc = n ln(sum e^2) + 2k + 2k(k + 1)/(n - k - 1)`, for multiplicative errors with `e / f` and `+ 2 sum ln f`,
///
/// `k` counting the parameters and the variance. Multiplicative errors take part when all values are above 0, and above 1e-10 of the
/// largest.
///
/// ```
/// use weekahead_market::Horizon;
/// use weekahead_models::AutoEts;
/// let line: Vec<f64> = (0..30).map(|t| 10.0 + 0.5 * f64::from(t)).collect();
/// let forecast = AutoEts::default().forecast(&line, Horizon::WEEK).unwrap();
/// assert_eq!(forecast.model, "ETS(A,A,N)");
/// assert!((forecast.mean[4] - 27.0).abs() < 1e-6);
/// ```
///
/// # Units
/// Those of the series.
///
/// # Source
/// Hyndman, Koehler, Ord & Snyder (2008), Forecasting with Exponential Smoothing, chapters 2, 5, 6 and 7; bounds and
/// criterion are those of statsforecast's `AutoETS(season_length=1)`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AutoEts {
    /// Which errors take part.
    pub errors: EtsErrors,
}

/// The kinds of errors that [`AutoEts`] chooses from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EtsErrors {
    /// Both, multiplicative ones when all values are above 0.
    #[default]
    Any,
    /// Errors of the same size at every level.
    Additive,
    /// Errors in proportion to the level; all values must be above 0.
    Multiplicative,
}

impl AutoEts {
    /// Fits all kinds and forecasts by the best, the same bits every time.
    ///
    /// # Shape
    /// Values in the order of time, at least [`Self::SHORTEST`]; the forecast has an entry a step. A series of one value alone
    /// is forecast to stay, with no spread.
    ///
    /// # Missing values
    /// There may be none.
    ///
    /// # Errors
    /// [`crate::Error::SeriesTooShort`]; [`crate::Error::SeriesValue`] for a value that is not finite, or not above 0 where
    /// only multiplicative errors are asked for.
    pub fn forecast(&self, series: &[f64], horizon: Horizon) -> Result<SeriesForecast> {
        check_values(series, Self::SHORTEST)?;
        if self.errors == EtsErrors::Multiplicative {
            check_positive(series)?;
        }
        if let Some(value) = constant(series) {
            return Ok(SeriesForecast::constant("ETS(A,N,N)", value, horizon));
        }
        Ok(self.choose(series).ahead(horizon))
    }

    /// The fewest values that a model is fitted to.
    pub const SHORTEST: usize = 7;

    fn choose(self, series: &[f64]) -> Fitted {
        let additive = fits::<false>(series, None);
        let wanted = self.errors != EtsErrors::Additive && check_positive(series).is_ok();
        let relative = wanted.then(|| best(fits::<true>(series, Some(&additive))));
        match (self.errors, relative) {
            (EtsErrors::Multiplicative, Some(relative)) => relative,
            (_, Some(relative)) => better(best(additive), relative),
            (_, None) => best(additive),
        }
    }
}

fn best([none, lasting, fading]: [Fitted; 3]) -> Fitted {
    better(better(none, lasting), fading)
}

/// Criteria that are closer than this are the same but for rounding.
const SAME: f64 = 1e-6;

/// The one with the lesser criterion; the first, which is the simpler one, when they are the same.
fn better(first: Fitted, second: Fitted) -> Fitted {
    if second.aicc < first.aicc - SAME { second } else { first }
}
