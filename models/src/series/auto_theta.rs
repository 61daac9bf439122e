//! The Theta method in four kinds, of which the one with the least squared errors is chosen.

use weekahead_market::Horizon;

use super::SeriesForecast;
use super::least_squares::minimise;
use super::theta::{Leaning, Level, Line, Running, Theta, UNCOUNTED, lines};
use super::values::{check_values, constant};
use crate::Result;

/// The Theta method without seasons: a level that follows the series plus a share of its line.
///
/// Forecast `level + (1 - 1/theta) (A (1 - alpha)^t + B (1 - (1 - alpha)^(t + 1)) / alpha)` of the value after `t`, next level
/// `level + alpha (y - level)`. `A + B t` is the least-squares line through the whole series (STM, OTM) or through the
/// values so far (DSTM, DOTM); theta is 2 (STM, DSTM) or free (OTM, DOTM). Parameters make the sum of squared errors least,
/// the first three errors aside, within `0.1 <= alpha <= 0.99`, `1 <= theta <= 1e10`, and so is the kind chosen; of kinds
/// that are as good the first.
///
/// ```
/// use weekahead_market::Horizon;
/// use weekahead_models::AutoTheta;
/// let series: Vec<f64> = (0..40).map(|t| 50.0 + f64::from(t) + f64::from(t % 3)).collect();
/// let forecast = AutoTheta.forecast(&series, Horizon::WEEK).unwrap();
/// assert!(forecast.model.starts_with("Theta("));
/// assert!(forecast.mean[4] > forecast.mean[0]);
/// ```
///
/// # Units
/// Those of the series.
///
/// # Source
/// Assimakopoulos & Nikolopoulos (2000), The theta model; Fiorucci, Pellegrini, Louzada, Petropoulos & Koehler (2016), Models
/// for optimising the theta method; bounds and choice are those of statsforecast's `AutoTheta(season_length=1)`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AutoTheta;

impl AutoTheta {
    /// The fewest values that a model is fitted to: three times as many errors count as there are parameters.
    pub const SHORTEST: usize = 12;

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
    /// [`crate::Error::SeriesTooShort`]; [`crate::Error::SeriesValue`] for a value that is not finite.
    pub fn forecast(&self, series: &[f64], horizon: Horizon) -> Result<SeriesForecast> {
        check_values(series, Self::SHORTEST)?;
        if let Some(value) = constant(series) {
            return Ok(SeriesForecast::constant("Theta(STM)", value, horizon));
        }
        let (whole, running) = (lines(series, false), lines(series, true));
        let standard = Fitted::standard("Theta(STM)", series, &whole);
        let optimised = Fitted::optimised("Theta(OTM)", series, &whole, standard.leaning);
        let dynamic = Fitted::standard("Theta(DSTM)", series, &running);
        let both = Fitted::optimised("Theta(DOTM)", series, &running, dynamic.leaning);
        let better = |best: Fitted, other: Fitted| if other.squares < best.squares { other } else { best };
        let best = [optimised, dynamic, both].into_iter().fold(standard, better);
        let is_dynamic = matches!(best.name, "Theta(DSTM)" | "Theta(DOTM)");
        Ok(best.ahead(series, if is_dynamic { &running } else { &whole }, is_dynamic, horizon))
    }
}

/// A kind of the Theta method, fitted.
#[derive(Debug, Clone, Copy)]
struct Fitted {
    name: &'static str,
    leaning: Leaning,
    squares: f64,
}

impl Fitted {
    fn standard(name: &'static str, series: &[f64], lines: &[Line]) -> Self {
        let start = |alpha| Leaning { alpha, level: series[0] / 2.0, weight: 0.5 };
        Self::best::<2>(name, series, lines, [0.2, 0.5, 0.9].map(start))
    }

    fn optimised(name: &'static str, series: &[f64], lines: &[Line], standard: Leaning) -> Self {
        let start = |(alpha, weight)| Leaning { alpha, weight, ..standard };
        let starts = [(standard.alpha, 0.5), (0.2, 0.1), (0.2, 0.9), (0.9, 0.1), (0.9, 0.9)].map(start);
        Self::best::<3>(name, series, lines, starts)
    }

    /// The best end of searches from some starts.
    fn best<const P: usize>(
        name: &'static str,
        series: &[f64],
        lines: &[Line],
        starts: impl IntoIterator<Item = Leaning>,
    ) -> Self {
        let best = minimise(&Theta::<P> { series, lines }, starts.into_iter().map(Theta::<P>::parameters));
        let squares = best.map_or(f64::INFINITY, |best| best.value);
        let start = Leaning { alpha: 0.5, level: series[0], weight: 0.5 };
        Self { name, leaning: best.map_or(start, |best| Theta::<P>::leaning(&best.at)), squares }
    }

    /// Forecasts, and standard deviations from how far an error at each step ahead moves the steps after it.
    fn ahead(self, series: &[f64], lines: &[Line], dynamic: bool, horizon: Horizon) -> SeriesForecast {
        let (end, errors) = self.pass(series, lines);
        let line = lines[series.len()];
        let running = dynamic.then(|| Running::after(series));
        let path = |moved: Option<usize>| ahead(end, line, running, horizon.get(), moved);
        let (mean, variance) = (path(None), variance(&errors));
        let mut squares = vec![1.0; horizon.get()];
        for step in 0..horizon.get() {
            let moved = path(Some(step));
            for after in step + 1..horizon.get() {
                squares[after] += (moved[after] - mean[after]).powi(2);
            }
        }
        let standard_deviation = squares.iter().map(|squares| (variance * squares).sqrt()).collect();
        let mse = self.squares / errors.len() as f64;
        SeriesForecast { model: self.name, mean, standard_deviation, aicc: None, mse }
    }

    /// The level after the series, and the errors that count.
    fn pass(self, series: &[f64], lines: &[Line]) -> (Level, Vec<f64>) {
        let mut level = self.leaning.before();
        let mut error = |(value, line): (&f64, &Line)| {
            let error = value - level.forecast(*line);
            level.push(*value);
            error
        };
        let errors = series.iter().zip(lines).map(&mut error).skip(UNCOUNTED).collect();
        (level, errors)
    }
}

/// The steps ahead when each comes as forecast, or one of them a unit higher.
fn ahead(
    mut level: Level,
    mut line: Line,
    mut running: Option<Running>,
    steps: usize,
    moved: Option<usize>,
) -> Vec<f64> {
    let mut step = |index: usize| {
        let mean = level.forecast(line);
        let value = if moved == Some(index) { mean + 1.0 } else { mean };
        level.push(value);
        if let Some(running) = &mut running {
            line = running.push(value);
        }
        mean
    };
    (0..steps).map(&mut step).collect()
}

/// About the errors' own mean, as the method's intervals have it.
fn variance(errors: &[f64]) -> f64 {
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    errors.iter().map(|error| (error - mean).powi(2)).sum::<f64>() / (errors.len() as f64 - 1.0)
}
