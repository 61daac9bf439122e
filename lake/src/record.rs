//! The commit record: one line of JSON that makes a load visible.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use weekahead_market::{Session, Symbol};

use crate::{Error, LoadId, Result};

/// What one load brought: every object, every symbol's outcome. ClickHouse reads it as `JSONEachRow`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommitRecord {
    /// The load's name.
    pub load_id: LoadId,
    /// The provider.
    pub source: String,
    /// When the load began by the ingest's clock, written as `YYYY-MM-DD HH:MM:SS.ffffff` UTC.
    #[serde(with = "crate::instant")]
    pub ingested_at: Timestamp,
    /// Rows in the quotes object.
    pub rows_accepted: u64,
    /// Rows in the quarantine object.
    pub rows_rejected: u64,
    /// Everything written, in order of key.
    pub objects: Vec<LoadObject>,
    /// One entry a symbol that was asked for.
    pub symbols: Vec<SymbolOutcome>,
    /// What validation met.
    pub quality: Quality,
}

/// One object of a load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadObject {
    /// What it holds.
    pub kind: ObjectKind,
    /// Its name in the bucket.
    pub key: String,
    /// The store's digest of it, without quotes.
    pub etag: String,
    /// Its size.
    pub size_bytes: u64,
    /// Its rows (of responses: lines).
    pub rows: u64,
}

/// What an object holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectKind {
    /// What the provider said.
    Responses,
    /// Typed rows.
    Quotes,
    /// Rejected rows.
    Quarantine,
}

/// How asking for one symbol went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SymbolOutcome {
    /// The symbol.
    pub symbol: Symbol,
    /// How it went.
    pub outcome: Outcome,
    /// Why it failed; empty otherwise.
    pub reason: String,
    /// Rows accepted.
    pub rows: u64,
    /// Rows rejected.
    pub rows_rejected: u64,
    /// The first session accepted.
    pub first_session: Option<Session>,
    /// The last session known of: the symbol's cursor. An empty answer may carry the cursor it confirmed.
    pub last_session: Option<Session>,
    /// The first session asked for; `None` asked for everything.
    pub requested_from: Option<Session>,
}

/// How asking for a symbol went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// There were rows.
    Ok,
    /// The provider answered and had nothing new.
    Empty,
    /// There was no usable answer; the cursor stays.
    Failed,
}

/// What validation met in a load.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quality {
    /// Rows with a missing price.
    pub null_rows: u64,
    /// Rows that cannot be true (`weekahead_market::BarFault`).
    pub fault_rows: u64,
    /// Rows whose session came twice in one answer.
    pub duplicate_rows: u64,
}

impl CommitRecord {
    /// The record as it is stored: one line of JSON with a newline.
    pub fn to_line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }

    /// Reads a stored record; `None` when it was torn while it was written, which is no commit.
    ///
    /// # Errors
    /// [`Error::UnknownRecord`] for whole JSON that is no commit record of this version: pretending that the load
    /// does not exist would lose data silently.
    pub fn from_line(key: &str, line: &[u8]) -> Result<Option<Self>> {
        match serde_json::from_slice(line) {
            Ok(record) => Ok(Some(record)),
            Err(_) if serde_json::from_slice::<serde::de::IgnoredAny>(line).is_err() => Ok(None),
            Err(error) => Err(Error::UnknownRecord { key: key.to_owned(), reason: error.to_string() }),
        }
    }

    /// Whether the record agrees with itself: counts with objects, objects with names, symbols once each.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] with the first contradiction.
    pub fn validate(&self) -> Result<()> {
        match self.contradiction() {
            None => Ok(()),
            Some(what) => Err(Error::Inconsistent { load_id: self.load_id.to_string(), what }),
        }
    }

    fn contradiction(&self) -> Option<String> {
        let rows = |kind| -> u64 { self.objects.iter().filter(|o| o.kind == kind).map(|o| o.rows).sum() };
        let (quotes, quarantine) = (rows(ObjectKind::Quotes), rows(ObjectKind::Quarantine));
        if quotes != self.rows_accepted {
            return Some(format!(
                "{} rows accepted over all symbols, {quotes} in the quotes object",
                self.rows_accepted
            ));
        }
        if quarantine != self.rows_rejected {
            let rejected = self.rows_rejected;
            return Some(format!(
                "{rejected} rows rejected over all symbols, {quarantine} in the quarantine object"
            ));
        }
        let foreign = |o: &&LoadObject| crate::keys::load_id(&o.key) != Some(self.load_id);
        if let Some(object) = self.objects.iter().find(foreign) {
            return Some(format!("object `{}` is named after another load", object.key));
        }
        let mut keys = BTreeSet::new();
        if let Some(object) = self.objects.iter().find(|o| !keys.insert(&o.key)) {
            return Some(format!("object `{}` was written twice", object.key));
        }
        let mut symbols = BTreeSet::new();
        let twice = self.symbols.iter().find(|s| !symbols.insert(&s.symbol))?;
        Some(format!("symbol {} has two outcomes", twice.symbol))
    }
}
