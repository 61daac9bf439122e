//! Quotes in columns, as they go into a file and come out of it.

use std::sync::Arc;

use jiff::Timestamp;
use weekahead_market::{Bar, CorporateAction, Session, Symbol};

use crate::LoadId;

/// What every row of a load's file says about the load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadStamp {
    /// The provider.
    pub source: String,
    /// When the load began by the ingest's clock.
    pub ingested_at: Timestamp,
    /// The load.
    pub load_id: LoadId,
}

/// One session of one symbol, as a provider said it.
#[derive(Debug, Clone, PartialEq)]
pub struct QuoteRow {
    /// The symbol.
    pub symbol: Symbol,
    /// The session.
    pub session: Session,
    /// Raw prices and volume.
    pub bar: Bar,
    /// What happened to the share before the session's open.
    pub action: CorporateAction,
    /// ISO 4217 code of the prices' currency.
    pub currency: Arc<str>,
    /// The session's close, in microseconds since 1970-01-01 UTC.
    pub event_time: i64,
    /// The close plus the source's documented lag, in microseconds since 1970-01-01 UTC.
    pub available_at: i64,
}

/// Quotes in columns.
///
/// # Shape
/// Every column has one entry a row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QuoteRows {
    pub(super) symbols: Vec<Symbol>,
    pub(super) sessions: Vec<Session>,
    pub(super) bars: Vec<Bar>,
    pub(super) actions: Vec<CorporateAction>,
    pub(super) currencies: Vec<Arc<str>>,
    pub(super) event_times: Vec<i64>,
    pub(super) available_ats: Vec<i64>,
}

impl QuoteRows {
    /// Room for `rows` rows.
    pub fn with_capacity(rows: usize) -> Self {
        Self {
            symbols: Vec::with_capacity(rows),
            sessions: Vec::with_capacity(rows),
            bars: Vec::with_capacity(rows),
            actions: Vec::with_capacity(rows),
            currencies: Vec::with_capacity(rows),
            event_times: Vec::with_capacity(rows),
            available_ats: Vec::with_capacity(rows),
        }
    }

    /// Appends a row.
    pub fn push(&mut self, row: QuoteRow) {
        self.symbols.push(row.symbol);
        self.sessions.push(row.session);
        self.bars.push(row.bar);
        self.actions.push(row.action);
        self.currencies.push(row.currency);
        self.event_times.push(row.event_time);
        self.available_ats.push(row.available_at);
    }

    /// A row; `None` past the end.
    pub fn get(&self, index: usize) -> Option<QuoteRow> {
        Some(QuoteRow {
            symbol: self.symbols.get(index)?.clone(),
            session: self.sessions[index],
            bar: self.bars[index],
            action: self.actions[index],
            currency: self.currencies[index].clone(),
            event_time: self.event_times[index],
            available_at: self.available_ats[index],
        })
    }

    /// The rows in order.
    pub fn iter(&self) -> impl Iterator<Item = QuoteRow> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.symbols.len()
    }

    /// Whether there is no row at all.
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    /// Appends another's rows.
    pub fn append(&mut self, mut other: Self) {
        self.symbols.append(&mut other.symbols);
        self.sessions.append(&mut other.sessions);
        self.bars.append(&mut other.bars);
        self.actions.append(&mut other.actions);
        self.currencies.append(&mut other.currencies);
        self.event_times.append(&mut other.event_times);
        self.available_ats.append(&mut other.available_ats);
    }

    pub(super) fn clear(&mut self) {
        self.symbols.clear();
        self.sessions.clear();
        self.bars.clear();
        self.actions.clear();
        self.currencies.clear();
        self.event_times.clear();
        self.available_ats.clear();
    }
}
