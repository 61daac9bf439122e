//! The answer: JSON, and after it the outputs that are wanted as bytes.

use weekahead_models::Outputs;

use super::super::numbers::{Fault, shortened};
use super::outputs::Output;
use super::request::Request;
use crate::LoadedModel;

/// An answer as it is sent.
#[derive(Debug)]
pub(super) struct Answer {
    /// JSON with the raw bytes of outputs after it.
    pub(super) body: Vec<u8>,
    /// How long the JSON is, where bytes follow it.
    pub(super) json_bytes: Option<usize>,
}

/// Which outputs are wanted, each as bytes or not.
///
/// # Errors
/// [`Fault::Unfit`] for a name that the model does not have.
pub(super) fn wanted(request: &Request, model: &LoadedModel) -> Result<Vec<(Output, bool)>, Fault> {
    if request.outputs.is_empty() {
        return Ok(Output::of(model).map(|output| (output, request.binary)).collect());
    }
    let named = |name: &str| {
        let known = Output::of(model).find(|output| output.name() == name);
        known.ok_or_else(|| {
            let names: Vec<_> = Output::of(model).map(Output::name).collect();
            let (name, names) = (shortened(name), names.join(", "));
            Fault::unfit(format!("the model has no output `{name}`: it has {names}"))
        })
    };
    let binary = |own: &Option<bool>| own.unwrap_or(request.binary);
    request.outputs.iter().map(|(name, own)| Ok((named(name)?, binary(own)))).collect()
}

/// Writes the outputs that are wanted.
pub(super) fn answer(
    id: Option<&str>,
    wanted: &[(Output, bool)],
    model: &LoadedModel,
    outputs: &Outputs,
) -> Answer {
    let rows = outputs.y.len();
    let (mut json, mut raw) = (String::with_capacity(256 + 24 * rows * wanted.len()), Vec::new());
    json.push_str(&format!(
        "{{\"model_name\":{},\"model_version\":\"{}\"",
        quoted(&model.model),
        model.version
    ));
    if let Some(id) = id {
        json.push_str(&format!(",\"id\":{}", quoted(id)));
    }
    json.push_str(",\"outputs\":[");
    for (at, (output, binary)) in wanted.iter().enumerate() {
        let (name, columns) = (output.name(), output.columns(model));
        let comma = if at > 0 { "," } else { "" };
        json.push_str(&format!(
            "{comma}{{\"name\":\"{name}\",\"datatype\":\"FP32\",\"shape\":[{rows},{columns}]"
        ));
        let values = output.values(model, outputs);
        if *binary {
            json.push_str(&format!(",\"parameters\":{{\"binary_data_size\":{}}}}}", 4 * values.len()));
            raw.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        } else {
            write_values(&mut json, &values);
        }
    }
    json.push_str("]}");
    let mut body = json.into_bytes();
    let json_bytes = wanted.iter().any(|(_, binary)| *binary).then_some(body.len());
    body.append(&mut raw);
    Answer { body, json_bytes }
}

/// Values as the shortest digits that are read back as the same float32; JSON has none for those that are not finite.
fn write_values(json: &mut String, values: &[f32]) {
    json.push_str(",\"data\":[");
    let mut digits = zmij::Buffer::new();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        json.push_str(if value.is_finite() { digits.format_finite(*value) } else { "null" });
    }
    json.push_str("]}");
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
