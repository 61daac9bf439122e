//! Rolling variance.

use super::double_double::DoubleDouble;
use super::present;
use super::ring::Ring;
use super::sum::SHRINKAGE;

/// Where the variance is less than this share of the mean square, the running sums are not trusted.
const CANCELLATION: f64 = 1e-12;

/// `Var(x, n)`: the variance of the last n values with n - 1 degrees of freedom.
///
/// From running sums of values and squares in double-double arithmetic; where those would cancel too much, by two
/// passes over the window instead. The relative error is below 1e-9 over twenty years of sessions, whatever the
/// values before the window were. Exactly 0 when all values in the window are equal.
///
/// # Missing values
/// Missing until n values in a row are there; always for n = 1.
///
/// # Source
/// Two passes: Chan, Golub, LeVeque: Algorithms for computing the sample variance, Am. Stat. 37 (1983), eq. 1.7.
///
/// ```
/// let mut variance = weekahead_features::kernel::Variance::new(3);
/// let last = [9.0, 1.0, 2.0, 3.0].into_iter().map(|x| variance.push(x)).last();
/// assert_eq!(last, Some(1.0));
/// ```
#[derive(Debug, Clone)]
pub struct Variance {
    ring: Ring,
    sum: DoubleDouble,
    squares: DoubleDouble,
    /// The largest sum of squares since the sums were last taken from the window.
    peak: f64,
}

impl Variance {
    /// Takes the variance of the last `window` values.
    pub fn new(window: usize) -> Self {
        Self { ring: Ring::new(window), sum: DoubleDouble::ZERO, squares: DoubleDouble::ZERO, peak: 0.0 }
    }

    /// Takes a value and gives the variance.
    pub fn push(&mut self, value: f64) -> f64 {
        if !value.is_finite() {
            self.reset();
            return f64::NAN;
        }
        self.advance(value);
        match (self.ring.is_full() && self.ring.window() > 1, self.ring.is_uniform()) {
            (false, _) => f64::NAN,
            (true, true) => 0.0,
            (true, false) => present(self.variance()),
        }
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.ring.clear();
        (self.sum, self.squares, self.peak) = (DoubleDouble::ZERO, DoubleDouble::ZERO, 0.0);
    }

    fn advance(&mut self, value: f64) {
        let oldest = self.ring.push(value).unwrap_or(0.0);
        self.sum = self.sum.plus(value).plus(-oldest);
        let gone = DoubleDouble::product(oldest, oldest);
        self.squares = self.squares.plus_wide(DoubleDouble::product(value, value)).minus_wide(gone);
        let size = self.squares.value();
        self.peak = self.peak.max(size);
        if !size.is_finite() || size * SHRINKAGE < self.peak {
            self.take_from_window();
        }
    }

    fn take_from_window(&mut self) {
        (self.sum, self.squares) = (DoubleDouble::ZERO, DoubleDouble::ZERO);
        for value in self.ring.iter() {
            self.sum = self.sum.plus(value);
            self.squares = self.squares.plus_wide(DoubleDouble::product(value, value));
        }
        self.peak = self.squares.value();
    }

    /// (n sum(x^2) - sum(x)^2) / (n (n - 1))
    fn variance(&self) -> f64 {
        let n = self.ring.window() as f64;
        let whole = self.squares.times(n);
        let rest = whole.minus_wide(self.sum.times_wide(self.sum)).value();
        if rest > whole.value() * CANCELLATION { rest / (n * (n - 1.0)) } else { self.two_passes() }
    }

    fn two_passes(&self) -> f64 {
        let n = self.ring.window() as f64;
        let mean = self.sum.value() / n;
        let (mut off, mut squares) = (0.0, 0.0);
        for value in self.ring.iter() {
            off += value - mean;
            squares += (value - mean) * (value - mean);
        }
        (squares - off * off / n) / (n - 1.0)
    }
}
