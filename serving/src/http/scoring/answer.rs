//! The outputs of a model as MLflow writes them.

use weekahead_models::Outputs;

/// `{"predictions": {..}}` with every output of the artifact, each a list of rows.
///
/// Float32 is written with the digits of the float64 of the same value, as Python does; what is not finite in Python's words.
pub(super) fn predictions(outputs: &Outputs, offsets: Option<&[f32]>) -> Vec<u8> {
    let (rows, levels) = outputs.quantiles.dim();
    let mut json = Json(Vec::with_capacity(64 + rows * (2 + 2 * levels) * 24));
    json.text("{\"predictions\": {\"y\": ");
    json.column(outputs.y.iter());
    json.text(", \"quantiles\": ");
    json.list(outputs.quantiles.rows(), |json, row| json.list(row, |json, value| json.number(*value)));
    if let Some(offsets) = offsets {
        json.text(", \"offsets\": ");
        json.list(0..rows, |json, _| json.list(offsets, |json, value| json.number(f64::from(*value))));
    }
    if let Some(scale) = &outputs.scale {
        json.text(", \"scale\": ");
        json.column(scale.iter());
    }
    json.text("}}");
    json.0
}

/// JSON as it grows.
struct Json(Vec<u8>);

impl Json {
    fn text(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, value: f64) {
        match value {
            value if value.is_finite() => self.text(zmij::Buffer::new().format_finite(value)),
            value if value.is_nan() => self.text("NaN"),
            value if value > 0.0 => self.text("Infinity"),
            _ => self.text("-Infinity"),
        }
    }

    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        self.text("[");
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.text(", ");
            }
            write(self, item);
        }
        self.text("]");
    }

    /// A row with one value each.
    fn column<'v>(&mut self, values: impl Iterator<Item = &'v f64>) {
        self.list(values, |json, value| {
            json.text("[");
            json.number(*value);
            json.text("]");
        });
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_answer_is_mlflows_to_the_letter() {
        let outputs = Outputs {
            y: array![f64::from(0.1_f32), 0.0],
            quantiles: array![[-1.0, f64::from(1e16_f32)], [f64::NAN, f64::NEG_INFINITY]],
            scale: Some(array![0.5, f64::INFINITY]),
        };
        let json = String::from_utf8(predictions(&outputs, Some(&[-0.5, 0.5]))).unwrap();
        let expected = "{\"predictions\": {\"y\": [[0.10000000149011612], [0.0]], \
                        \"quantiles\": [[-1.0, 1.0000000272564224e+16], [NaN, -Infinity]], \
                        \"offsets\": [[-0.5, 0.5], [-0.5, 0.5]], \"scale\": [[0.5], [Infinity]]}}";
        assert_eq!(json, expected);
    }
}
