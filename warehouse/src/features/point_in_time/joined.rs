//! What a point-in-time join gives back.

use weekahead_market::Session;

/// The features of each entity row, in the caller's order.
///
/// # Shape
/// `sessions`, `knowledge_times` and each of `columns` have one entry an entity row; `columns` has one column a name.
///
/// # Units
/// `knowledge_times` in microseconds since 1970-01-01 UTC; values as the features define them.
///
/// # Missing values
/// A row without a session met nothing: its symbol is unknown, or nothing of it was known yet. Its values are NaN. In
/// a row with a session NaN says that the feature was undefined in that session.
#[derive(Debug, Clone, Default)]
pub struct Joined {
    /// The features, in the order they were asked for.
    pub names: Vec<String>,
    /// Of which session the row's values are.
    pub sessions: Vec<Option<Session>>,
    /// Since when they could be known.
    pub knowledge_times: Vec<Option<i64>>,
    /// The values, feature by feature.
    pub columns: Vec<Vec<f32>>,
}

impl Joined {
    /// Rows that met nothing yet.
    pub(super) fn of(names: &[String], rows: usize) -> Self {
        Self {
            names: names.to_vec(),
            sessions: vec![None; rows],
            knowledge_times: vec![None; rows],
            columns: vec![vec![f32::NAN; rows]; names.len()],
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Number of rows that met nothing.
    pub fn unmatched(&self) -> usize {
        self.sessions.iter().filter(|session| session.is_none()).count()
    }

    /// The values of a feature, one a row; `None` when it was not asked for.
    pub fn column(&self, name: &str) -> Option<&[f32]> {
        let at = self.names.iter().position(|known| known == name)?;
        self.columns.get(at).map(Vec::as_slice)
    }
}
