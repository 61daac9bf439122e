//! Everything that is known of one version.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use weekahead_market::AsOf;
use weekahead_tracker::{Dataset, ModelSelector, Run};
use weekahead_warehouse::PromotionRow;

use super::{ArtifactState, ModelRegistry, VersionSummary};
use crate::Result;

/// A version, from the decisions about it down to the objects that it was trained on.
///
/// # Missing values
/// `run` and `dataset` are `None` when the tracker lost the run, or when it recorded no data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionDetails {
    /// The registered model.
    pub registered_model: String,
    /// What a list says of it.
    #[serde(flatten)]
    pub summary: VersionSummary,
    /// Where the tracker has its files.
    pub source: String,
    /// Its description.
    pub description: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The run that made it.
    pub run: Option<RunDetails>,
    /// The data set that it was trained on.
    pub dataset: Option<DatasetDetails>,
    /// How its artifact is.
    pub artifact: ArtifactState,
    /// The decisions that are about it or replaced it, oldest first.
    pub decisions: Vec<PromotionRow>,
}

/// The run of a version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunDetails {
    /// Its name.
    pub name: String,
    /// The run of the session that it belongs to.
    pub parent_run_id: Option<String>,
    /// Its parameters.
    pub params: BTreeMap<String, String>,
    /// Its metrics; those of folds with the value of the last one.
    pub metrics: BTreeMap<String, f64>,
}

/// The data set of a version, as its run recorded it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatasetDetails {
    /// Its name.
    pub name: String,
    /// The digest of keys, features and targets.
    pub digest: String,
    /// Its rows.
    pub rows: u64,
    /// Where the reader stood.
    pub as_of: Option<String>,
    /// How many loads it was made of.
    pub loads: u64,
    /// The newest of those loads.
    pub load_ids: Vec<String>,
    /// The newest of their objects.
    pub objects: Vec<Value>,
}

impl ModelRegistry {
    /// Everything about a version; its artifact is read and its digest compared.
    ///
    /// # Errors
    /// [`Error::UnknownVersion`](crate::Error::UnknownVersion); errors of tracker and warehouse. A lost run or artifact is no
    /// error: it is told.
    pub async fn details(&self, selector: &ModelSelector, as_of: AsOf) -> Result<VersionDetails> {
        let (version, summary, run) = self.summarised(selector, as_of).await?;
        let artifact = self.artifact_state(&version).await?;
        let number = Some(version.version);
        let mut decisions = self.warehouse.promotions(as_of, &self.model).await?;
        decisions.retain(|row| {
            Some(row.model_version) == number || (row.promoted && row.previous_version == number)
        });
        Ok(VersionDetails {
            registered_model: self.model.clone(),
            summary,
            source: version.source,
            description: version.description,
            tags: version.tags,
            dataset: run.as_ref().and_then(DatasetDetails::of),
            run: run.map(RunDetails::from),
            artifact,
            decisions,
        })
    }
}

impl From<Run> for RunDetails {
    fn from(run: Run) -> Self {
        Self {
            name: run.info.run_name.clone(),
            parent_run_id: run.parent_run_id().map(str::to_owned),
            metrics: run.data.metrics.into_iter().map(|metric| (metric.key, metric.value)).collect(),
            params: run.data.params,
        }
    }
}

impl DatasetDetails {
    fn of(run: &Run) -> Option<Self> {
        let Dataset { name, digest, rows, source, .. } = run
            .inputs
            .dataset_inputs
            .iter()
            .map(Dataset::of_run)
            .find(|dataset| dataset.context == "training")?;
        let list = |key: &str| source[key].as_array().cloned().unwrap_or_default();
        let load_ids = list("load_ids").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        Some(Self {
            name,
            digest,
            rows,
            as_of: source["as_of"].as_str().map(str::to_owned),
            loads: source["loads"].as_u64().unwrap_or_default(),
            load_ids,
            objects: list("objects"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_data_set_is_that_of_the_training() {
        let source = json!({
            "as_of": "2013-01-25T23:00:00Z", "loads": 230, "load_ids": ["l1", "l2"], "objects": [{"key": "k", "etag": "e"}],
        });
        let input = |context: &str, source: &Value| {
            json!({
                "tags": [{"key": "mlflow.data.context", "value": context}],
                "dataset": {
                    "name": "weekly_core", "digest": "abc", "source": source.to_string(), "profile": "{\"num_rows\":3}",
                },
            })
        };
        let run = |inputs: Vec<Value>| -> Run {
            let info = json!({"run_id": "r", "experiment_id": "1", "status": "FINISHED"});
            serde_json::from_value(json!({"info": info, "inputs": {"dataset_inputs": inputs}})).unwrap()
        };
        let found =
            DatasetDetails::of(&run(vec![input("evaluation", &json!({})), input("training", &source)]))
                .unwrap();
        assert_eq!((found.rows, found.loads, found.load_ids.len()), (3, 230, 2));
        assert_eq!(found.as_of.as_deref(), Some("2013-01-25T23:00:00Z"));
        assert_eq!(found.objects[0]["etag"], "e");
        assert_eq!(DatasetDetails::of(&run(Vec::new())), None);
    }
}
