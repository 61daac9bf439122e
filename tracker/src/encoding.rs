//! How MLflow's JSON spells numbers that JSON cannot, numbers that are texts, and maps that are lists.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An answer whose fields do not matter.
#[derive(Debug, Deserialize)]
pub(crate) struct Ignored {}

/// A number as JSON has it, or as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText<N> {
    Number(N),
    Text(String),
}

/// Floats: `"NaN"`, `"Infinity"` and `"-Infinity"` travel as texts.
pub(crate) mod float {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        match *value {
            v if v.is_nan() => serializer.serialize_str("NaN"),
            f64::INFINITY => serializer.serialize_str("Infinity"),
            f64::NEG_INFINITY => serializer.serialize_str("-Infinity"),
            v => serializer.serialize_f64(v),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        match NumberOrText::<f64>::deserialize(deserializer)? {
            NumberOrText::Number(number) => Ok(number),
            // Rust reads "NaN", "Infinity" and "-Infinity" as MLflow writes them.
            NumberOrText::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

/// Model versions: MLflow writes them as texts, we count with them.
pub(crate) mod version {
    use super::*;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        match NumberOrText::<u32>::deserialize(deserializer)? {
            NumberOrText::Number(number) => Ok(number),
            NumberOrText::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

/// Maps: MLflow writes them as `[{"key": ..., "value": ...}]`.
pub(crate) mod pairs {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Pair<T> {
        key: T,
        value: T,
    }

    pub(crate) fn serialize<S: Serializer>(
        map: &BTreeMap<String, String>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map.iter().map(|(key, value)| Pair { key, value }))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, String>, D::Error> {
        let pairs = Vec::<Pair<String>>::deserialize(deserializer)?;
        Ok(pairs.into_iter().map(|pair| (pair.key, pair.value)).collect())
    }
}
