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
/// the first three errors aside, within `0.1 <= alpha <= 0.99`, `1 <= theta <= 1e10` and a first level up to 1e10 in size, and so
/// is the kind chosen; of kinds that are as good the first. With the variance `s2` of the errors, step h has the variance
/// `s2 (1 + sum_(j < h) c_j^2)`, where an error at step j moves step h by `c_j` times itself: `c_j = alpha`, and a little more
/// where the line follows.
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
        let (whole, so_far) = (lines(series, false), lines(series, true));
        let (whole, so_far) =
            (Data { series, lines: &whole, dynamic: false }, Data { series, lines: &so_far, dynamic: true });
        let standard = Fitted::standard(whole);
        let optimised = Fitted::optimised(whole, standard.leaning);
        let dynamic = Fitted::standard(so_far);
        let dynamic_optimised = Fitted::optimised(so_far, dynamic.leaning);
        let best = standard.or_better(optimised).or_better(dynamic).or_better(dynamic_optimised);
        Ok(best.ahead(horizon))
    }
}

/// A series, and the lines that its forecasts lean on.
#[derive(Debug, Clone, Copy)]
struct Data<'a> {
    series: &'a [f64],
    lines: &'a [Line],
    dynamic: bool,
}

/// A kind of the Theta method, fitted.
#[derive(Debug, Clone, Copy)]
struct Fitted<'a> {
    name: &'static str,
    data: Data<'a>,
    leaning: Leaning,
    squares: f64,
}

impl<'a> Fitted<'a> {
    fn standard(data: Data<'a>) -> Self {
        let start = |alpha| Leaning { alpha, level: data.series[0] / 2.0, weight: 0.5 };
        Self::best::<2>(data, [0.2, 0.5, 0.9].map(start))
    }

    fn optimised(data: Data<'a>, standard: Leaning) -> Self {
        let start = |(alpha, weight)| Leaning { alpha, weight, ..standard };
        let starts = [(standard.alpha, 0.5), (0.2, 0.1), (0.2, 0.9), (0.9, 0.1), (0.9, 0.9)];
        Self::best::<3>(data, starts.map(start))
    }

    fn or_better(self, other: Self) -> Self {
        if other.squares < self.squares { other } else { self }
    }

    /// The best end of searches from some starts.
    fn best<const P: usize>(data: Data<'a>, starts: impl IntoIterator<Item = Leaning>) -> Self {
        let theta = Theta::<P> { series: data.series, lines: data.lines };
        let best = minimise(&theta, starts.into_iter().map(Theta::<P>::parameters));
        let name = match (data.dynamic, P) {
            (false, 2) => "Theta(STM)",
            (false, _) => "Theta(OTM)",
            (true, 2) => "Theta(DSTM)",
            (true, _) => "Theta(DOTM)",
        };
        let squares = best.map_or(f64::INFINITY, |best| best.value);
        let start = Leaning { alpha: 0.5, level: data.series[0], weight: 0.5 };
        Self { name, data, leaning: best.map_or(start, |best| Theta::<P>::leaning(&best.at)), squares }
    }

    /// Forecasts, and standard deviations from how far an error at each step moves the steps after it.
    fn ahead(self, horizon: Horizon) -> SeriesForecast {
        let (end, errors) = self.pass();
        let variance = variance(&errors);
        let path = |moved: Option<usize>| self.path(end, horizon.get(), moved, variance.sqrt());
        let mean = path(None);
        let mut variances = vec![variance; horizon.get()];
        for step in 0..horizon.get() {
            let moved = path(Some(step));
            let later = variances.iter_mut().zip(moved.iter().zip(&mean)).skip(step + 1);
            later.for_each(|(variance, (moved, mean))| *variance += (moved - mean).powi(2));
        }
        let standard_deviation = variances.into_iter().map(f64::sqrt).collect();
        let mse = self.squares / errors.len() as f64;
        SeriesForecast { model: self.name, mean, standard_deviation, aicc: None, mse }
    }

    /// The level after the series, and the errors that count.
    fn pass(self) -> (Level, Vec<f64>) {
        let mut level = self.leaning.before();
        let mut error = |(value, line): (&f64, &Line)| {
            let error = value - level.forecast(*line);
            level.push(*value);
            error
        };
        let errors = self.data.series.iter().zip(self.data.lines).map(&mut error).skip(UNCOUNTED).collect();
        (level, errors)
    }

    /// The forecasts of the steps ahead when each comes as forecast, or one of them higher.
    fn path(self, mut level: Level, steps: usize, moved: Option<usize>, higher: f64) -> Vec<f64> {
        let mut line = self.data.lines[self.data.series.len()];
        let mut running = self.data.dynamic.then(|| Running::after(self.data.series));
        let mut step = |index: usize| {
            let mean = level.forecast(line);
            let value = if moved == Some(index) { mean + higher } else { mean };
            level.push(value);
            if let Some(running) = &mut running {
                line = running.push(value);
            }
            mean
        };
        (0..steps).map(&mut step).collect()
    }
}

/// About the errors' own mean, as the method's intervals have it.
fn variance(errors: &[f64]) -> f64 {
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    errors.iter().map(|error| (error - mean).powi(2)).sum::<f64>() / (errors.len() as f64 - 1.0)
}
