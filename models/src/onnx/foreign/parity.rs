//! Does an imported model forecast what the tool that fitted it does?

use ndarray::Axis;
use serde::Serialize;

use super::batch::ParityBatch;
use super::model::ForeignModel;
use super::read::refused;
use crate::Result;

/// The allowed difference, relative to the prediction.
const RELATIVE: f64 = 1e-4;

/// The allowed difference of any prediction.
const ABSOLUTE: f64 = 1e-6;

/// How far forecasts are from the predictions of the tool that fitted the model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BatchParity {
    /// Rows compared.
    pub rows: usize,
    /// Rows that differ by more than is allowed.
    pub rows_apart: usize,
    /// The row that differs most, from 0.
    pub worst_row: usize,
    /// The difference in that row.
    pub max_abs_diff: f64,
    /// The forecast of that row.
    pub forecast: f64,
    /// The prediction of the tool that fitted the model for that row.
    pub prediction: f64,
    /// Whether no row differs by more than is allowed.
    pub ok: bool,
}

impl ForeignModel {
    /// Compares forecasts with the predictions of the tool that fitted the model: `abs(y - p) <= 1e-6 + 1e-4 abs(p)` in every
    /// row. `names` are the columns that the model takes, in its order: those of the view after [`for_view`](Self::for_view).
    ///
    /// # Errors
    /// [`Error::Foreign`](crate::Error::Foreign) when the batch has other columns, and those of [`predict`](Self::predict);
    /// different values are no error but `ok: false`.
    pub fn check_parity(&self, names: &[String], batch: &ParityBatch) -> Result<BatchParity> {
        let column = |name: &String| {
            let at = batch.names().iter().position(|other| other == name);
            at.ok_or_else(|| refused(format!("its batch of predictions has no column `{name}`")))
        };
        let columns: Vec<usize> = names.iter().map(column).collect::<Result<_>>()?;
        if let Some(extra) = batch.names().iter().find(|name| !names.contains(name)) {
            return Err(refused(format!("its batch of predictions has a column `{extra}` too many")));
        }
        let y = self.predict(batch.x().select(Axis(1), &columns).view())?;
        let mut report = BatchParity {
            rows: y.len(),
            rows_apart: 0,
            worst_row: 0,
            max_abs_diff: 0.0,
            forecast: y[0],
            prediction: batch.prediction()[0],
            ok: true,
        };
        for (row, (y, predicted)) in y.iter().zip(batch.prediction()).enumerate() {
            let difference = (y - predicted).abs();
            if difference > report.max_abs_diff {
                (report.worst_row, report.max_abs_diff) = (row, difference);
                (report.forecast, report.prediction) = (*y, *predicted);
            }
            report.rows_apart += usize::from(difference > ABSOLUTE + RELATIVE * predicted.abs());
        }
        report.ok = report.rows_apart == 0;
        Ok(report)
    }
}
