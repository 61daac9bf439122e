//! The fits of exponential smoothing: where searches start, the criterion, and forecasts with their variances.

use weekahead_market::Horizon;

use super::SeriesForecast;
use super::ets::{Ets, Passed, Smoothing};
use super::least_squares::minimise;
use super::values::first_line;

/// A kind of exponential smoothing, fitted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fitted {
    name: &'static str,
    multiplicative: bool,
    start: Smoothing,
    passed: Passed,
    count: usize,
    /// The parameters, the variance among them.
    parameters: usize,
    /// The corrected Akaike criterion; infinite when the series is too short for this kind.
    pub aicc: f64,
}

/// Errors that are smaller than this share of the values are rounding.
const ROUNDING: f64 = 1e-10;

/// Fits without slope, with one that lasts, and with one that fades. Multiplicative errors start where additive ones ended.
pub(super) fn fits<const M: bool>(series: &[f64], additive: Option<&[Fitted; 3]>) -> [Fitted; 3] {
    let (level, slope) = first_line(series);
    let warm = |kind: usize| additive.map(|fitted| fitted[kind].start);
    let at = |alpha, beta, phi| Smoothing { alpha, beta, phi, level, slope };
    let mean = Smoothing { level: level + 5.5 * slope, slope: 0.0, ..at(0.5, 0.0, 1.0) };
    let none = fit::<2, M>(series, warm(0).into_iter().chain([mean]));
    let alpha = none.start.alpha;
    let betas = [0.001, 0.02, 0.15];
    let lasting = fit::<4, M>(series, warm(1).into_iter().chain(betas.map(|beta| at(alpha, beta, 1.0))));
    let fading = betas.into_iter().flat_map(|beta| [at(alpha, beta, 0.82), at(alpha, beta, 0.95)]);
    let faded = fit::<5, M>(
        series,
        warm(2).into_iter().chain([Smoothing { phi: 0.98, ..lasting.start }]).chain(fading),
    );
    [none, lasting, faded]
}

/// The best end of searches from some starts.
fn fit<const P: usize, const M: bool>(series: &[f64], starts: impl IntoIterator<Item = Smoothing>) -> Fitted {
    let ets = Ets::<P, M> { series };
    let best = minimise(&ets, starts.into_iter().map(Ets::<P, M>::parameters));
    Fitted::new::<P, M>(series, best.map_or([f64::NAN; P], |best| best.at))
}

impl Fitted {
    fn new<const P: usize, const M: bool>(series: &[f64], at: [f64; P]) -> Self {
        let start = Ets::<P, M>::smoothing(&at);
        let (passed, count, parameters) = (start.pass(series), series.len(), P + 1);
        let n = count as f64;
        let (squares, logs) = match M {
            true => (passed.relative_squares, passed.logs),
            false => (passed.squares, 0.0),
        };
        // The floor is the same likelihood for both kinds of errors, so that a perfect fit goes to the simpler one.
        let size: f64 = series.iter().map(|value| value * value).sum();
        let squares = squares.max(ROUNDING * ROUNDING * size * (-2.0 * logs / n).exp());
        let k = parameters as f64;
        let aicc = match count > parameters + 1 {
            true => n * squares.ln() + 2.0 * logs + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0),
            false => f64::INFINITY,
        };
        let name = match (M, P) {
            (false, 2) => "ETS(A,N,N)",
            (false, 4) => "ETS(A,A,N)",
            (false, _) => "ETS(A,Ad,N)",
            (true, 2) => "ETS(M,N,N)",
            (true, 4) => "ETS(M,A,N)",
            (true, _) => "ETS(M,Ad,N)",
        };
        Self { name, multiplicative: M, start, passed, count, parameters, aicc }
    }

    /// Forecasts and their standard deviations. With `c_j = alpha + beta (phi + .. + phi^j)` and the error's variance
    /// `s2 = sum e^2 / (n - k - 1)`, step h has the variance `s2 (1 + sum_(j < h) c_j^2)`; with multiplicative errors
    /// `(1 + s2) q_h - mean_h^2`, where `q_h = mean_h^2 + s2 sum_(j < h) c_j^2 q_(h - j)`.
    pub fn ahead(&self, horizon: Horizon) -> SeriesForecast {
        let Smoothing { alpha, beta, phi, level, slope } = self.passed.end;
        let faded: Vec<f64> = faded(phi).take(horizon.get()).collect();
        let mean: Vec<f64> = faded.iter().map(|sum| level + sum * slope).collect();
        let weights: Vec<f64> = faded.iter().map(|sum| (alpha + beta * sum).powi(2)).collect();
        let degrees = (self.count - self.parameters - 1) as f64;
        let deviation = match self.multiplicative {
            false => {
                let variance = self.passed.squares / degrees;
                let sums =
                    weights.iter().scan(1.0, |sum, weight| Some(std::mem::replace(sum, *sum + weight)));
                sums.map(|sum| (variance * sum).sqrt()).collect()
            }
            true => relative_deviation(&mean, &weights, self.passed.relative_squares / degrees),
        };
        let mse = self.passed.squares / self.count as f64;
        SeriesForecast { model: self.name, mean, standard_deviation: deviation, aicc: Some(self.aicc), mse }
    }
}

/// `phi`, `phi + phi^2`, and so on.
fn faded(phi: f64) -> impl Iterator<Item = f64> {
    let powers = std::iter::successors(Some(phi), move |power| Some(power * phi));
    powers.scan(0.0, |sum, power| {
        *sum += power;
        Some(*sum)
    })
}

fn relative_deviation(mean: &[f64], weights: &[f64], variance: f64) -> Vec<f64> {
    let mut moments: Vec<f64> = Vec::with_capacity(mean.len());
    for (step, value) in mean.iter().enumerate() {
        let carried: f64 = (0..step).map(|before| weights[step - 1 - before] * moments[before]).sum();
        moments.push(value * value + variance * carried);
    }
    let of = |(moment, value): (&f64, &f64)| ((1.0 + variance) * moment - value * value).max(0.0).sqrt();
    moments.iter().zip(mean).map(of).collect()
}
