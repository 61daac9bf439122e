//! Rows of a feature view in memory.

use weekahead_market::{Session, Symbol};

/// Rows of a feature view, in order of symbol and session, one row each.
///
/// # Shape
/// `symbols`, `sessions` and `knowledge_times` have one entry a row; `values` is row-major with `names.len()`
/// values a row.
///
/// # Units
/// `knowledge_times` in microseconds since 1970-01-01 UTC; values as the features define them.
///
/// # Missing values
/// NaN: the feature was undefined in that session, or its column is newer than the row.
#[derive(Debug, Clone, Default)]
pub struct FeatureRows {
    /// The features, in the order they were asked for.
    pub names: Vec<String>,
    /// Whose row it is.
    pub symbols: Vec<Symbol>,
    /// Of which session.
    pub sessions: Vec<Session>,
    /// Since when it could be known.
    pub knowledge_times: Vec<i64>,
    /// The values, row by row.
    pub values: Vec<f32>,
}

impl FeatureRows {
    /// No rows yet.
    pub(super) fn of(names: &[String]) -> Self {
        Self { names: names.to_vec(), ..Self::default() }
    }

    /// These and other rows of the same features, in order again.
    pub(super) fn with(self, other: Self) -> Self {
        let rows = [self, other];
        let mut places: Vec<(usize, usize)> = rows
            .iter()
            .enumerate()
            .flat_map(|(of, rows)| (0..rows.len()).map(move |row| (of, row)))
            .collect();
        places.sort_by_key(|(of, row)| (&rows[*of].symbols[*row], rows[*of].sessions[*row]));
        let mut merged = Self::of(&rows[0].names);
        for (of, row) in places {
            let from = &rows[of];
            merged.symbols.push(from.symbols[row].clone());
            merged.sessions.push(from.sessions[row]);
            merged.knowledge_times.push(from.knowledge_times[row]);
            merged.values.extend_from_slice(from.row(row).unwrap_or_default());
        }
        merged
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// The values of a row, one a feature; `None` past the end.
    pub fn row(&self, row: usize) -> Option<&[f32]> {
        let width = self.names.len();
        if row >= self.len() { None } else { self.values.get(row * width..(row + 1) * width) }
    }

    /// The values of a feature, one a row; `None` when it was not read.
    pub fn column(&self, name: &str) -> Option<impl ExactSizeIterator<Item = f32>> {
        let at = self.names.iter().position(|known| known == name)?;
        Some((0..self.len()).map(move |row| self.values[row * self.names.len() + at]))
    }

    /// The row of a symbol in a session, if there is one.
    pub fn position(&self, symbol: &Symbol, session: Session) -> Option<usize> {
        let start = self.symbols.partition_point(|known| known < symbol);
        let end = self.symbols.partition_point(|known| known <= symbol);
        self.sessions[start..end].binary_search(&session).ok().map(|at| start + at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_columns_and_positions_agree() {
        let symbol = |text| Symbol::new(text).unwrap();
        let session = |days| Session::from_days_since_epoch(days).unwrap();
        let rows = FeatureRows {
            names: vec!["a".to_owned(), "b".to_owned()],
            symbols: vec![symbol("AAPL"), symbol("AAPL"), symbol("IBM")],
            sessions: vec![session(1), session(3), session(1)],
            knowledge_times: vec![1, 3, 1],
            values: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        };
        assert_eq!(rows.column("b").unwrap().collect::<Vec<_>>(), [2.0, 4.0, 6.0]);
        assert!(rows.column("c").is_none());
        assert_eq!(rows.row(2), Some(&[5.0, 6.0][..]));
        assert_eq!(rows.row(3), None);
        assert_eq!(rows.position(&symbol("AAPL"), session(3)), Some(1));
        assert_eq!(rows.position(&symbol("IBM"), session(3)), None);
    }
}
