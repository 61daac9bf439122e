//! Rows with named columns: either `x`, whose cells are whole rows, or the features, in any order.

use std::collections::HashMap;

use jiter::{Jiter, Peek};

use super::super::numbers::{Fault, MAX_ROWS, number, row, shortened};
use super::TENSOR;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Column {
    /// The feature of this place.
    Feature(usize),
    /// Whole rows; or, of a model that has a feature of that name or one feature only, that feature.
    Tensor(Option<usize>),
    /// Something that the model does not ask for.
    Other,
}

/// Rows as they are read.
#[derive(Debug)]
pub(super) struct Table<'m> {
    features: &'m [String],
    /// The places of the features by name, made when columns come in another order than the model's.
    places: Option<HashMap<&'m str, usize>>,
    values: Vec<f32>,
    /// Which features any row has had.
    seen: Vec<bool>,
    rows: usize,
    /// How many rows came as a tensor.
    tensors: usize,
}

impl<'m> Table<'m> {
    pub(super) fn new(features: &'m [String]) -> Self {
        let (values, seen) = (Vec::with_capacity(features.len()), vec![false; features.len()]);
        Self { features, places: None, values, seen, rows: 0, tensors: 0 }
    }

    /// What a column of this name holds; columns in the model's own order are found at `expected` at once.
    pub(super) fn column(&mut self, name: &str, expected: usize) -> Column {
        if self.features.get(expected).is_some_and(|feature| feature == name) && name != TENSOR {
            return Column::Feature(expected);
        }
        let features = self.features;
        let places =
            self.places.get_or_insert_with(|| features.iter().map(String::as_str).zip(0..).collect());
        match (name, places.get(name)) {
            (TENSOR, place) => Column::Tensor(place.copied().or((features.len() == 1).then_some(0))),
            (_, Some(place)) => Column::Feature(*place),
            (_, None) => Column::Other,
        }
    }

    /// Begins a row whose values are missing as yet.
    pub(super) fn begin(&mut self) -> Result<(), Fault> {
        if self.rows == MAX_ROWS {
            return Err(Fault::TooManyRows);
        }
        self.rows += 1;
        self.values.resize(self.rows * self.features.len(), f32::NAN);
        Ok(())
    }

    /// Reads a value of the row that was begun.
    pub(super) fn cell(&mut self, jiter: &mut Jiter<'_>, column: Column) -> Result<(), Fault> {
        let peek = jiter.peek()?;
        match column {
            Column::Tensor(_) if peek == Peek::Array => self.whole_row(jiter),
            Column::Feature(place) | Column::Tensor(Some(place)) => {
                let value = number(jiter, peek)?;
                self.set(place, value);
                Ok(())
            }
            Column::Tensor(None) => Err(Fault::unfit(format!(
                "the column `{TENSOR}` holds lists of {} numbers, a row each",
                self.features.len()
            ))),
            Column::Other => Ok(jiter.known_skip(peek)?),
        }
    }

    /// Sets a value of the row that was begun.
    pub(super) fn set(&mut self, place: usize, value: f32) {
        let start = (self.rows - 1) * self.features.len();
        self.values[start + place] = value;
        self.seen[place] = true;
    }

    fn whole_row(&mut self, jiter: &mut Jiter<'_>) -> Result<(), Fault> {
        let width = self.features.len();
        self.values.truncate((self.rows - 1) * width);
        row(jiter, width, &mut self.values)?;
        self.tensors += 1;
        Ok(())
    }

    /// Reads a row that is an object.
    pub(super) fn record(&mut self, jiter: &mut Jiter<'_>) -> Result<(), Fault> {
        self.begin()?;
        let (tensors, mut expected) = (self.tensors, 0);
        let mut column = jiter.known_object()?.map(|name| self.column(name, 0));
        while let Some(known) = column {
            // A whole row has been read: its features are not to be changed any more.
            let spoken_for = self.tensors > tensors && !matches!(known, Column::Tensor(_));
            self.cell(jiter, if spoken_for { Column::Other } else { known })?;
            if let Column::Feature(place) = known {
                expected = place + 1;
            }
            column = jiter.next_key()?.map(|name| self.column(name, expected));
        }
        Ok(())
    }

    /// The values of all rows.
    ///
    /// # Errors
    /// [`Fault::Unfit`] where there is no row, or a column is missing from all of them.
    pub(super) fn finish(self) -> Result<Vec<f32>, Fault> {
        if self.rows == 0 {
            return Err(Fault::unfit("the table has no rows: send at least one"));
        }
        if self.tensors == self.rows {
            return Ok(self.values);
        }
        if self.tensors > 0 {
            return Err(Fault::unfit(format!("the column `{TENSOR}` is missing in some rows")));
        }
        missing(self.features, &self.seen).map_or(Ok(self.values), Err)
    }

    /// Sees to it that columns have every feature, before any row is read.
    pub(super) fn covered(&self, columns: &[Column]) -> Result<(), Fault> {
        let mut seen = vec![false; self.features.len()];
        for column in columns {
            if let Column::Feature(place) = column {
                seen[*place] = true;
            }
        }
        missing(self.features, &seen).map_or(Ok(()), Err)
    }
}

/// The complaint about the columns that are not there.
fn missing(features: &[String], seen: &[bool]) -> Option<Fault> {
    const NAMED: usize = 5;
    let missing: Vec<&str> =
        features.iter().zip(seen).filter(|(_, seen)| !**seen).map(|(name, _)| name.as_str()).collect();
    if missing.is_empty() {
        return None;
    }
    let named: Vec<String> =
        missing.iter().take(NAMED).map(|name| format!("`{}`", shortened(name))).collect();
    let more = if missing.len() > NAMED { " and others" } else { "" };
    Some(Fault::unfit(format!(
        "{} of {} columns are missing: {}{more}; send them, or a column `{TENSOR}` of whole rows",
        missing.len(),
        features.len(),
        named.join(", ")
    )))
}
