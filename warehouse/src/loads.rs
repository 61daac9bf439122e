//! Lineage: the loads that the bars of an instant came with.

use std::collections::BTreeMap;

use clickhouse::Row;
use serde::Deserialize;
use weekahead_market::{AsOf, Symbol};

use crate::bars::{AT, symbol_batches};
use crate::{Result, Warehouse};

#[derive(Row, Deserialize)]
struct SymbolLoad {
    symbol: String,
    load_id: String,
}

impl Warehouse {
    /// The loads that brought the newest bars known at `as_of`, in order of time (their ids are time-ordered).
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before dbt ran; connection errors.
    pub async fn load_ids(&self, as_of: AsOf, symbols: Option<&[Symbol]>) -> Result<Vec<String>> {
        let mut loads: Vec<String> =
            self.load_ids_by_symbol(as_of, symbols).await?.into_values().flatten().collect();
        loads.sort_unstable();
        loads.dedup();
        Ok(loads)
    }

    /// As [`load_ids`](Self::load_ids), apart for each symbol.
    ///
    /// # Errors
    /// As [`load_ids`](Self::load_ids).
    pub async fn load_ids_by_symbol(
        &self,
        as_of: AsOf,
        symbols: Option<&[Symbol]>,
    ) -> Result<BTreeMap<Symbol, Vec<String>>> {
        let mut loads: BTreeMap<Symbol, Vec<String>> = BTreeMap::new();
        for batch in symbol_batches(symbols) {
            for row in self.symbol_loads(as_of, batch).await? {
                loads.entry(Symbol::new(&row.symbol)?).or_default().push(row.load_id);
            }
        }
        Ok(loads)
    }

    async fn symbol_loads(&self, as_of: AsOf, symbols: Option<Vec<String>>) -> Result<Vec<SymbolLoad>> {
        let filter = if symbols.is_some() { " AND symbol IN {symbols:Array(String)}" } else { "" };
        let known = format!("knowledge_time <= {AT} AND event_time <= {AT}{filter}");
        // Few bars are restated: those that are not need no comparison of versions.
        let restated = format!(
            "(symbol, session) {} (SELECT symbol, session FROM marts.bars WHERE {known} AND version > 1)",
            self.topology.in_subquery()
        );
        let sql = format!(
            "SELECT DISTINCT symbol, load_id FROM (\
             SELECT DISTINCT symbol, load_id FROM marts.bars WHERE {known} AND NOT ({restated}) UNION ALL \
             SELECT symbol, argMax(load_id, (knowledge_time, version)) AS load_id FROM marts.bars \
             WHERE {known} AND {restated} GROUP BY symbol, session) ORDER BY symbol, load_id"
        );
        let mut query = self.query(&sql).param("as_of", as_of.as_microsecond());
        if let Some(symbols) = symbols {
            query = query.param("symbols", symbols);
        }
        self.rows(query).await
    }
}
