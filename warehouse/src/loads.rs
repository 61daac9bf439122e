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
        let mut loads: BTreeMap<Symbol, Vec<String>> = BTreeMap::new();
        for batch in symbol_batches(symbols) {
            for (sql, names) in self.parts(as_of, batch).await? {
                for row in self.symbol_loads(sql, as_of, names).await? {
                    loads.entry(Symbol::new(&row.symbol)?).or_default().push(row.load_id);
                }
            }
        }
        Ok(loads)
    }

    /// What to ask for whom: most symbols have no bar that was restated, and theirs need no comparison of versions.
    async fn parts(&self, as_of: AsOf, batch: Option<Vec<String>>) -> Result<Vec<Part>> {
        let Some(names) = batch else { return Ok(vec![(NEWEST, None)]) };
        let restated = self.symbol_loads(RESTATED, as_of, Some(names.clone())).await?;
        let restated: BTreeSet<String> = restated.into_iter().map(|row| row.symbol).collect();
        let (compared, plain): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| restated.contains(name));
        let parts = [(NEWEST, compared), (ANY, plain)].into_iter().filter(|(_, names)| !names.is_empty());
        Ok(parts.map(|(sql, names)| (sql, Some(names))).collect())
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

/// A question, and about whom: about all symbols where nobody is named.
type Part = (&'static str, Option<Vec<String>>);

/// The symbols with more than one version of a bar.
const RESTATED: &str = "SELECT DISTINCT symbol, '' AS load_id FROM marts.bars WHERE {known} AND version > 1";

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
