//! What an ingest is asked for, and what it says it did.

use weekahead_lake::{CommitRecord, LoadId, Outcome, SymbolOutcome};
use weekahead_market::{Session, Symbol};

/// What to bring into the lake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestRequest {
    /// The symbols; order and repetition do not matter.
    pub symbols: Vec<Symbol>,
    /// The first session of interest. Moving it back fetches the older history.
    pub since: Session,
    /// How many sessions before its cursor a symbol is read again, so that restatements are seen.
    pub lag_window_sessions: u16,
}

impl IngestRequest {
    /// Sessions that are read again by default: two weeks.
    pub const LAG_WINDOW_SESSIONS: u16 = 10;

    /// A request with the default lag window.
    pub fn new(symbols: Vec<Symbol>, since: Session) -> Self {
        Self { symbols, since, lag_window_sessions: Self::LAG_WINDOW_SESSIONS }
    }
}

/// One symbol is done; told in order of symbol.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// Symbols done, this one included.
    pub done: usize,
    /// Symbols asked for.
    pub total: usize,
    /// How it went.
    pub outcome: &'a SymbolOutcome,
}

/// What an ingest did.
#[derive(Debug, Clone, PartialEq)]
pub struct IngestReport {
    /// The committed load; `None` when every symbol was up to date and nothing was written.
    pub record: Option<CommitRecord>,
    /// Symbols that were up to date and not asked for.
    pub up_to_date: Vec<Symbol>,
}

impl IngestReport {
    /// The committed load's name.
    pub fn load_id(&self) -> Option<LoadId> {
        self.record.as_ref().map(|record| record.load_id)
    }

    /// How each symbol that was asked for went.
    pub fn outcomes(&self) -> &[SymbolOutcome] {
        self.record.as_ref().map_or(&[], |record| &record.symbols)
    }

    /// The symbols without a usable answer; the next run asks for them again.
    pub fn failed(&self) -> impl Iterator<Item = &SymbolOutcome> {
        self.outcomes().iter().filter(|outcome| outcome.outcome == Outcome::Failed)
    }

    /// Whether there is not one symbol that did not fail.
    pub fn has_failed(&self) -> bool {
        let all = self.outcomes();
        !all.is_empty() && self.failed().count() == all.len() && self.up_to_date.is_empty()
    }

    /// Whether some symbol failed.
    pub fn is_partial(&self) -> bool {
        self.failed().next().is_some()
    }
}
