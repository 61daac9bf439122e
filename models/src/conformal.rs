//! Prediction intervals by locally weighted split conformal prediction.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use weekahead_market::Horizon;

use crate::error::check_shape;
use crate::preprocessing::median;
use crate::{Error, FittedModel, Outputs, ResidualQuantiles, Result, TreeModel};

/// The levels that intervals have unless told otherwise; 0.1 to 0.9 is the 80 % interval.
pub const DEFAULT_LEVELS: [f64; 7] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95];

/// How wide a row's interval is, relative to other rows: `scale = clamp(v sqrt(horizon), floor, ceiling)`, where `v` is a
/// feature that holds the daily volatility of the row's instrument.
///
/// # Units
/// `floor` and `ceiling` in log returns over the horizon; the column in log returns a session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScaleSpec {
    /// The column of the daily volatility, from 0.
    pub column: usize,
    /// Sessions ahead.
    pub horizon: Horizon,
    /// The least scale: an instrument that stood still may move again.
    pub floor: f32,
    /// The greatest scale: it keeps quantiles finite whatever the feature holds.
    pub ceiling: f32,
}

impl ScaleSpec {
    /// A floor of 0.1 % and a ceiling of 1000 % over the horizon.
    pub fn new(column: usize, horizon: Horizon) -> Self {
        Self { column, horizon, floor: 1e-3, ceiling: 10.0 }
    }

    fn check(&self) -> Result<()> {
        let wrong = |parameter, value| {
            let allowed = "0 < floor <= ceiling, both finite";
            Err(Error::Hyperparameter { model: "interval", parameter, value: f64::from(value), allowed })
        };
        match *self {
            Self { floor, .. } if !(floor.is_finite() && floor >= f32::MIN_POSITIVE) => wrong("floor", floor),
            Self { floor, ceiling, .. } if !(ceiling.is_finite() && ceiling >= floor) => {
                wrong("ceiling", ceiling)
            }
            _ => Ok(()),
        }
    }
}

/// Rows that the model was not fitted on, later than its training rows, with what came true.
#[derive(Debug, Clone, Copy)]
pub struct Calibration<'a> {
    /// Features, rows x features.
    pub x: ArrayView2<'a, f32>,
    /// Realised targets, one a row.
    pub y: ArrayView1<'a, f64>,
    /// Point forecasts of the fitted model, one a row.
    pub forecast: ArrayView1<'a, f64>,
}

/// Quantiles around a point forecast: `y + offset_level * scale(row)`.
///
/// The offsets are quantiles of the signed, scaled calibration residuals `(y_i - forecast_i) / scale_i` with the
/// finite-sample correction: of `n` sorted residuals, a level above 1/2 takes number `ceil((n + 1) level)`, one below 1/2
/// number `floor((n + 1) level)` (both from 1), and 1/2 the mean of the two, the ordinary median. With exchangeable rows
/// the interval between levels a and b covers at least `b - a`. Rows of one week move together, so that the
/// effective `n` is smaller than the number of rows, and coverage holds on average over weeks only.
///
/// # Source
/// Lei, G'Sell, Rinaldo, Tibshirani & Wasserman (2018), Distribution-Free Predictive Inference for Regression, sections 2.2
/// (split) and 5.2 (locally weighted); Romano, Patterson & Candes (2019) for separate tails.
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalModel {
    pub(crate) spec: ScaleSpec,
    pub(crate) features: usize,
    pub(crate) fill: f32,
    pub(crate) levels: Vec<f64>,
    pub(crate) offsets: Vec<f32>,
    /// Quantiles of the scaled target by level, where they are regressed.
    pub(crate) regressions: Vec<TreeModel>,
    /// Offsets at any level, where quantiles are laid around the point forecast.
    pub(crate) residuals: Option<ResidualQuantiles>,
}

impl IntervalModel {
    /// Learns the offsets.
    ///
    /// # Missing values
    /// A volatility that is not finite is replaced by the calibration rows' median.
    ///
    /// # Errors
    /// [`Error::Levels`] unless levels strictly increase within (0, 1); [`Error::CalibrationTooSmall`] when a level
    /// would need a residual beyond the largest or smallest (`1/(1 - level) - 1` rows are needed); [`Error::Shape`] and
    /// [`Error::NotFinite`] for rows that do not fit together.
    pub fn calibrate(rows: &Calibration<'_>, spec: ScaleSpec, levels: &[f64]) -> Result<Self> {
        check_levels(levels)?;
        let (model, residuals) = Self::with_residuals(rows, spec)?;
        let offsets = levels.iter().map(|level| corrected_quantile(&residuals, *level));
        let offsets = offsets.collect::<Result<_>>()?;
        let residuals = Some(ResidualQuantiles::of_sorted(&residuals)?);
        Ok(Self { levels: levels.to_vec(), offsets, residuals, ..model })
    }

    /// A model that has a scale and no levels, and the calibration residuals in its units, sorted.
    pub(crate) fn with_residuals(rows: &Calibration<'_>, spec: ScaleSpec) -> Result<(Self, Vec<f64>)> {
        spec.check()?;
        check_shape("x (rows)", rows.y.len(), rows.x.nrows())?;
        check_shape("the forecasts", rows.y.len(), rows.forecast.len())?;
        if spec.column >= rows.x.ncols() {
            let (what, expected) = ("x (features)", spec.column + 1);
            return Err(Error::Shape { what, expected, found: rows.x.ncols() });
        }
        let (features, fill) = (rows.x.ncols(), median(rows.x.column(spec.column)));
        let (levels, offsets, regressions) = (Vec::new(), Vec::new(), Vec::new());
        let model = Self { spec, features, fill, levels, offsets, regressions, residuals: None };
        let residuals = model.scaled_residuals(rows)?;
        Ok((model, residuals))
    }

    /// Point forecasts and quantiles of a batch of rows: what the exported graph computes.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` has another number of features than either model.
    pub fn predict(&self, model: &FittedModel, x: ArrayView2<'_, f32>) -> Result<Outputs> {
        let y = model.predict(x)?;
        let quantiles = self.quantiles(y.view(), x)?;
        Ok(Outputs { y, quantiles, scale: Some(self.scales(x)) })
    }

    /// Quantiles around given point forecasts, or regressed ones.
    ///
    /// # Shape
    /// Rows x levels, increasing along a row.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` does not fit.
    pub fn quantiles(&self, forecast: ArrayView1<'_, f64>, x: ArrayView2<'_, f32>) -> Result<Array2<f64>> {
        check_shape("x (features)", self.features, x.ncols())?;
        check_shape("the forecasts", x.nrows(), forecast.len())?;
        if self.is_regression() {
            return self.regressed_quantiles(x);
        }
        let scales = self.scales(x);
        let shape = (x.nrows(), self.levels.len());
        Ok(Array2::from_shape_fn(shape, |(row, level)| {
            forecast[row] + f64::from(self.offsets[level]) * scales[row]
        }))
    }

    /// The levels, strictly increasing.
    pub fn levels(&self) -> &[f64] {
        &self.levels
    }

    /// The offset of each level, in units of the scale.
    pub fn offsets(&self) -> &[f32] {
        &self.offsets
    }

    /// The offset at any level, which adapted levels need; `None` where quantiles are regressed.
    pub fn residual_quantiles(&self) -> Option<&ResidualQuantiles> {
        self.residuals.as_ref()
    }

    /// How the scale is made.
    pub fn scale_spec(&self) -> &ScaleSpec {
        &self.spec
    }

    /// The square root of the horizon as the graph holds it.
    pub(crate) fn root_horizon(&self) -> f32 {
        (self.spec.horizon.get() as f64).sqrt() as f32
    }

    /// The scale of one row.
    pub(crate) fn scale(&self, row: ArrayView1<'_, f32>) -> f64 {
        let volatility = if row[self.spec.column].is_finite() { row[self.spec.column] } else { self.fill };
        let scale = f64::from(volatility) * f64::from(self.root_horizon());
        scale.clamp(f64::from(self.spec.floor), f64::from(self.spec.ceiling))
    }

    /// The scale of each row.
    pub(crate) fn scales(&self, x: ArrayView2<'_, f32>) -> Array1<f64> {
        x.axis_iter(Axis(0)).map(|row| self.scale(row)).collect()
    }

    fn scaled_residuals(&self, rows: &Calibration<'_>) -> Result<Vec<f64>> {
        let mut residuals = Vec::with_capacity(rows.y.len());
        for (index, row) in rows.x.axis_iter(Axis(0)).enumerate() {
            let residual = (rows.y[index] - rows.forecast[index]) / self.scale(row);
            if !residual.is_finite() {
                return Err(Error::NotFinite { what: "a calibration residual", row: index });
            }
            residuals.push(residual);
        }
        residuals.sort_by(f64::total_cmp);
        Ok(residuals)
    }
}

pub(crate) fn check_levels(levels: &[f64]) -> Result<()> {
    if levels.is_empty() {
        return Err(Error::Empty { what: "the list of quantile levels" });
    }
    let mut previous = 0.0;
    for (position, level) in levels.iter().copied().enumerate() {
        if !(level > previous && level < 1.0) {
            return Err(Error::Levels { level, position });
        }
        previous = level;
    }
    Ok(())
}

/// The quantile of sorted residuals at a level, with the `n + 1` correction.
pub(crate) fn corrected_quantile(sorted: &[f64], level: f64) -> Result<f32> {
    // Levels such as 0.1 are no binary fractions: whole ranks are recognised up to this slack.
    const SLACK: f64 = 1e-9;
    let rank = (sorted.len() as f64 + 1.0) * level;
    let (below, above) = ((rank + SLACK).floor() as usize, (rank - SLACK).ceil() as usize);
    let nth = |rank: usize| {
        let value = rank.checked_sub(1).and_then(|index| sorted.get(index)).copied();
        value.ok_or_else(|| too_small(sorted.len(), level))
    };
    let value = if level == 0.5 {
        f64::midpoint(nth(below)?, nth(above)?)
    } else if level < 0.5 {
        nth(below)?
    } else {
        nth(above)?
    };
    Ok(value as f32)
}

fn too_small(rows: usize, level: f64) -> Error {
    let tail = level.min(1.0 - level);
    Error::CalibrationTooSmall { rows, level, needed: (1.0 / tail - 1.0 - 1e-9).ceil() as usize }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    /// Residuals 1..=n in steps of one scale, whatever order they come in.
    fn calibrated(n: usize, levels: &[f64]) -> Result<IntervalModel> {
        let x = Array2::from_elem((n, 1), 0.0_f32);
        let y = Array1::from_shape_fn(n, |i| (n - i) as f64);
        let forecast = Array1::zeros(n);
        let rows = Calibration { x: x.view(), y: y.view(), forecast: forecast.view() };
        let spec = ScaleSpec { floor: 1.0, ..ScaleSpec::new(0, Horizon::WEEK) };
        IntervalModel::calibrate(&rows, spec, levels)
    }

    #[test]
    fn ranks_are_corrected_outwards() {
        // (n + 1) level = 1, 2, 5, 10, 15, 18, 19 of 19 residuals.
        let model = calibrated(19, &DEFAULT_LEVELS).unwrap();
        assert_eq!(model.offsets(), [1.0, 2.0, 5.0, 10.0, 15.0, 18.0, 19.0]);
        // 21 * 0.1 = 2.1 -> 2, 21 * 0.9 = 18.9 -> 19; the median of 1..=20 is 10.5.
        let model = calibrated(20, &[0.1, 0.5, 0.9]).unwrap();
        assert_eq!(model.offsets(), [2.0, 10.5, 19.0]);
    }

    #[test]
    fn too_few_rows_are_an_error() {
        let error = calibrated(18, &DEFAULT_LEVELS).unwrap_err();
        assert!(matches!(error, Error::CalibrationTooSmall { rows: 18, needed: 19, .. }), "{error}");
        let error = calibrated(8, &[0.9]).unwrap_err();
        assert!(matches!(error, Error::CalibrationTooSmall { rows: 8, needed: 9, .. }), "{error}");
        assert!(calibrated(9, &[0.1, 0.9]).is_ok());
    }

    #[test]
    fn levels_must_increase_within_the_open_interval() {
        for levels in [&[0.0, 0.5][..], &[0.5, 0.5], &[0.9, 0.1], &[0.5, 1.0], &[f64::NAN]] {
            assert!(matches!(calibrated(99, levels), Err(Error::Levels { .. })), "{levels:?}");
        }
        assert!(matches!(calibrated(99, &[]), Err(Error::Empty { .. })));
    }

    #[test]
    fn width_follows_volatility_between_floor_and_ceiling() {
        let spec = ScaleSpec { column: 0, horizon: Horizon::sessions(4).unwrap(), floor: 0.5, ceiling: 8.0 };
        let x = array![[1.0_f32], [2.0], [3.0]];
        // Scales 2, 4, 6; residuals all 1.
        let (y, forecast) = (array![2.0, 4.0, 6.0], array![0.0, 0.0, 0.0]);
        let rows = Calibration { x: x.view(), y: y.view(), forecast: forecast.view() };
        let model = IntervalModel::calibrate(&rows, spec, &[0.5]).unwrap();
        let x = array![[0.0_f32], [1.5], [100.0], [f32::NAN], [f32::MAX]];
        let at = Array1::from_elem(5, 10.0);
        let quantiles = model.quantiles(at.view(), x.view()).unwrap();
        // A missing volatility is the median, 2.
        assert_eq!(quantiles.column(0), array![10.5, 13.0, 18.0, 14.0, 18.0]);
    }

    #[test]
    fn a_missing_outcome_is_an_error() {
        let x = array![[1.0_f32], [1.0]];
        let (y, forecast) = (array![0.0, f64::NAN], array![0.0, 0.0]);
        let rows = Calibration { x: x.view(), y: y.view(), forecast: forecast.view() };
        let error = IntervalModel::calibrate(&rows, ScaleSpec::new(0, Horizon::WEEK), &[0.5]).unwrap_err();
        assert!(matches!(error, Error::NotFinite { row: 1, .. }));
    }
}
