//! A JSON array of numbers and nulls, read in one pass.

use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

/// Numbers of an answer; NaN stands for null, which no JSON number can be. Half the size of `Option<f64>`.
#[derive(Debug, Default)]
pub(super) struct Column(pub Vec<f64>);

/// Ten years of sessions: the usual length, so that the column is allocated once.
const USUAL_ROWS: usize = 2_560;

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Numbers)
    }
}

struct Numbers;

impl<'de> Visitor<'de> for Numbers {
    type Value = Column;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of numbers and nulls")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Column, A::Error> {
        let mut values = Vec::with_capacity(USUAL_ROWS);
        while let Some(value) = array.next_element::<Option<f64>>()? {
            values.push(value.unwrap_or(f64::NAN));
        }
        Ok(Column(values))
    }
}
