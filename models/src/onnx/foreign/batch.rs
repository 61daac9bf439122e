//! What another tool forecasts: rows with its predictions.

use std::str::FromStr;

use ndarray::{Array1, Array2};

use crate::{Error, Result};

/// The column that is no feature.
const PREDICTION: &str = "prediction";

/// Rows and the predictions of the tool that fitted a model, to compare with.
#[derive(Debug, Clone, PartialEq)]
pub struct ParityBatch {
    names: Vec<String>,
    x: Array2<f32>,
    prediction: Array1<f64>,
}

impl ParityBatch {
    /// Reads CSV: a header of the features in the model's order, and `prediction`; then a row a line.
    ///
    /// ```
    /// let batch = weekahead_models::onnx::ParityBatch::from_csv(b"ret_5,vol_20,prediction\n0.01,,0.002\n").unwrap();
    /// assert_eq!(batch.names(), ["ret_5", "vol_20"]);
    /// assert!(batch.x()[[0, 1]].is_nan());
    /// ```
    ///
    /// # Missing values
    /// An empty field or `NaN` is a missing feature. A prediction cannot be missing.
    ///
    /// # Errors
    /// [`Error::Batch`] with the line that cannot be read.
    pub fn from_csv(bytes: &[u8]) -> Result<Self> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
        let unreadable = |e: csv::Error| wrong(format!("it is no CSV ({e})"));
        let header: Vec<String> = reader.headers().map_err(unreadable)?.iter().map(str::to_owned).collect();
        let at = prediction_column(&header)?;
        let (mut x, mut prediction) = (Vec::new(), Vec::new());
        for record in reader.records() {
            let record = record.map_err(unreadable)?;
            let line = record.position().map_or(0, csv::Position::line);
            for (column, field) in record.iter().enumerate() {
                let name = &header[column];
                if column == at {
                    let value: f64 = parsed(field, name, line)?;
                    let finite = value.is_finite().then_some(value);
                    let finite = finite.ok_or_else(|| wrong(format!("line {line} has no finite prediction")));
                    prediction.push(finite?);
                } else {
                    x.push(if field.is_empty() { f32::NAN } else { parsed(field, name, line)? });
                }
            }
        }
        if prediction.is_empty() {
            return Err(wrong("it has no rows".to_owned()));
        }
        let mut names = header;
        names.remove(at);
        let x = Array2::from_shape_vec((prediction.len(), names.len()), x);
        let x = x.map_err(|e| wrong(format!("its lines differ in length ({e})")))?;
        Ok(Self { names, x, prediction: Array1::from_vec(prediction) })
    }

    /// The features, in the order of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The features of each row, rows x features.
    pub fn x(&self) -> &Array2<f32> {
        &self.x
    }

    /// What the tool forecasts for each row.
    pub fn prediction(&self) -> &Array1<f64> {
        &self.prediction
    }
}

fn wrong(reason: String) -> Error {
    Error::Batch { reason }
}

fn prediction_column(header: &[String]) -> Result<usize> {
    if let Some((_, twice)) = header.iter().enumerate().find(|(at, name)| header[..*at].contains(name)) {
        return Err(wrong(format!("it has two columns `{twice}`")));
    }
    let at = header.iter().position(|name| name == PREDICTION);
    at.ok_or_else(|| wrong(format!("it has no column `{PREDICTION}`")))
}

fn parsed<T: FromStr>(field: &str, column: &str, line: u64) -> Result<T> {
    field.parse().map_err(|_| wrong(format!("`{field}` in line {line}, column `{column}`, is no number")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_kept_in_order_and_the_prediction_may_stand_anywhere() {
        let batch = ParityBatch::from_csv(b"b, prediction, a\n1, -0.5, NaN\n,2,3e-2\n").unwrap();
        assert_eq!((batch.names(), batch.x().dim()), (&["b".to_owned(), "a".to_owned()][..], (2, 2)));
        assert_eq!((batch.x()[[0, 0]], batch.x()[[1, 1]]), (1.0, 0.03));
        assert!(batch.x()[[0, 1]].is_nan() && batch.x()[[1, 0]].is_nan());
        assert_eq!(batch.prediction().to_vec(), [-0.5, 2.0]);
    }

    #[test]
    fn a_batch_that_cannot_be_read_says_where() {
        for (text, said) in [
            ("", "no column `prediction`"),
            ("a,b\n1,2\n", "no column `prediction`"),
            ("a,prediction\n", "no rows"),
            ("a,a,prediction\n1,2,3\n", "two columns `a`"),
            ("a,prediction\n1,2\nx,3\n", "`x` in line 3, column `a`"),
            ("a,prediction\n1,\n", "line 2"),
            ("a,prediction\n1,inf\n", "line 2 has no finite prediction"),
            ("a,prediction\n1,2,3\n", "no CSV"),
        ] {
            let error = ParityBatch::from_csv(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(said), "{text:?}: {error}");
        }
    }
}
