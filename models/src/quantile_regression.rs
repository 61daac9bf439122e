//! Prediction intervals by conformalised quantile regression.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use crate::conformal::{check_levels, corrected_quantile};
use crate::{
    BoostingLoss, BoostingSpec, Calibration, Error, GradientBoosting, IntervalModel, Result, ScaleSpec,
    TrainingRows,
};

impl IntervalModel {
    /// Learns quantiles of the target from the features, then what they lack: `q_a(x) = scale(x) (Q_a(x) + o_a)`.
    ///
    /// `Q_a` is gradient boosting of the pinball loss of level a, fitted on the training rows' targets over their scale. The offset
    /// `o_a` is the corrected quantile of `y_i / scale_i - Q_a(x_i)` over the calibration rows, as without regression. Quantiles that
    /// cross are sorted. The point forecast has no part in it.
    ///
    /// # Shape
    /// `fit` are the rows that the point forecaster was fitted on; `rows` are later ones.
    ///
    /// # Missing values
    /// As in trees; a volatility that is not finite is replaced by the calibration rows' median.
    ///
    /// # Errors
    /// As [`calibrate`](Self::calibrate), and those of [`GradientBoosting`].
    ///
    /// # Source
    /// Romano, Patterson & Candes (2019), Conformalized Quantile Regression, with separate tails (their equation 11);
    /// Chernozhukov, Fernandez-Val & Galichon (2010) for sorting.
    pub fn calibrate_regression(
        fit: &TrainingRows<'_>,
        rows: &Calibration<'_>,
        scale: ScaleSpec,
        levels: &[f64],
        boosting: BoostingSpec,
        seed: u64,
    ) -> Result<Self> {
        check_levels(levels)?;
        let (mut model, _) = Self::with_residuals(rows, scale)?;
        model.levels = levels.to_vec();
        let scaled = &fit.y() / &model.scales(fit.x());
        let losses: Vec<BoostingLoss> = levels.iter().map(|level| BoostingLoss::Quantile(*level)).collect();
        model.regressions = GradientBoosting { spec: boosting, seed }
            .fit_losses(&fit.with_targets(scaled.view())?, &losses)?;
        model.offsets = vec![0.0; levels.len()];
        let regressed = model.regressed(rows.x)?;
        let realised = &rows.y / &model.scales(rows.x);
        for (at, level) in levels.iter().enumerate() {
            let mut lacking = (&realised - &regressed.column(at)).to_vec();
            if let Some(row) = lacking.iter().position(|value| !value.is_finite()) {
                return Err(Error::NotFinite { what: "a calibration residual", row });
            }
            lacking.sort_by(f64::total_cmp);
            model.offsets[at] = corrected_quantile(&lacking, *level)?;
        }
        Ok(model)
    }

    /// Whether quantiles are regressed on the features, and not laid around the point forecast.
    pub fn is_regression(&self) -> bool {
        !self.regressions.is_empty()
    }

    /// What the regressions say of each row, before offsets and scale: rows x levels.
    pub(crate) fn regressed(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f64>> {
        let mut regressed = Array2::zeros((x.nrows(), self.regressions.len()));
        for (mut column, regression) in regressed.columns_mut().into_iter().zip(&self.regressions) {
            column.assign(&regression.predict(x)?);
        }
        Ok(regressed)
    }

    /// The quantiles of rows by regression, sorted within a row.
    pub(crate) fn regressed_quantiles(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f64>> {
        let (mut quantiles, scales) = (self.regressed(x)?, self.scales(x));
        for (mut row, scale) in quantiles.rows_mut().into_iter().zip(&scales) {
            let shifted =
                row.iter().zip(&self.offsets).map(|(value, offset)| scale * (value + f64::from(*offset)));
            let mut shifted: Vec<f64> = shifted.collect();
            shifted.sort_by(f64::total_cmp);
            row.assign(&Array1::from(shifted));
        }
        Ok(quantiles)
    }

    /// What the rounding errors of a row's quantiles are proportional to, beyond those of its point forecast.
    pub(crate) fn magnitude(&self, row: ArrayView1<'_, f32>) -> f64 {
        let offset =
            self.offsets.iter().fold(0.0_f64, |largest, offset| largest.max(f64::from(offset.abs())));
        let regressed =
            self.regressions.iter().map(|regression| regression.magnitude(row)).fold(0.0, f64::max);
        self.scale(row) * (offset + regressed)
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use weekahead_market::Horizon;

    use super::*;

    /// Noise that is four times wider where the first feature is positive; the second is a volatility that knows nothing of it.
    fn rows(count: usize, seed: u64) -> (Array2<f32>, Array1<f64>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let x = Array2::from_shape_fn((count, 2), |(_, column)| match column {
            0 => rng.random_range(-1.0..1.0_f32),
            _ => 0.01,
        });
        let y = Array1::from_shape_fn(count, |row| {
            let width = if x[[row, 0]] > 0.0 { 0.04 } else { 0.01 };
            width * rng.random_range(-1.0..1.0)
        });
        (x, y)
    }

    #[test]
    fn width_follows_the_features_and_coverage_holds() {
        let ((x, y), (cx, cy), (tx, ty)) = (rows(4_000, 1), rows(4_000, 2), rows(20_000, 3));
        let fit = TrainingRows::new(x.view(), y.view()).unwrap();
        let zeros = Array1::zeros(cy.len());
        let calibration = Calibration { x: cx.view(), y: cy.view(), forecast: zeros.view() };
        let boosting = BoostingSpec { trees: 40, learning_rate: 0.1, ..BoostingSpec::default() };
        let scale = ScaleSpec::new(1, Horizon::WEEK);
        let levels = [0.1, 0.5, 0.9];
        let model =
            IntervalModel::calibrate_regression(&fit, &calibration, scale, &levels, boosting, 0).unwrap();
        let quantiles = model.quantiles(Array1::zeros(ty.len()).view(), tx.view()).unwrap();
        let share = |which: &dyn Fn(usize) -> bool| {
            let chosen: Vec<usize> = (0..ty.len()).filter(|row| which(*row)).collect();
            let inside = chosen
                .iter()
                .filter(|row| quantiles[[**row, 0]] <= ty[**row] && ty[**row] <= quantiles[[**row, 2]]);
            inside.count() as f64 / chosen.len() as f64
        };
        assert!((share(&|_| true) - 0.8).abs() < 0.02, "{}", share(&|_| true));
        // One width for all would cover every calm row and six in ten of the others.
        assert!((share(&|row| tx[[row, 0]] > 0.05) - 0.8).abs() < 0.06);
        assert!((share(&|row| tx[[row, 0]] < -0.05) - 0.8).abs() < 0.06);
        assert!(quantiles.rows().into_iter().all(|row| row[0] <= row[1] && row[1] <= row[2]));
    }
}
