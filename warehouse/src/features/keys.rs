//! Which rows of a view are there already: builders write only what is new.

use std::collections::BTreeMap;

use clickhouse::native::Block;
use weekahead_market::{AsOf, Session, Symbol};

use super::read::{KNOWN, batch_filter, bind};
use crate::bars::symbol_batches;
use crate::native::{Symbols, column, session};
use crate::sql::identifier;
use crate::{Result, Warehouse};

/// A stored row of a symbol, without its values.
///
/// # Units
/// Instants in microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeatureKey {
    /// The row's session.
    pub session: Session,
    /// Since when the row could be known.
    pub knowledge_time: i64,
    /// When it was written last.
    pub ingested_at: i64,
}

/// The stored rows of a view, by symbol, each in order of session and knowledge time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeatureKeys {
    by_symbol: BTreeMap<Symbol, Vec<FeatureKey>>,
}

impl FeatureKeys {
    /// Whether this very row is there.
    pub fn contains(&self, symbol: &Symbol, session: Session, knowledge_time: i64) -> bool {
        let wanted = (session, knowledge_time);
        self.of(symbol).binary_search_by_key(&wanted, |key| (key.session, key.knowledge_time)).is_ok()
    }

    /// The rows of a symbol.
    pub fn of(&self, symbol: &Symbol) -> &[FeatureKey] {
        self.by_symbol.get(symbol).map_or(&[], Vec::as_slice)
    }

    /// Symbols and their rows, in order of symbol.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Symbol, &[FeatureKey])> {
        self.by_symbol.iter().map(|(symbol, keys)| (symbol, keys.as_slice()))
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.by_symbol.values().map(Vec::len).sum()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.by_symbol.is_empty()
    }

    fn take(&mut self, block: &Block, symbols: &mut Symbols) -> Result<()> {
        let names: Vec<&str> = column(block, "key_symbol")?;
        let days: Vec<i32> = column(block, "key_day")?;
        let known: Vec<i64> = column(block, "key_known")?;
        let written: Vec<i64> = column(block, "key_written")?;
        for (i, name) in names.into_iter().enumerate() {
            let key =
                FeatureKey { session: session(days[i])?, knowledge_time: known[i], ingested_at: written[i] };
            self.by_symbol.entry(symbols.of(name)?).or_default().push(key);
        }
        Ok(())
    }
}

impl Warehouse {
    /// The rows of a view that are stored and known at `as_of`.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before the view was made; connection errors.
    pub async fn feature_keys(
        &self,
        as_of: AsOf,
        view: &str,
        view_version: &str,
        symbols: Option<&[Symbol]>,
    ) -> Result<FeatureKeys> {
        let table = identifier("view", view)?;
        self.read(|| async {
            let mut keys = FeatureKeys::default();
            let mut seen = Symbols::default();
            for batch in symbol_batches(symbols) {
                let sql = keys_sql(&table, &batch_filter(&batch));
                let query = bind(self.query(&sql), as_of, view_version, batch);
                self.blocks(query, |block| keys.take(block, &mut seen)).await?;
            }
            Ok(keys)
        })
        .await
    }
}

fn keys_sql(table: &str, filter: &str) -> String {
    format!(
        "SELECT symbol AS key_symbol, toInt32(session) AS key_day, \
         toUnixTimestamp64Micro(knowledge_time) AS key_known, \
         toUnixTimestamp64Micro(max(ingested_at)) AS key_written \
         FROM features.{table} WHERE {KNOWN}{filter} \
         GROUP BY symbol, session, knowledge_time ORDER BY symbol, session, knowledge_time"
    )
}
