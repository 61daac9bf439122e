//! Runs: one attempt at training, with what went in and what came out.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::encoding::{Ignored, pairs};
use crate::experiments::NOTE_TAG;
use crate::{Metric, Result, Tracker};

/// A run as the server knows it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Run {
    /// Identity, status and times.
    pub info: RunInfo,
    /// Metrics, parameters and tags.
    #[serde(default)]
    pub data: RunData,
    /// The datasets that went in.
    #[serde(default)]
    pub inputs: RunInputs,
    /// The models that came out.
    #[serde(default)]
    pub outputs: RunOutputs,
}

/// A run's identity, status and times.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct RunInfo {
    /// The run's id, 32 hexadecimal digits.
    pub run_id: String,
    /// The name shown in the UI.
    #[serde(default)]
    pub run_name: String,
    /// The experiment it belongs to.
    pub experiment_id: String,
    /// How it stands.
    pub status: RunStatus,
    /// When it began, in milliseconds since 1970.
    #[serde(default, rename = "start_time")]
    pub start_time_ms: i64,
    /// When it ended, if it did.
    #[serde(default, rename = "end_time")]
    pub end_time_ms: Option<i64>,
    /// Where its artifacts are.
    #[serde(default)]
    pub artifact_uri: String,
}

/// What a run recorded.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct RunData {
    /// The last value of every metric.
    #[serde(default)]
    pub metrics: Vec<Metric>,
    /// The parameters.
    #[serde(default, with = "pairs")]
    pub params: BTreeMap<String, String>,
    /// The tags, MLflow's own among them.
    #[serde(default, with = "pairs")]
    pub tags: BTreeMap<String, String>,
}

/// What went into a run.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct RunInputs {
    /// The datasets.
    #[serde(default)]
    pub dataset_inputs: Vec<RunDatasetInput>,
}

/// A dataset as the server gives it back.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct RunDatasetInput {
    /// Tags of the use, such as `mlflow.data.context`.
    #[serde(default, with = "pairs")]
    pub tags: BTreeMap<String, String>,
    /// The dataset's fields, `source`, `schema` and `profile` being JSON texts.
    pub dataset: BTreeMap<String, String>,
}

/// What came out of a run.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct RunOutputs {
    /// The logged models.
    #[serde(default)]
    pub model_outputs: Vec<ModelOutput>,
}

/// A logged model that a run made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelOutput {
    /// The logged model.
    pub model_id: String,
    /// The training step it was made at.
    #[serde(default)]
    pub step: i64,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum RunStatus {
    /// Under way.
    Running,
    /// Not begun.
    Scheduled,
    /// Ended well.
    Finished,
    /// Ended with an error.
    Failed,
    /// Stopped from outside.
    Killed,
    /// A status newer than this client.
    #[serde(other)]
    Unknown,
}

/// A run to be created.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRun {
    /// The experiment it belongs to.
    pub experiment_id: String,
    /// The name shown in the UI.
    pub run_name: String,
    /// When it begins, in milliseconds since 1970.
    pub start_time_ms: i64,
    /// Who runs it; shown in the UI.
    pub user: String,
    /// What runs it; shown in the UI as the source.
    pub source: String,
    /// The run it is a part of: the UI nests it.
    pub parent_run_id: Option<String>,
    /// Text for the UI, in Markdown.
    pub description: Option<String>,
    /// Further tags.
    pub tags: BTreeMap<String, String>,
}

/// Which runs to look for.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchRuns {
    /// In these experiments.
    pub experiment_ids: Vec<String>,
    /// MLflow's filter, such as `` metrics.mae < 0.02 AND tags.`model_kind` = 'ridge' ``; empty for all.
    pub filter: String,
    /// MLflow's order, such as `metrics.mae ASC`; empty for newest first.
    pub order_by: Vec<String>,
    /// How many at most.
    pub limit: usize,
}

#[derive(Deserialize)]
struct RunAnswer {
    run: Run,
}

impl Tracker {
    /// Begins a run.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the experiment does not exist.
    pub async fn create_run(&self, run: &NewRun) -> Result<Run> {
        #[derive(Serialize)]
        struct Request<'a> {
            experiment_id: &'a str,
            user_id: &'a str,
            run_name: &'a str,
            start_time: i64,
            #[serde(with = "pairs")]
            tags: BTreeMap<String, String>,
        }
        let request = Request {
            experiment_id: &run.experiment_id,
            user_id: &run.user,
            run_name: &run.run_name,
            start_time: run.start_time_ms,
            tags: run.all_tags(),
        };
        Ok(self.create::<RunAnswer>("runs/create", &request).await?.run)
    }

    /// Ends a run.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when there is no such run.
    pub async fn finish_run(&self, run_id: &str, status: RunStatus, end_time_ms: i64) -> Result<()> {
        #[derive(Serialize)]
        struct Request<'a> {
            run_id: &'a str,
            run_uuid: &'a str,
            status: RunStatus,
            end_time: i64,
        }
        let request = Request { run_id, run_uuid: run_id, status, end_time: end_time_ms };
        self.send::<Ignored>(Method::POST, "runs/update", &request).await?;
        Ok(())
    }

    /// Lets a run that has ended run again.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when there is no such run.
    pub async fn resume_run(&self, run_id: &str) -> Result<()> {
        #[derive(Serialize)]
        struct Request<'a> {
            run_id: &'a str,
            run_uuid: &'a str,
            status: RunStatus,
        }
        let request = Request { run_id, run_uuid: run_id, status: RunStatus::Running };
        self.send::<Ignored>(Method::POST, "runs/update", &request).await?;
        Ok(())
    }

    /// A run with its data.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when there is no such run.
    pub async fn run(&self, run_id: &str) -> Result<Run> {
        Ok(self.get::<RunAnswer>("runs/get", &[("run_id", run_id)]).await?.run)
    }

    /// Runs by their ids; those that the server does not have are left out.
    ///
    /// # Errors
    /// Only those of the exchange.
    pub async fn runs(&self, run_ids: impl IntoIterator<Item = String>) -> Result<BTreeMap<String, Run>> {
        let reads = run_ids.into_iter().map(|run_id| async move {
            match self.run(&run_id).await {
                Ok(run) => Ok(Some((run_id, run))),
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            }
        });
        let found: Vec<_> = stream::iter(reads).buffer_unordered(RUNS_AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Sets a tag, replacing its former value; values over 8,000 characters are cut as [`Tracker::log_batch`] says.
    ///
    /// # Errors
    /// [`crate::Error::TooLong`] for a key over 250 characters.
    pub async fn set_tag(&self, run_id: &str, key: &str, value: &str) -> Result<()> {
        #[derive(Serialize)]
        struct Request<'a> {
            run_id: &'a str,
            run_uuid: &'a str,
            key: &'a str,
            value: String,
        }
        let value = crate::batch::tag_value(key, value)?;
        let request = Request { run_id, run_uuid: run_id, key, value };
        self.send::<Ignored>(Method::POST, "runs/set-tag", &request).await?;
        Ok(())
    }

    /// Removes a tag; one that is not there is removed already.
    ///
    /// # Errors
    /// Only those of the exchange.
    pub async fn delete_tag(&self, run_id: &str, key: &str) -> Result<()> {
        #[derive(Serialize)]
        struct Request<'a> {
            run_id: &'a str,
            key: &'a str,
        }
        match self.send::<Ignored>(Method::POST, "runs/delete-tag", &Request { run_id, key }).await {
            Ok(Ignored {}) | Err(crate::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The runs that match, at most `limit`, fetched page by page.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] for a filter that MLflow cannot parse.
    pub async fn search_runs(&self, search: &SearchRuns) -> Result<Vec<Run>> {
        #[derive(Serialize)]
        struct Request<'a> {
            experiment_ids: &'a [String],
            #[serde(skip_serializing_if = "str::is_empty")]
            filter: &'a str,
            run_view_type: &'a str,
            max_results: usize,
            #[serde(skip_serializing_if = "<[String]>::is_empty")]
            order_by: &'a [String],
            #[serde(skip_serializing_if = "String::is_empty")]
            page_token: String,
        }
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            runs: Vec<Run>,
            #[serde(default)]
            next_page_token: String,
        }
        let mut found = Vec::new();
        let mut page_token = String::new();
        while found.len() < search.limit {
            let request = Request {
                experiment_ids: &search.experiment_ids,
                filter: &search.filter,
                run_view_type: "ACTIVE_ONLY",
                max_results: (search.limit - found.len()).min(RUNS_PER_PAGE),
                order_by: &search.order_by,
                page_token: std::mem::take(&mut page_token),
            };
            let answer: Answer = self.send(Method::POST, "runs/search", &request).await?;
            found.extend(answer.runs);
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        Ok(found)
    }
}

const RUNS_PER_PAGE: usize = 1_000;
/// Runs asked for at the same time.
const RUNS_AT_ONCE: usize = 4;
/// The tag of the run that a run belongs to.
const PARENT_TAG: &str = "mlflow.parentRunId";

impl NewRun {
    /// A run of `weekahead` with no tags.
    pub fn new(experiment_id: &str, run_name: &str, start_time_ms: i64) -> NewRun {
        NewRun {
            experiment_id: experiment_id.to_owned(),
            run_name: run_name.to_owned(),
            start_time_ms,
            user: "weekahead".into(),
            source: "weekahead".into(),
            parent_run_id: None,
            description: None,
            tags: BTreeMap::new(),
        }
    }

    /// The tags with those that MLflow's UI reads.
    fn all_tags(&self) -> BTreeMap<String, String> {
        let own = [
            ("mlflow.user", Some(&self.user)),
            ("mlflow.source.name", Some(&self.source)),
            (PARENT_TAG, self.parent_run_id.as_ref()),
            (NOTE_TAG, self.description.as_ref()),
        ];
        let own = own.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.clone())));
        self.tags.clone().into_iter().chain(own).collect()
    }
}

impl SearchRuns {
    /// All active runs of one experiment, newest first, at most 1,000.
    pub fn in_experiment(experiment_id: &str) -> SearchRuns {
        SearchRuns {
            experiment_ids: vec![experiment_id.to_owned()],
            filter: String::new(),
            order_by: Vec::new(),
            limit: RUNS_PER_PAGE,
        }
    }
}

impl Run {
    /// The last value of a metric.
    pub fn metric(&self, key: &str) -> Option<f64> {
        self.data.metrics.iter().find(|metric| metric.key == key).map(|metric| metric.value)
    }

    /// The run that it belongs to.
    pub fn parent_run_id(&self) -> Option<&str> {
        self.data.tags.get(PARENT_TAG).map(String::as_str)
    }
}
