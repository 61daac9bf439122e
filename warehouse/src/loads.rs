//! Lineage: the loads that the bars of an instant came with.

use std::collections::{BTreeMap, BTreeSet};

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
        // Most symbols have no bar that was restated: theirs need no comparison of versions.
        let restated = match symbols {
            Some(_) => self.restated_symbols(as_of).await?,
            None => BTreeSet::new(),
        };
        let (compared, plain): (Vec<Symbol>, Vec<Symbol>) = symbols
            .unwrap_or_default()
            .iter()
            .cloned()
            .partition(|symbol| restated.contains(symbol.as_str()));
        let mut loads: BTreeMap<Symbol, Vec<String>> = BTreeMap::new();
        let compared = symbols.map(|_| compared.as_slice());
        let batches = symbol_batches(compared).into_iter().map(|batch| (batch, NEWEST));
        for (batch, sql) in batches.chain(symbol_batches(Some(&plain)).into_iter().map(|batch| (batch, ANY)))
        {
            for row in self.symbol_loads(sql, as_of, batch).await? {
                loads.entry(Symbol::new(&row.symbol)?).or_default().push(row.load_id);
            }
        }
        Ok(loads)
    }

    async fn restated_symbols(&self, as_of: AsOf) -> Result<BTreeSet<String>> {
        let sql = format!(
            "SELECT DISTINCT toString(symbol) FROM marts.bars \
             WHERE version > 1 AND knowledge_time <= {AT} AND event_time <= {AT}"
        );
        let names = self.rows::<String>(self.query(&sql).param("as_of", as_of.as_microsecond())).await?;
        Ok(names.into_iter().collect())
    }

    async fn symbol_loads(
        &self,
        sql: &str,
        as_of: AsOf,
        symbols: Option<Vec<String>>,
    ) -> Result<Vec<SymbolLoad>> {
        let filter = if symbols.is_some() { " AND symbol IN {symbols:Array(String)}" } else { "" };
        let known = format!("knowledge_time <= {AT} AND event_time <= {AT}{filter}");
        let sql = sql.replace("{known}", &known).replace("{in}", self.topology.in_subquery());
        let mut query = self.query(&sql).param("as_of", as_of.as_microsecond());
        if let Some(symbols) = symbols {
            query = query.param("symbols", symbols);
        }
        self.rows(query).await
    }
}

/// The loads of all versions.
const ANY: &str = "SELECT DISTINCT symbol, load_id FROM marts.bars WHERE {known} ORDER BY symbol, load_id";

/// The loads of the newest version of each bar: of few there is more than one.
const NEWEST: &str = "\
SELECT DISTINCT symbol, load_id FROM (
    SELECT DISTINCT symbol, load_id FROM marts.bars WHERE {known} AND NOT ((symbol, session) {in} (SELECT symbol, session FROM marts.bars WHERE {known} AND version > 1))
    UNION ALL
    SELECT symbol, argMax(load_id, (knowledge_time, version)) AS load_id FROM marts.bars
    WHERE {known} AND (symbol, session) {in} (SELECT symbol, session FROM marts.bars WHERE {known} AND version > 1) GROUP BY symbol, session
) ORDER BY symbol, load_id";
