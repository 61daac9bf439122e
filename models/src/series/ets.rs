//! Exponential smoothing in state space form: its recursions, with their derivatives, and what follows from a fit.

use super::least_squares::{Linearised, Residuals};

/// The bounds of the smoothing parameters. The box lies within the region where forecasts forget the distant past.
const LEVEL_WEIGHT: (f64, f64) = (1e-4, 0.9999);
const SLOPE_WEIGHT: (f64, f64) = (1e-4, 0.20006);
const DAMPING: (f64, f64) = (0.8, 0.98);
const ANYTHING: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

/// Where smoothing starts, how, and where it is after the series.
#[derive(Debug, Clone, Copy)]
pub(super) struct Smoothing {
    pub alpha: f64,
    pub beta: f64,
    pub phi: f64,
    pub level: f64,
    pub slope: f64,
}

/// What one pass over a series leaves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passed {
    /// The state after the last value.
    pub end: Smoothing,
    /// The sum of squared errors.
    pub squares: f64,
    /// The sum of squared errors relative to their forecasts.
    pub relative_squares: f64,
    /// The sum of the forecasts' logarithms; not finite when one is not above 0.
    pub logs: f64,
}

impl Smoothing {
    /// Runs over a series.
    pub fn pass(self, series: &[f64]) -> Passed {
        let mut passed = Passed { end: self, squares: 0.0, relative_squares: 0.0, logs: 0.0 };
        let Smoothing { alpha, beta, phi, mut level, mut slope } = self;
        for y in series {
            let forecast = level + phi * slope;
            let error = y - forecast;
            passed.squares += error * error;
            passed.relative_squares += (error / forecast) * (error / forecast);
            passed.logs += forecast.ln();
            level = forecast + alpha * error;
            slope = phi * slope + beta * error;
        }
        passed.end = Smoothing { level, slope, ..self };
        passed
    }
}

/// The errors of a model with `P` free parameters: level weight, slope weight, damping, first level, first slope, of
/// which it has 2 (no trend), 4 (an additive one) or 5 (a damped one).
#[derive(Debug, Clone, Copy)]
pub(super) struct Ets<'a, const P: usize, const MULTIPLICATIVE: bool> {
    pub series: &'a [f64],
}

impl<const P: usize, const MULTIPLICATIVE: bool> Ets<'_, P, MULTIPLICATIVE> {
    pub fn smoothing(at: &[f64; P]) -> Smoothing {
        let beta = if P > 2 { at[1] } else { 0.0 };
        let phi = if P == 5 { at[2] } else { 1.0 };
        let (level, slope) = if P > 2 { (at[P - 2], at[P - 1]) } else { (at[1], 0.0) };
        Smoothing { alpha: at[0], beta, phi, level, slope }
    }

    pub fn parameters(smoothing: Smoothing) -> [f64; P] {
        let Smoothing { alpha, beta, phi, level, slope } = smoothing;
        std::array::from_fn(|index| match (P, index) {
            (_, 0) => alpha,
            (2, 1) => level,
            (_, 1) => beta,
            (5, 2) => phi,
            (_, index) if index == P - 2 => level,
            _ => slope,
        })
    }
}

impl<const P: usize, const MULTIPLICATIVE: bool> Residuals<P> for Ets<'_, P, MULTIPLICATIVE> {
    const BOUNDS: [(f64, f64); P] = {
        let mut bounds = [ANYTHING; P];
        bounds[0] = LEVEL_WEIGHT;
        if P > 2 {
            bounds[1] = SLOPE_WEIGHT;
        }
        if P == 5 {
            bounds[2] = DAMPING;
        }
        bounds
    };

    fn linearise(&self, at: &[f64; P]) -> Linearised<P> {
        let Smoothing { alpha, beta, phi, mut level, mut slope } = Self::smoothing(at);
        let (mut level_by, mut slope_by) = ([0.0; P], [0.0; P]);
        if P > 2 {
            (level_by[P - 2], slope_by[P - 1]) = (1.0, 1.0);
        } else {
            level_by[1] = 1.0;
        }
        let mut sums = Linearised::ZERO;
        let (mut logs, mut logs_by) = (0.0, [0.0; P]);
        for y in self.series {
            let forecast = level + phi * slope;
            let error = y - forecast;
            let mut forecast_by = level_by;
            if P > 2 {
                for index in 0..P {
                    forecast_by[index] += phi * slope_by[index];
                }
            }
            if P == 5 {
                forecast_by[2] += slope;
            }
            if MULTIPLICATIVE {
                let inverse = 1.0 / forecast;
                let scale = -y * inverse * inverse;
                sums.add(error * inverse, &forecast_by.map(|by| scale * by));
                logs += forecast.ln();
                for index in 0..P {
                    logs_by[index] += inverse * forecast_by[index];
                }
            } else {
                sums.add(error, &forecast_by.map(|by| -by));
            }
            for index in 0..P {
                level_by[index] = (1.0 - alpha) * forecast_by[index];
                if P > 2 {
                    slope_by[index] = phi * slope_by[index] - beta * forecast_by[index];
                }
            }
            level_by[0] += error;
            if P > 2 {
                slope_by[1] += error;
            }
            if P == 5 {
                slope_by[2] += slope;
            }
            level = forecast + alpha * error;
            slope = phi * slope + beta * error;
        }
        if MULTIPLICATIVE { scaled(sums, logs, logs_by, self.series.len()) } else { sums }
    }
}

/// The sum of squares whose logarithm is the multiplicative likelihood's: relative errors times the forecasts'
/// geometric mean.
fn scaled<const P: usize>(
    mut sums: Linearised<P>,
    logs: f64,
    logs_by: [f64; P],
    count: usize,
) -> Linearised<P> {
    let mean_by = logs_by.map(|by| by / count as f64);
    let squared = (2.0 * logs / count as f64).exp();
    let (value, gradient) = (sums.value, sums.gradient);
    for row in 0..P {
        for column in 0..=row {
            let crossed = gradient[row] * mean_by[column] + mean_by[row] * gradient[column];
            let own = value * mean_by[row] * mean_by[column];
            sums.curvature[row][column] = squared * (sums.curvature[row][column] + crossed + own);
        }
        sums.gradient[row] = squared * (gradient[row] + value * mean_by[row]);
    }
    sums.value = squared * value;
    sums
}

#[cfg(test)]
mod tests {
    use super::super::least_squares::tests::check_gradient;
    use super::*;

    const SERIES: [f64; 12] = [10.0, 11.0, 10.5, 12.0, 12.5, 11.0, 13.0, 14.0, 13.2, 14.5, 15.0, 14.0];

    #[test]
    fn slopes_are_those_of_the_sum() {
        let (none, lasting, fading) = ([0.4, 10.5], [0.4, 0.1, 10.5, 0.5], [0.4, 0.1, 0.9, 10.5, 0.5]);
        check_gradient(&Ets::<2, false> { series: &SERIES }, none);
        check_gradient(&Ets::<4, false> { series: &SERIES }, lasting);
        check_gradient(&Ets::<5, false> { series: &SERIES }, fading);
        check_gradient(&Ets::<2, true> { series: &SERIES }, none);
        check_gradient(&Ets::<4, true> { series: &SERIES }, lasting);
        check_gradient(&Ets::<5, true> { series: &SERIES }, fading);
    }

    #[test]
    fn both_passes_see_the_same_errors() {
        let at = [0.4, 0.1, 0.9, 10.5, 0.5];
        let passed = Ets::<5, false>::smoothing(&at).pass(&SERIES);
        assert_eq!(Ets::<5, false>::parameters(Ets::<5, false>::smoothing(&at)), at);
        assert_eq!(Ets::<5, false> { series: &SERIES }.linearise(&at).value, passed.squares);
        let likelihood = passed.relative_squares * (2.0 * passed.logs / SERIES.len() as f64).exp();
        assert!((Ets::<5, true> { series: &SERIES }.linearise(&at).value / likelihood - 1.0).abs() < 1e-12);
    }
}
