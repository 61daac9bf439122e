//! Bars in columns: what feature kernels read.

use std::collections::BTreeMap;

use crate::{Bar, CorporateAction, Error, Result, Session, Symbol};

/// The bars of one symbol in columns, strictly increasing by session.
///
/// # Shape
/// Every column has one entry a session.
///
/// # Units
/// As in [`Bar`] and [`CorporateAction`]: raw prices in the instrument's currency, volume in shares.
///
/// # Missing values
/// A session in which the symbol was not traded has no row; there are no NaNs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BarSeries {
    sessions: Vec<Session>,
    bars: Vec<Bar>,
    actions: Vec<CorporateAction>,
    /// Per row, microseconds since 1970-01-01 UTC at which the row was first known.
    knowledge_times: Vec<i64>,
}

impl BarSeries {
    /// An empty series.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a session. `knowledge_time` is in microseconds since 1970-01-01 UTC.
    ///
    /// # Errors
    /// [`Error::Unsorted`] unless `session` is later than the last one; [`Error::FaultyBar`] for a bar that cannot be true.
    /// Nothing is appended then: kernels see no such bar.
    pub fn push(
        &mut self,
        symbol: &Symbol,
        session: Session,
        bar: Bar,
        action: CorporateAction,
        knowledge_time: i64,
    ) -> Result<()> {
        if let Some(previous) = self.sessions.last().filter(|last| **last >= session) {
            return Err(Error::Unsorted {
                symbol: symbol.to_string(),
                session: session.to_string(),
                previous: previous.to_string(),
            });
        }
        if let Some(fault) = bar.fault() {
            let (symbol, session) = (symbol.to_string(), session.to_string());
            return Err(Error::FaultyBar { symbol, session, fault: fault.to_string() });
        }
        self.sessions.push(session);
        self.bars.push(bar);
        self.actions.push(action);
        self.knowledge_times.push(knowledge_time);
        Ok(())
    }

    /// Number of sessions.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there is no session at all.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// The sessions, strictly increasing.
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// The raw bars, one a session.
    pub fn bars(&self) -> &[Bar] {
        &self.bars
    }

    /// The corporate actions, one a session.
    pub fn actions(&self) -> &[CorporateAction] {
        &self.actions
    }

    /// When each row was first known, in microseconds since 1970-01-01 UTC.
    pub fn knowledge_times(&self) -> &[i64] {
        &self.knowledge_times
    }

    /// The first `len` sessions alone.
    pub fn truncate(&mut self, len: usize) {
        self.sessions.truncate(len);
        self.bars.truncate(len);
        self.actions.truncate(len);
        self.knowledge_times.truncate(len);
    }

    /// The row of a session, if it was traded.
    pub fn position(&self, session: Session) -> Option<usize> {
        self.sessions.binary_search(&session).ok()
    }
}

/// The bars of many symbols, in order of symbol.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Panel {
    series: BTreeMap<Symbol, BarSeries>,
}

impl Panel {
    /// An empty panel.
    pub fn new() -> Self {
        Self::default()
    }

    /// The series of a symbol, made empty when it is new.
    pub fn entry(&mut self, symbol: &Symbol) -> &mut BarSeries {
        self.series.entry(symbol.clone()).or_default()
    }

    /// The series of a symbol.
    pub fn get(&self, symbol: &Symbol) -> Option<&BarSeries> {
        self.series.get(symbol)
    }

    /// Symbols and their series, in order of symbol.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Symbol, &BarSeries)> {
        self.series.iter()
    }

    /// The symbols, in order.
    pub fn symbols(&self) -> impl ExactSizeIterator<Item = &Symbol> {
        self.series.keys()
    }

    /// Number of symbols.
    pub fn len(&self) -> usize {
        self.series.len()
    }

    /// Whether there is no symbol at all.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// Number of rows over all symbols.
    pub fn rows(&self) -> usize {
        self.series.values().map(BarSeries::len).sum()
    }
}

impl FromIterator<(Symbol, BarSeries)> for Panel {
    fn from_iter<I: IntoIterator<Item = (Symbol, BarSeries)>>(series: I) -> Self {
        Self { series: series.into_iter().collect() }
    }
}
