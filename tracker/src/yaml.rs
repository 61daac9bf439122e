//! JSON values as the block YAML that Python's loader reads back to the same values.

use serde_json::Value;

/// Writes a value as YAML, keys in order.
pub(crate) fn to_yaml(value: &Value) -> String {
    let mut out = String::new();
    block(&mut out, value, 0);
    out
}

fn block(out: &mut String, value: &Value, indent: usize) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                out.push_str(&format!("{pad}{}:", text(key)));
                entry(out, value, indent);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                out.push_str(&format!("{pad}- {}\n", flow(item)));
            }
        }
        scalar => out.push_str(&format!("{pad}{}\n", flow(scalar))),
    }
}

/// What follows a key: a scalar on its line, a map indented below it, a list below it.
fn entry(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            block(out, value, indent + 2);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            block(out, value, indent);
        }
        scalar => out.push_str(&format!(" {}\n", flow(scalar))),
    }
}

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::String(value) => text(value),
        Value::Number(value) => number(&value.to_string()),
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entries: Vec<_> =
                map.iter().map(|(key, value)| format!("{}: {}", text(key), flow(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// YAML 1.1 takes `1e-7` for a text: a float with an exponent needs a point and a sign.
fn number(json: &str) -> String {
    let Some((mantissa, exponent)) = json.split_once('e') else { return json.to_owned() };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

/// A text: plain when it cannot be taken for anything else, else quoted.
fn text(value: &str) -> String {
    if is_plain(value) {
        return value.to_owned();
    }
    if value.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')) {
        return escaped(value);
    }
    format!("'{}'", value.replace('\'', "''"))
}

fn is_plain(value: &str) -> bool {
    const RESERVED: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let starts_well = value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let goes_on_well = value.chars().all(|c| c.is_ascii_alphanumeric() || "_./-".contains(c));
    starts_well && goes_on_well && !RESERVED.contains(&value.to_ascii_lowercase().as_str())
}

fn escaped(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() || (c as u32) >= 0x2028 => out.push_str(&format!("\\U{:08x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_value_has_its_form() {
        let value = json!({
            "a": {"b": "model.onnx", "c": null, "empty": {}},
            "f": [0.05, 1e-7, 1e20, 5],
            "t": ["it's", "yes", "2013-01-25", "", "two\nlines"],
            "o": [{"k": [1, 2]}],
        });
        insta::assert_snapshot!(to_yaml(&value), @r#"
        a:
          b: model.onnx
          c: null
          empty: {}
        f:
        - 0.05
        - 1.0e-7
        - 1.0e+20
        - 5
        o:
        - {k: [1, 2]}
        t:
        - 'it''s'
        - 'yes'
        - '2013-01-25'
        - ''
        - "two\U0000000alines"
        "#);
    }
}
