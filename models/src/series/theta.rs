//! The Theta method in state space form: its recursions, with their derivatives.

use super::least_squares::{Linearised, Residuals};
use super::values::line;

const LEVEL_WEIGHT: (f64, f64) = (0.1, 0.99);
const FIRST_LEVEL: (f64, f64) = (-1e10, 1e10);
/// `1 - 1/theta` for theta from 1 to 1e10.
const LINE_WEIGHT: (f64, f64) = (0.0, 1.0 - 1e-10);
/// Errors that do not count: a dynamic line knows too little yet.
pub(super) const UNCOUNTED: usize = 3;

/// The line through the series that forecasts lean on, as intercept and slope.
pub(super) type Line = (f64, f64);

/// The line that each forecast leans on, the first of which is never used, and after them the one of the steps ahead.
pub(super) fn lines(series: &[f64], dynamic: bool) -> Vec<Line> {
    if !dynamic {
        return vec![line(series); series.len() + 1];
    }
    let mut running = Running::default();
    let mut lines = vec![(0.0, 0.0)];
    lines.extend(series.iter().map(|value| running.push(*value)));
    lines
}

/// The least-squares line through the values so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Running {
    count: f64,
    mean: f64,
    slope: f64,
}

impl Running {
    /// The state after a whole series.
    pub fn after(series: &[f64]) -> Self {
        let mut running = Self::default();
        for value in series {
            running.push(*value);
        }
        running
    }

    /// Adds a value and tells the line with it.
    pub fn push(&mut self, value: f64) -> Line {
        let before = self.count;
        self.count += 1.0;
        if before > 0.0 {
            let rest = 6.0 * (value - self.mean) / self.count;
            self.slope = ((before - 1.0) * self.slope + rest) / (self.count + 1.0);
        }
        self.mean += (value - self.mean) / self.count;
        (self.mean - self.slope * (self.count + 1.0) / 2.0, self.slope)
    }
}

/// Where the level starts and how it moves, and how much the line counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaning {
    pub alpha: f64,
    pub level: f64,
    pub weight: f64,
}

/// A level along a series, and `(1 - alpha)^t` with its sum from 0 to t.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    pub leaning: Leaning,
    pub decay: f64,
    pub sum: f64,
}

impl Leaning {
    /// The level before the first value.
    pub fn before(self) -> Level {
        Level { leaning: self, decay: 1.0, sum: 1.0 }
    }
}

impl Level {
    /// The next forecast: `level + (1 - 1/theta) (A (1 - alpha)^t + B (1 - (1 - alpha)^(t + 1)) / alpha)`.
    pub fn forecast(&self, line: Line) -> f64 {
        self.leaning.level + self.leaning.weight * (line.0 * self.decay + line.1 * self.sum)
    }

    /// Takes in a value.
    pub fn push(&mut self, value: f64) {
        self.leaning.level += self.leaning.alpha * (value - self.leaning.level);
        self.decay *= 1.0 - self.leaning.alpha;
        self.sum += self.decay;
    }
}

/// The errors of a model with `P` free parameters: level weight, first level, and the line's weight, which is 1/2 in a model
/// of 2.
#[derive(Debug, Clone, Copy)]
pub(super) struct Theta<'a, const P: usize> {
    pub series: &'a [f64],
    pub lines: &'a [Line],
}

impl<const P: usize> Theta<'_, P> {
    pub fn leaning(at: &[f64; P]) -> Leaning {
        Leaning { alpha: at[0], level: at[1], weight: if P > 2 { at[2] } else { 0.5 } }
    }

    pub fn parameters(leaning: Leaning) -> [f64; P] {
        let all = [leaning.alpha, leaning.level, leaning.weight];
        std::array::from_fn(|index| all[index])
    }
}

impl<const P: usize> Residuals<P> for Theta<'_, P> {
    const BOUNDS: [(f64, f64); P] = {
        let mut bounds = [LINE_WEIGHT; P];
        (bounds[0], bounds[1]) = (LEVEL_WEIGHT, FIRST_LEVEL);
        bounds
    };

    fn linearise(&self, at: &[f64; P]) -> Linearised<P> {
        let leaning = Self::leaning(at);
        let mut level = leaning.before();
        let mut level_by = (0.0, 1.0);
        let (mut decay_by, mut sum_by) = (0.0, 0.0);
        let mut sums = Linearised::ZERO;
        for (index, (value, line)) in self.series.iter().zip(self.lines).enumerate() {
            if index >= UNCOUNTED {
                let error = value - level.forecast(*line);
                let leant_by = leaning.weight * (line.0 * decay_by + line.1 * sum_by);
                let leant = line.0 * level.decay + line.1 * level.sum;
                let by = [-level_by.0 - leant_by, -level_by.1, -leant];
                sums.add(error, &std::array::from_fn(|index| by[index]));
            }
            let rest = 1.0 - leaning.alpha;
            level_by = (rest * level_by.0 + value - level.leaning.level, rest * level_by.1);
            decay_by = rest * decay_by - level.decay;
            sum_by += decay_by;
            level.push(*value);
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::super::least_squares::tests::{SERIES, check_gradient};
    use super::*;

    #[test]
    fn slopes_are_those_of_the_sum() {
        for dynamic in [false, true] {
            let lines = lines(&SERIES, dynamic);
            check_gradient(&Theta::<2> { series: &SERIES, lines: &lines }, [0.4, 9.0]);
            check_gradient(&Theta::<3> { series: &SERIES, lines: &lines }, [0.4, 9.0, 0.3]);
        }
    }

    #[test]
    fn a_running_line_ends_as_the_whole_one() {
        let (running, whole) = (lines(&SERIES, true), line(&SERIES));
        assert_eq!(running[1], (10.0, 0.0));
        assert!((running[2].0 - 9.0).abs() < 1e-12 && (running[2].1 - 1.0).abs() < 1e-12, "{:?}", running[2]);
        let last = running[SERIES.len()];
        assert!((last.0 - whole.0).abs() < 1e-9 && (last.1 - whole.1).abs() < 1e-9, "{last:?} {whole:?}");
    }
}
