//! All quantiles of the calibration residuals, for levels that are not known yet.

use serde::{Deserialize, Serialize};

use crate::conformal::corrected_quantile;
use crate::{Calibration, Error, IntervalModel, Result, ScaleSpec};

/// Steps of the grid: the levels are 0, 1/400, ... 1, and those that intervals usually have are among them.
const STEPS: usize = 400;

/// The offsets of an [`IntervalModel`] at any level, in units of its scale: what adapted levels are looked up in.
///
/// On 401 levels from 0 to 1 the quantiles of the sorted, scaled calibration residuals with the same finite-sample correction;
/// where that would need a residual beyond the least or greatest, the least or greatest. Between them linear.
///
/// # Units
/// Offsets in units of the scale of [`ScaleSpec`], held as float32.
///
/// # Source
/// As [`IntervalModel`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f32>", into = "Vec<f32>")]
pub struct ResidualQuantiles {
    /// 401 offsets that never fall.
    grid: Vec<f32>,
}

impl ResidualQuantiles {
    /// Learns from the rows that an [`IntervalModel`] is calibrated on.
    ///
    /// # Missing values
    /// A volatility that is not finite is replaced by the calibration rows' median.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows; [`Error::Shape`] and [`Error::NotFinite`] for rows that do not fit together.
    pub fn calibrate(rows: &Calibration<'_>, spec: ScaleSpec) -> Result<Self> {
        let (_, residuals) = IntervalModel::with_residuals(rows, spec)?;
        Self::of_sorted(&residuals)
    }

    /// Those of scaled calibration residuals in order.
    pub(crate) fn of_sorted(residuals: &[f64]) -> Result<Self> {
        let (Some(least), Some(greatest)) = (residuals.first(), residuals.last()) else {
            return Err(Error::Empty { what: "the list of calibration rows" });
        };
        let offset = |step: usize| {
            let level = step as f64 / STEPS as f64;
            let beyond = if level < 0.5 { least } else { greatest };
            corrected_quantile(residuals, level).unwrap_or(*beyond as f32)
        };
        Ok(Self { grid: (0..=STEPS).map(offset).collect() })
    }

    /// The offset at a level, in units of the scale; below 0 that of 0, above 1 that of 1.
    pub fn offset(&self, level: f64) -> f32 {
        let place = level.clamp(0.0, 1.0) * STEPS as f64;
        let below = (place.floor() as usize).min(STEPS - 1);
        let (low, high) = (f64::from(self.grid[below]), f64::from(self.grid[below + 1]));
        (low + (high - low) * (place - below as f64)) as f32
    }
}

impl TryFrom<Vec<f32>> for ResidualQuantiles {
    type Error = Error;

    fn try_from(grid: Vec<f32>) -> Result<Self> {
        let fits =
            grid.len() == STEPS + 1 && grid.iter().all(|offset| offset.is_finite()) && grid.is_sorted();
        let reason = || "residual quantiles must be 401 finite numbers that never fall".to_owned();
        if fits { Ok(Self { grid }) } else { Err(Error::Artifact { reason: reason() }) }
    }
}

impl From<ResidualQuantiles> for Vec<f32> {
    fn from(quantiles: ResidualQuantiles) -> Self {
        quantiles.grid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(n: usize) -> ResidualQuantiles {
        let residuals: Vec<f64> = (1..=n).map(|rank| rank as f64).collect();
        ResidualQuantiles::of_sorted(&residuals).unwrap()
    }

    #[test]
    fn offsets_by_hand() {
        // (n + 1) level = 1, 2, 5, 10, 15, 18, 19 of 19 residuals.
        let quantiles = of(19);
        let at = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95].map(|level| quantiles.offset(level));
        assert_eq!(at, [1.0, 2.0, 5.0, 10.0, 15.0, 18.0, 19.0]);
        // Beyond the residuals there are the outermost ones.
        assert_eq!(
            [-1.0, 0.0, 0.04, 0.97, 1.0, 2.0].map(|level| quantiles.offset(level)),
            [1.0, 1.0, 1.0, 19.0, 19.0, 19.0]
        );
        // Level 0.1 of 3,999 residuals is the 400th, and 0.1025 the 410th: half way it is 405.
        assert_eq!(of(3_999).offset(0.10125), 405.0);
    }

    #[test]
    fn offsets_never_fall() {
        for n in [1, 2, 9, 104, 1_000] {
            let quantiles = of(n);
            let offsets: Vec<f32> = (0..=5_000).map(|k| quantiles.offset(f64::from(k) / 5_000.0)).collect();
            assert!(offsets.is_sorted(), "{n} residuals");
        }
    }

    #[test]
    fn only_what_was_written_is_read() {
        let quantiles = of(50);
        let stored = serde_json::to_string(&quantiles).unwrap();
        assert_eq!(serde_json::from_str::<ResidualQuantiles>(&stored).unwrap(), quantiles);
        assert!(serde_json::from_str::<ResidualQuantiles>("[0.0, 1.0]").is_err());
        assert!(matches!(ResidualQuantiles::of_sorted(&[]), Err(Error::Empty { .. })));
    }
}
