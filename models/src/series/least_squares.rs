//! Nonlinear least squares in a box: Levenberg-Marquardt on a few parameters, with nothing allocated.

/// A sum of squared residuals, as it looks from a point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Linearised<const P: usize> {
    /// The sum of squares; not finite where the point makes no sense.
    pub value: f64,
    /// Half the gradient: the Jacobian's transpose times the residuals.
    pub gradient: [f64; P],
    /// Half of Gauss and Newton's Hessian: the Jacobian's transpose times itself, in the lower triangle alone.
    pub curvature: [[f64; P]; P],
}

impl<const P: usize> Linearised<P> {
    /// A sum of no residuals.
    pub const ZERO: Self = Self { value: 0.0, gradient: [0.0; P], curvature: [[0.0; P]; P] };

    /// Adds a residual with its derivatives.
    #[inline(always)]
    pub fn add(&mut self, residual: f64, derivatives: &[f64; P]) {
        self.value += residual * residual;
        for row in 0..P {
            self.gradient[row] += residual * derivatives[row];
            for column in 0..=row {
                self.curvature[row][column] += derivatives[row] * derivatives[column];
            }
        }
    }
}

/// What is to be made small.
pub(super) trait Residuals<const P: usize> {
    /// The least and the greatest value of each parameter.
    const BOUNDS: [(f64, f64); P];

    /// The sum of squares at a point within the bounds, and its slopes.
    fn linearise(&self, at: &[f64; P]) -> Linearised<P>;
}

/// Where a search ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Minimum<const P: usize> {
    /// The parameters.
    pub at: [f64; P],
    /// The sum of squares.
    pub value: f64,
}

/// Steps, taken or refused, after which a search ends anyway.
const STEPS: usize = 100;
/// Steps after which starts are compared.
const TRIED: usize = 5;
/// Starts that are followed to the end.
const FOLLOWED: usize = 2;
/// A search ends when a step takes away less than this share of the sum of squares.
const TOLERANCE: f64 = 1e-9;
/// The damping with which a search starts, and beyond which no step would be felt.
const DAMPING: (f64, f64) = (1e-3, 1e9);

/// Goes downhill from each start, at first a few steps, then to the end from the best two; none without a start that makes
/// sense. The same starts give the same minimum, bit by bit.
pub(super) fn minimise<const P: usize, R: Residuals<P>>(
    residuals: &R,
    starts: impl IntoIterator<Item = [f64; P]>,
) -> Option<Minimum<P>> {
    let tried = starts.into_iter().map(|start| descend(residuals, start, TRIED));
    let mut tried: Vec<Minimum<P>> = tried.filter(|end| end.value.is_finite()).collect();
    tried.sort_by(|a, b| a.value.total_cmp(&b.value));
    let ends = tried.into_iter().take(FOLLOWED).map(|from| descend(residuals, from.at, STEPS));
    ends.reduce(|best, end| if end.value < best.value { end } else { best })
}

/// Goes downhill to a minimum nearby, or as far as some steps lead.
///
/// # Source
/// Marquardt (1963), An Algorithm for Least-Squares Estimation of Nonlinear Parameters; parameters at a bound that they
/// push against are held, and steps end at the bounds.
fn descend<const P: usize, R: Residuals<P>>(residuals: &R, start: [f64; P], steps: usize) -> Minimum<P> {
    let mut at = within(start, &R::BOUNDS);
    let mut here = residuals.linearise(&at);
    let mut damping = DAMPING.0;
    for _ in 0..steps {
        let Some(next) = step(&here, &at, &R::BOUNDS, damping) else { break };
        let there = residuals.linearise(&next);
        if there.value < here.value {
            let gained = here.value - there.value;
            (at, here, damping) = (next, there, (damping * 0.1).max(1e-12));
            if gained <= TOLERANCE * here.value {
                break;
            }
        } else {
            damping *= 10.0;
        }
        if damping > DAMPING.1 {
            break;
        }
    }
    Minimum { at, value: here.value }
}

fn within<const P: usize>(mut point: [f64; P], bounds: &[(f64, f64); P]) -> [f64; P] {
    for (value, (least, greatest)) in point.iter_mut().zip(bounds) {
        *value = value.clamp(*least, *greatest);
    }
    point
}

/// The next point to try; none when nothing can move.
fn step<const P: usize>(
    here: &Linearised<P>,
    at: &[f64; P],
    bounds: &[(f64, f64); P],
    damping: f64,
) -> Option<[f64; P]> {
    let mut matrix = here.curvature;
    let mut change = here.gradient.map(|slope| -slope);
    let mut any = false;
    for index in 0..P {
        let (least, greatest) = bounds[index];
        let pushed = change[index];
        let held = (at[index] <= least && pushed < 0.0) || (at[index] >= greatest && pushed > 0.0);
        if held || matrix[index][index] <= 0.0 {
            hold(&mut matrix, &mut change, index);
        } else {
            matrix[index][index] *= 1.0 + damping;
            any = true;
        }
    }
    (any && solve(&mut matrix, &mut change)).then(|| {
        let moved = std::array::from_fn(|index| at[index] + change[index]);
        within(moved, bounds)
    })
}

/// Takes a parameter out of the equations.
fn hold<const P: usize>(matrix: &mut [[f64; P]; P], change: &mut [f64; P], index: usize) {
    for other in 0..P {
        matrix[index.max(other)][index.min(other)] = 0.0;
    }
    matrix[index][index] = 1.0;
    change[index] = 0.0;
}

/// Solves in place by Cholesky's factors of the lower triangle. A pivot that rounding made vanish is taken for a great
/// one: its parameter stays.
fn solve<const P: usize>(matrix: &mut [[f64; P]; P], right: &mut [f64; P]) -> bool {
    for column in 0..P {
        for row in column..P {
            let dot: f64 = (0..column).map(|k| matrix[row][k] * matrix[column][k]).sum();
            let rest = matrix[row][column] - dot;
            matrix[row][column] = match row == column {
                true if rest > 1e-14 * matrix[row][column] => rest.sqrt(),
                true => f64::INFINITY,
                false => rest / matrix[column][column],
            };
        }
    }
    for row in 0..P {
        let dot: f64 = (0..row).map(|k| matrix[row][k] * right[k]).sum();
        right[row] = (right[row] - dot) / matrix[row][row];
    }
    for row in (0..P).rev() {
        let dot: f64 = (row + 1..P).map(|k| matrix[k][row] * right[k]).sum();
        right[row] = (right[row] - dot) / matrix[row][row];
    }
    right.iter().all(|value| value.is_finite())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Values that go up and down.
    pub(crate) const SERIES: [f64; 12] =
        [10.0, 11.0, 10.5, 12.0, 12.5, 11.0, 13.0, 14.0, 13.2, 14.5, 15.0, 14.0];

    /// Rosenbrock's valley as two residuals: `10 (y - x^2)` and `1 - x`, with x at most 0.5 or 10.
    struct Valley<const TIGHT: bool>;

    impl<const TIGHT: bool> Residuals<2> for Valley<TIGHT> {
        const BOUNDS: [(f64, f64); 2] = [(-2.0, if TIGHT { 0.5 } else { 10.0 }), (f64::NEG_INFINITY, 10.0)];

        fn linearise(&self, at: &[f64; 2]) -> Linearised<2> {
            let mut sums = Linearised::ZERO;
            sums.add(10.0 * (at[1] - at[0] * at[0]), &[-20.0 * at[0], 10.0]);
            sums.add(1.0 - at[0], &[-1.0, 0.0]);
            sums
        }
    }

    #[test]
    fn the_bottom_of_a_valley_is_found_within_the_bounds() {
        let free = minimise(&Valley::<false>, [[-1.2, 1.0], [f64::NAN, 0.0]]).unwrap();
        assert!((free.at[0] - 1.0).abs() < 1e-6 && (free.at[1] - 1.0).abs() < 1e-6, "{free:?}");
        let bounded = minimise(&Valley::<true>, [[-1.2, 1.0]]).unwrap();
        assert!((bounded.at[0] - 0.5).abs() < 1e-9 && (bounded.at[1] - 0.25).abs() < 1e-6, "{bounded:?}");
        assert!(minimise(&Valley::<true>, [[f64::NAN; 2]]).is_none());
    }

    /// Fails unless half the gradient is that of central differences.
    pub fn check_gradient<const P: usize, R: Residuals<P>>(residuals: &R, at: [f64; P]) {
        let here = residuals.linearise(&at);
        for index in 0..P {
            let moved = |by: f64| {
                let mut there = at;
                there[index] += by;
                residuals.linearise(&there).value
            };
            let by = 1e-5 * at[index].abs();
            let slope = (moved(by) - moved(-by)) / (4.0 * by);
            let apart = (here.gradient[index] - slope).abs();
            assert!(
                apart < 1e-5 * here.curvature[index][index].sqrt() * here.value.sqrt(),
                "{index}: {apart}"
            );
        }
    }
}
