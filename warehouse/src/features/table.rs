//! The tables of a feature view: all of its rows, and those of recent sessions once more.

use weekahead_market::Session;

use crate::sql::identifier;
use crate::{Error, Result, Warehouse};

/// Columns that every view has, and that no feature may take the name of.
const KEYS: [&str; 6] = ["symbol", "session", "knowledge_time", "view_version", "ingested_at", "row_digest"];

const TABLE: &str = "\
CREATE TABLE IF NOT EXISTS {database}.{shard}{on_cluster}
(
    symbol         LowCardinality(String),
    session        Date32,
    knowledge_time DateTime64(6, 'UTC'),
    view_version   String,
    ingested_at    DateTime64(6, 'UTC'),
    row_digest     UInt64
)
ENGINE = {replicated}ReplacingMergeTree(ingested_at)
{order};
-- cluster only
CREATE TABLE IF NOT EXISTS {database}.{view}{on_cluster} AS {database}.{shard}
ENGINE = Distributed({cluster}, {database}, {shard}, cityHash64(symbol));
";

/// The tables of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeatureTable {
    /// All rows, those of a symbol together: what training reads.
    All,
    /// Rows of recent sessions once more, those of all symbols together: what forecasts read. It may lack rows, and is never trusted:
    /// a row is read from it if it has the digest of the one in the other table.
    Recent,
}

impl FeatureTable {
    /// The database.
    pub(super) fn database(self) -> &'static str {
        match self {
            Self::All => "features",
            Self::Recent => "recent",
        }
    }

    fn order(self) -> &'static str {
        match self {
            Self::All => "ORDER BY (view_version, symbol, session, knowledge_time)",
            Self::Recent => {
                "PARTITION BY toYYYYMM(session)\nORDER BY (view_version, session, symbol, knowledge_time)"
            }
        }
    }
}

impl Warehouse {
    /// Makes the tables of a view, or adds the columns they lack. Rows that are there stay, with NaN in new columns.
    ///
    /// # Errors
    /// [`Error::Name`] for a name that cannot be a table or a column; connection errors.
    pub async fn create_feature_table(&self, view: &str, names: &[String]) -> Result<()> {
        for statement in self.feature_table_statements(view, names)? {
            self.execute(&statement).await?;
        }
        Ok(())
    }

    /// Drops the copies of a view's rows that are of months before a session's: whoever still looks for one of them finds the row itself.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] before [`create_feature_table`](Self::create_feature_table); connection errors.
    pub async fn drop_recent_features(&self, view: &str, before: Session) -> Result<()> {
        let table = identifier("view", view)?;
        let month = "toYYYYMM(session)";
        let sql = format!(
            "SELECT DISTINCT {month} AS month FROM recent.{table} WHERE {month} < toYYYYMM({{before:Date32}}) ORDER BY month"
        );
        for month in self.rows::<u32>(self.query(&sql).param("before", before.to_string())).await? {
            let statement =
                format!("ALTER TABLE recent.`{view}{{local}}`{{on_cluster}} DROP PARTITION {month}");
            self.execute(&self.topology.fill(&statement)).await?;
        }
        Ok(())
    }

    fn feature_table_statements(&self, view: &str, names: &[String]) -> Result<Vec<String>> {
        let mut sql = self.statements_of(FeatureTable::All, view, names)?;
        sql.extend(self.statements_of(FeatureTable::Recent, view, names)?);
        Ok(sql)
    }

    fn statements_of(&self, of: FeatureTable, view: &str, names: &[String]) -> Result<Vec<String>> {
        let (database, table) = (of.database(), identifier("view", view)?);
        let shard = self.topology.fill(&format!("`{view}{{local}}`"));
        let text = TABLE.replace("{database}", database).replace("{view}", &table);
        let text = text.replace("{shard}", &shard).replace("{order}", of.order());
        let mut sql = Vec::new();
        // On one server the second is not made.
        for (creation, table) in self.topology.statements(&text).into_iter().zip([&shard, &table]) {
            sql.push(creation);
            sql.push(self.topology.fill(&add_columns(database, table, names)?));
        }
        Ok(sql)
    }
}

fn add_columns(database: &str, table: &str, names: &[String]) -> Result<String> {
    let columns = columns(names)?;
    // A column's default fills the rows that were there before it: NaN, for missing; no digest, for unknown.
    let mut list = vec!["ADD COLUMN IF NOT EXISTS row_digest UInt64".to_owned()];
    list.extend(columns.iter().map(|name| format!("ADD COLUMN IF NOT EXISTS {name} Float32 DEFAULT nan")));
    Ok(format!("ALTER TABLE {database}.{table}{{on_cluster}} {}", list.join(", ")))
}

/// Feature names as columns.
pub(super) fn columns(names: &[String]) -> Result<Vec<String>> {
    let column = |name: &String| {
        if KEYS.contains(&name.as_str()) {
            return Err(Error::Name { what: "feature", name: name.clone() });
        }
        identifier("feature", name)
    };
    names.iter().map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WarehouseConfig;

    fn statements(cluster: Option<&str>) -> String {
        let cluster = cluster.map(str::to_owned);
        let config = WarehouseConfig { cluster, ..WarehouseConfig::default() };
        let names = ["ret_1".to_owned(), "ma_20".to_owned()];
        let warehouse = Warehouse::new(&config).unwrap();
        warehouse.feature_table_statements("weekly_core", &names).unwrap().join(";\n\n")
    }

    #[test]
    fn a_view_on_one_server() {
        insta::assert_snapshot!(statements(None));
    }

    #[test]
    fn a_view_on_a_cluster() {
        insta::assert_snapshot!(statements(Some("week")));
    }

    #[test]
    fn a_feature_cannot_take_the_name_of_a_key() {
        assert!(columns(&["session".to_owned()]).is_err());
        assert!(columns(&["a`; DROP".to_owned()]).is_err());
    }
}
