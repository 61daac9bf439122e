//! Which rows of a view are there already, and what is in them: builders write only what differs.

use std::collections::BTreeMap;

use clickhouse::native::Block;
use weekahead_market::{AsOf, Session, Symbol};

use super::read::{KNOWN, batch_filter, bind};
use crate::bars::symbol_batches;
use crate::native::{Symbols, column, session};
use crate::sql::identifier;
use crate::{Result, Warehouse};

/// A stored row of a symbol, without its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeatureKey {
    /// The row's session.
    pub session: Session,
    /// Since when the row could be known, in microseconds since 1970-01-01 UTC.
    pub knowledge_time: i64,
    /// The digest of its contents; see [`FeatureColumns::digests`](crate::FeatureColumns::digests).
    pub digest: u64,
}

impl Warehouse {
    /// The rows of a view that are stored and known at `as_of`, by symbol, each in order of session and knowledge time.
    /// Symbols without rows are left out.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before the view was made; connection errors.
    pub async fn feature_keys(
        &self,
        as_of: AsOf,
        view: &str,
        view_version: &str,
        symbols: Option<&[Symbol]>,
    ) -> Result<BTreeMap<Symbol, Vec<FeatureKey>>> {
        let table = identifier("view", view)?;
        self.read(|| async {
            let mut keys = BTreeMap::new();
            let mut seen = Symbols::default();
            for batch in symbol_batches(symbols) {
                let sql = keys_sql(&table, &batch_filter(&batch));
                let query = bind(self.query(&sql), as_of, view_version, batch);
                self.blocks(query, |block| take(&mut keys, block, &mut seen)).await?;
            }
            Ok(keys)
        })
        .await
    }
}

fn take(keys: &mut BTreeMap<Symbol, Vec<FeatureKey>>, block: &Block, symbols: &mut Symbols) -> Result<()> {
    let names: Vec<&str> = column(block, "key_symbol")?;
    let days: Vec<i32> = column(block, "key_day")?;
    let known: Vec<i64> = column(block, "key_known")?;
    let digests: Vec<u64> = column(block, "key_digest")?;
    for (i, name) in names.into_iter().enumerate() {
        let key = FeatureKey { session: session(days[i])?, knowledge_time: known[i], digest: digests[i] };
        keys.entry(symbols.of(name)?).or_default().push(key);
    }
    Ok(())
}

fn keys_sql(table: &str, filter: &str) -> String {
    format!(
        "SELECT symbol AS key_symbol, toInt32(session) AS key_day, \
         toUnixTimestamp64Micro(knowledge_time) AS key_known, row_digest AS key_digest \
         FROM features.{table} FINAL WHERE {KNOWN}{filter} \
         ORDER BY view_version, symbol, session, knowledge_time"
    )
}
