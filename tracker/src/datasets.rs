//! Datasets: what a run was trained or evaluated on, shown in the UI beside the run.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};

use crate::encoding::{Ignored, pairs};
use crate::{Error, Result, RunDatasetInput, Tracker};

/// A dataset that a run used.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Its name.
    pub name: String,
    /// Its fingerprint, at most 36 characters: same digest, same rows.
    pub digest: String,
    /// What it was used for: `training`, `evaluation`.
    pub context: String,
    /// The kind of source: `s3`, `clickhouse`.
    pub source_type: String,
    /// Where it came from: as_of, view version, load ids, object etags. At most 65,535 bytes of JSON.
    pub source: Value,
    /// The columns with their MLflow types: `double`, `float`, `long`, `string`, `datetime`.
    pub columns: Vec<(String, String)>,
    /// The number of rows.
    pub rows: u64,
}

/// The tag of what a dataset was used for.
const CONTEXT_TAG: &str = "mlflow.data.context";
const MAX_NAME: usize = 500;
const MAX_DIGEST: usize = 36;
const MAX_SOURCE: usize = 65_535;
const MAX_SCHEMA: usize = 1_048_575;

impl Tracker {
    /// Records the datasets that a run used; recording one again changes nothing.
    ///
    /// # Errors
    /// [`Error::TooLong`] for a name, digest, source or schema over MLflow's limits: none of them can be cut honestly.
    pub async fn log_inputs(&self, run_id: &str, datasets: &[Dataset]) -> Result<()> {
        #[derive(Serialize)]
        struct Request<'a> {
            run_id: &'a str,
            datasets: Vec<DatasetInput<'a>>,
        }
        let datasets = datasets.iter().map(Dataset::encode).collect::<Result<Vec<_>>>()?;
        self.send::<Ignored>(Method::POST, "runs/log-inputs", &Request { run_id, datasets }).await?;
        Ok(())
    }
}

#[derive(Serialize)]
struct DatasetInput<'a> {
    #[serde(with = "pairs")]
    tags: BTreeMap<String, String>,
    dataset: DatasetFields<'a>,
}

#[derive(Serialize)]
struct DatasetFields<'a> {
    name: &'a str,
    digest: &'a str,
    source_type: &'a str,
    source: String,
    schema: String,
    profile: String,
}

impl Dataset {
    fn encode(&self) -> Result<DatasetInput<'_>> {
        let columns: Vec<Value> =
            self.columns.iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect();
        let source = self.source.to_string();
        let schema = json!({"mlflow_colspec": columns}).to_string();
        let elements = self.rows.saturating_mul(self.columns.len() as u64);
        let profile = json!({"num_rows": self.rows, "num_elements": elements}).to_string();
        self.check("dataset name", self.name.chars().count(), MAX_NAME)?;
        self.check("digest of dataset", self.digest.chars().count(), MAX_DIGEST)?;
        self.check("source of dataset", source.len(), MAX_SOURCE)?;
        self.check("schema of dataset", schema.len(), MAX_SCHEMA)?;
        Ok(DatasetInput {
            tags: BTreeMap::from([(CONTEXT_TAG.to_owned(), self.context.clone())]),
            dataset: DatasetFields {
                name: &self.name,
                digest: &self.digest,
                source_type: &self.source_type,
                source,
                schema,
                profile,
            },
        })
    }

    /// The dataset that a run recorded by [`Tracker::log_inputs`]; what is missing or no JSON is left empty.
    pub fn of_run(input: &RunDatasetInput) -> Self {
        let text = |field: &str| input.dataset.get(field).cloned().unwrap_or_default();
        let json = |field: &str| serde_json::from_str::<Value>(&text(field)).unwrap_or_default();
        let column =
            |column: &Value| Some((column["name"].as_str()?.to_owned(), column["type"].as_str()?.to_owned()));
        let schema = json("schema");
        let columns = schema["mlflow_colspec"].as_array().map(Vec::as_slice).unwrap_or_default();
        Self {
            name: text("name"),
            digest: text("digest"),
            context: input.tags.get(CONTEXT_TAG).cloned().unwrap_or_default(),
            source_type: text("source_type"),
            source: json("source"),
            columns: columns.iter().filter_map(column).collect(),
            rows: json("profile")["num_rows"].as_u64().unwrap_or_default(),
        }
    }

    fn check(&self, what: &'static str, length: usize, limit: usize) -> Result<()> {
        if length > limit {
            let key = self.name.chars().take(80).collect();
            return Err(Error::TooLong { what, key, length, limit });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset() -> Dataset {
        Dataset {
            name: "weekly_core".into(),
            digest: "abc".into(),
            context: "training".into(),
            source_type: "clickhouse".into(),
            source: json!({"as_of": "2013-01-25T23:00:00Z", "load_ids": ["l1"]}),
            columns: vec![("ma_20".into(), "float".into())],
            rows: 3,
        }
    }

    #[test]
    fn source_schema_and_profile_are_texts_of_json() {
        let dataset = dataset();
        insta::assert_json_snapshot!(dataset.encode().unwrap(), @r#"
        {
          "tags": [
            {
              "key": "mlflow.data.context",
              "value": "training"
            }
          ],
          "dataset": {
            "name": "weekly_core",
            "digest": "abc",
            "source_type": "clickhouse",
            "source": "{\"as_of\":\"2013-01-25T23:00:00Z\",\"load_ids\":[\"l1\"]}",
            "schema": "{\"mlflow_colspec\":[{\"name\":\"ma_20\",\"type\":\"float\"}]}",
            "profile": "{\"num_elements\":3,\"num_rows\":3}"
          }
        }
        "#);
    }

    #[test]
    fn what_was_recorded_is_read_back() {
        let dataset = dataset();
        let json = serde_json::to_value(dataset.encode().unwrap()).unwrap();
        let input: RunDatasetInput = serde_json::from_value(json).unwrap();
        assert_eq!(Dataset::of_run(&input), dataset);
        let foreign = RunDatasetInput { tags: BTreeMap::new(), dataset: BTreeMap::new() };
        assert_eq!(Dataset::of_run(&foreign).source, Value::Null);
    }

    #[test]
    fn a_long_digest_is_an_error() {
        let long = Dataset { digest: "d".repeat(37), ..dataset() };
        assert!(matches!(long.encode(), Err(Error::TooLong { length: 37, limit: 36, .. })));
    }
}
