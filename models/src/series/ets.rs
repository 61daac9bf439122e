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
        let mut state = Sloped::<P>::new(Self::smoothing(at));
        let mut sums = Linearised::ZERO;
        let mut logs = Logs::<P>::ZERO;
        for value in self.series {
            let (forecast, by) = state.forecast();
            let error = value - forecast;
            if MULTIPLICATIVE {
                let inverse = 1.0 / forecast;
                let scale = -value * inverse * inverse;
                sums.add(error * inverse, &by.map(|by| scale * by));
                logs.add(forecast, &by.map(|by| inverse * by));
            } else {
                sums.add(error, &by.map(|by| -by));
            }
            state.push(forecast, error, &by);
        }
        if MULTIPLICATIVE { logs.scale(sums, self.series.len()) } else { sums }
    }
}

/// A state, and how each parameter moves it.
struct Sloped<const P: usize> {
    smoothing: Smoothing,
    level_by: [f64; P],
    slope_by: [f64; P],
}

impl<const P: usize> Sloped<P> {
    fn new(smoothing: Smoothing) -> Self {
        let (mut level_by, mut slope_by) = ([0.0; P], [0.0; P]);
        match P {
            2 => level_by[1] = 1.0,
            _ => (level_by[P - 2], slope_by[P - 1]) = (1.0, 1.0),
        }
        Self { smoothing, level_by, slope_by }
    }

    #[inline(always)]
    fn forecast(&self) -> (f64, [f64; P]) {
        let Smoothing { phi, level, slope, .. } = self.smoothing;
        if P == 2 {
            return (level, self.level_by);
        }
        let mut by: [f64; P] = std::array::from_fn(|index| self.level_by[index] + phi * self.slope_by[index]);
        if P == 5 {
            by[2] += slope;
        }
        (level + phi * slope, by)
    }

    #[inline(always)]
    fn push(&mut self, forecast: f64, error: f64, by: &[f64; P]) {
        let Smoothing { alpha, beta, phi, slope, .. } = self.smoothing;
        self.level_by = by.map(|by| (1.0 - alpha) * by);
        self.level_by[0] += error;
        self.smoothing.level = forecast + alpha * error;
        if P == 2 {
            return;
        }
        self.slope_by = std::array::from_fn(|index| phi * self.slope_by[index] - beta * by[index]);
        self.slope_by[1] += error;
        if P == 5 {
            self.slope_by[2] += slope;
        }
        self.smoothing.slope = phi * slope + beta * error;
    }
}

/// The sum of the forecasts' logarithms, and its slopes.
struct Logs<const P: usize> {
    sum: f64,
    by: [f64; P],
}

impl<const P: usize> Logs<P> {
    const ZERO: Self = Self { sum: 0.0, by: [0.0; P] };

    #[inline(always)]
    fn add(&mut self, forecast: f64, by: &[f64; P]) {
        self.sum += forecast.ln();
        for (sum, by) in self.by.iter_mut().zip(by) {
            *sum += by;
        }
    }

    /// The sum of squares whose logarithm is the multiplicative likelihood's: relative errors times the forecasts'
    /// geometric mean.
    fn scale(&self, mut sums: Linearised<P>, count: usize) -> Linearised<P> {
        let mean_by = self.by.map(|by| by / count as f64);
        let squared = (2.0 * self.sum / count as f64).exp();
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
}

#[cfg(test)]
mod tests {
    use super::super::least_squares::tests::{SERIES, check_gradient};
    use super::*;

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
