//! The table of a feature view.

use crate::sql::identifier;
use crate::{Error, Result, Warehouse};

/// Columns that every view has, and that no feature may take the name of.
const KEYS: [&str; 6] = ["symbol", "session", "knowledge_time", "view_version", "ingested_at", "row_digest"];

const TABLE: &str = "\
CREATE TABLE IF NOT EXISTS features.{view}{on_cluster}
(
    symbol         LowCardinality(String),
    session        Date32,
    knowledge_time DateTime64(6, 'UTC'),
    view_version   String,
    ingested_at    DateTime64(6, 'UTC'),
    row_digest     UInt64
)
ENGINE = {replicated}ReplacingMergeTree(ingested_at)
ORDER BY (view_version, symbol, session, knowledge_time);
";

const SHARDS: &str = "\
-- cluster only
CREATE TABLE IF NOT EXISTS features.{view}{on_cluster} AS features.{shard}
ENGINE = Distributed({cluster}, features, {shard}, cityHash64(symbol));
";

impl Warehouse {
    /// Makes the table of a view, or adds the columns it lacks. Rows that are there stay, with NaN in new columns.
    ///
    /// # Errors
    /// [`Error::Name`] for a name that cannot be a table or a column; connection errors.
    pub async fn create_feature_table(&self, view: &str, names: &[String]) -> Result<()> {
        for statement in self.feature_table_statements(view, names)? {
            self.execute(&statement).await?;
        }
        Ok(())
    }

    fn feature_table_statements(&self, view: &str, names: &[String]) -> Result<Vec<String>> {
        let table = identifier("view", view)?;
        let shard = self.topology.fill(&format!("`{view}{{local}}`"));
        let place = |text: &str, name: &str| text.replace("{view}", name).replace("{shard}", &shard);
        let mut sql = self.topology.statements(&place(TABLE, &shard));
        sql.push(self.topology.fill(&add_columns(&shard, names)?));
        sql.extend(self.topology.statements(&place(SHARDS, &table)));
        if shard != table {
            sql.push(self.topology.fill(&add_columns(&table, names)?));
        }
        Ok(sql)
    }
}

fn add_columns(table: &str, names: &[String]) -> Result<String> {
    let columns = columns(names)?;
    // A column's default fills the rows that were there before it: NaN, for missing; no digest, for unknown.
    let mut list = vec!["ADD COLUMN IF NOT EXISTS row_digest UInt64".to_owned()];
    list.extend(columns.iter().map(|name| format!("ADD COLUMN IF NOT EXISTS {name} Float32 DEFAULT nan")));
    Ok(format!("ALTER TABLE features.{table}{{on_cluster}} {}", list.join(", ")))
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
