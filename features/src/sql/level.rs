//! One `SELECT` of the query: the columns it adds and the windows they look through.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write;

/// A `SELECT` that adds columns to those of another.
#[derive(Debug, Default)]
pub(super) struct Level {
    columns: Vec<Column>,
    known: HashSet<String>,
    lengths: BTreeSet<usize>,
    history: bool,
    sessions: bool,
}

#[derive(Debug)]
struct Column {
    text: String,
    name: String,
    comment: String,
}

impl Level {
    /// A level above another one, whose columns it has.
    pub(super) fn above(&self) -> Self {
        Self { known: self.known.clone(), ..Self::default() }
    }

    /// Adds a column unless it is there, and gives its name.
    pub(super) fn column(
        &mut self,
        name: String,
        text: impl FnOnce(&mut Self) -> String,
        comment: &str,
    ) -> String {
        if self.known.insert(name.clone()) {
            let text = text(self);
            self.columns.push(Column { text, name: name.clone(), comment: comment.to_owned() });
        }
        name
    }

    /// The last `length` sessions of the chain.
    pub(super) fn last(&mut self, length: usize) -> String {
        self.lengths.insert(length);
        format!("OVER w{length}")
    }

    /// All sessions of the chain up to the present one.
    pub(super) fn history(&mut self) -> &'static str {
        self.history = true;
        "OVER history"
    }

    /// All symbols of the session.
    pub(super) fn session(&mut self) -> &'static str {
        self.sessions = true;
        "OVER all_symbols"
    }

    /// The `SELECT` as a common table expression.
    pub(super) fn render(&self, name: &str, from: &str) -> String {
        let mut sql = format!("{name} AS (\n    SELECT\n        *");
        for Column { text, name, comment } in &self.columns {
            let _ = write!(sql, ",\n        {text} AS {name}");
            if !comment.is_empty() {
                let _ = write!(sql, " /* {comment} */");
            }
        }
        let _ = write!(sql, "\n    FROM {from}");
        let windows = self.windows();
        if !windows.is_empty() {
            let _ = write!(sql, "\n    WINDOW\n        {}", windows.join(",\n        "));
        }
        sql + "\n)"
    }

    fn windows(&self) -> Vec<String> {
        let chain = "PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN";
        let mut windows = Vec::new();
        if self.sessions {
            windows.push("all_symbols AS (PARTITION BY session)".to_owned());
        }
        if self.history {
            windows.push(format!("history AS ({chain} UNBOUNDED PRECEDING AND CURRENT ROW)"));
        }
        let of_length = |n: &usize| format!("w{n} AS ({chain} {} PRECEDING AND CURRENT ROW)", n - 1);
        windows.extend(self.lengths.iter().map(of_length));
        windows
    }
}
