//! The features of one symbol.

use weekahead_market::{Columns, Session};

/// The features of one symbol in columns.
///
/// # Shape
/// One entry a session in `sessions`, `knowledge_times` and every column; one column a feature, in the view's order.
///
/// # Missing values
/// NaN.
#[derive(Debug, Clone, Default)]
pub struct FeatureMatrix {
    /// The sessions, strictly increasing: those of the bars.
    pub sessions: Vec<Session>,
    /// When each row was first known, in microseconds since 1970-01-01 UTC: the latest of the bars that the view
    /// looks back on from there.
    pub knowledge_times: Vec<i64>,
    /// One column a feature. Columns, since the warehouse is written by column and kernels run along them.
    pub columns: Columns,
}

impl FeatureMatrix {
    /// Number of sessions.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there is no session at all.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// The features of the session at `index`, in the view's order; `None` behind the last.
    pub fn row(&self, index: usize) -> Option<Vec<f32>> {
        (index < self.len()).then(|| self.columns.iter().map(|column| column[index]).collect())
    }

    /// The row of a session, if it was traded.
    pub fn position(&self, session: Session) -> Option<usize> {
        self.sessions.binary_search(&session).ok()
    }
}
