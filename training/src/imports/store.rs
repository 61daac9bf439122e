//! Imports as runs of an experiment: tags to find them by, and two files each.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use weekahead_market::Horizon;
use weekahead_models::onnx::digest;
use weekahead_tracker::{NewRun, Run, RunStatus, SearchRuns, Tracker};

use super::Import;
use crate::recording::EXPERIMENT_NOTE;
use crate::{Error, Result};

const NAME_TAG: &str = "weekahead.import_name";
const IMPORT_TAG: &str = "weekahead.import_digest";
const MODEL_DIGEST_TAG: &str = "weekahead.model_digest";
const TRAINED_UNTIL_TAG: &str = "weekahead.trained_until";
const VIEW_TAG: &str = "weekahead.view";
const VIEW_VERSION_TAG: &str = "weekahead.view_version";
const HORIZON_TAG: &str = "weekahead.horizon";

const MODEL_FILE: &str = "imported/model.onnx";
const IMPORT_FILE: &str = "imported/import.json";

/// The imports of an experiment.
#[derive(Debug, Clone)]
pub struct ImportStore {
    /// The tracker.
    pub tracker: Tracker,
    /// The experiment whose sessions may use them.
    pub experiment: String,
}

/// Where an import is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its run.
    pub run_id: String,
    /// Whether it had been there before.
    pub already: bool,
}

/// Which import a plan means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) name: &'a str,
    /// The first digits of its digest; without them the newest is meant.
    pub(crate) digest: Option<&'a str>,
    pub(crate) view_version: &'a str,
    pub(crate) horizon: Horizon,
}

impl ImportStore {
    /// Stores an import as a finished run; the same import is stored once.
    ///
    /// # Errors
    /// [`Error::Import`] for a name that plans could not use; those of the tracker.
    pub async fn add(&self, import: &Import, bytes: Vec<u8>, now: Timestamp) -> Result<Stored> {
        Import::check_name(&import.name)?;
        let experiment =
            self.tracker.get_or_create_experiment(&self.experiment, EXPERIMENT_NOTE).await?.experiment_id;
        let digest = import.digest();
        let known = self.runs(&experiment, &import.name).await?.into_iter();
        let known = known.filter(|run| run.data.tags.get(IMPORT_TAG) == Some(&digest));
        // One that broke off has no files yet, or not all of them.
        let known = known.max_by_key(|run| run.info.status == RunStatus::Finished);
        let now_ms = now.as_millisecond();
        let run = match known {
            Some(run) if run.info.status == RunStatus::Finished => {
                return Ok(Stored { run_id: run.info.run_id, already: true });
            }
            Some(run) => run,
            None => self.tracker.create_run(&new_run(import, &experiment, now_ms)).await?,
        };
        let text = serde_json::to_vec_pretty(import).unwrap_or_default();
        for (path, content) in [(MODEL_FILE, bytes), (IMPORT_FILE, text)] {
            self.tracker.put_artifact(&run.info.artifact_uri, path, content.into()).await?;
        }
        self.tracker.finish_run(&run.info.run_id, RunStatus::Finished, now_ms).await?;
        Ok(Stored { run_id: run.info.run_id, already: false })
    }

    /// The import that a plan means, with its file.
    ///
    /// # Errors
    /// [`Error::Import`] when there is none for this view and horizon, or when its files are lost or changed; those of the
    /// tracker.
    pub(crate) async fn find(&self, wanted: &Wanted<'_>) -> Result<(Import, Bytes)> {
        let runs = match self.tracker.experiment(&self.experiment).await? {
            Some(experiment) => self.runs(&experiment.experiment_id, wanted.name).await?,
            None => Vec::new(),
        };
        let finished = runs.into_iter().filter(|run| run.info.status == RunStatus::Finished).collect();
        let failed = |reason: String| Error::Import { name: wanted.name.to_owned(), reason };
        let run = meant(finished, wanted).map_err(failed)?;
        let (text, bytes) = (self.file(&run, IMPORT_FILE).await, self.file(&run, MODEL_FILE).await);
        let (Some(text), Some(bytes)) = (text?, bytes?) else {
            return Err(failed("the store of artifacts has lost it: import it again".to_owned()));
        };
        let import: Import = serde_json::from_slice(&text)
            .map_err(|error| failed(format!("its {IMPORT_FILE} cannot be read: {error}")))?;
        let same = run.data.tags.get(IMPORT_TAG) == Some(&import.digest());
        match same && digest(&bytes) == import.model_digest {
            true => Ok((import, bytes)),
            false => Err(failed("its files were changed since it was imported: import it again".to_owned())),
        }
    }

    /// All imports of a name, newest first, those that broke off among them.
    async fn runs(&self, experiment_id: &str, name: &str) -> Result<Vec<Run>> {
        Import::check_name(name)?;
        let mut search = SearchRuns::in_experiment(experiment_id);
        search.filter = format!("tags.`{NAME_TAG}` = '{name}'");
        Ok(self.tracker.search_runs(&search).await?)
    }

    async fn file(&self, run: &Run, path: &str) -> Result<Option<Bytes>> {
        match self.tracker.get_artifact(&run.info.artifact_uri, path).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn new_run(import: &Import, experiment: &str, now_ms: i64) -> NewRun {
    let mut run = NewRun::new(experiment, &format!("import {}", import.name), now_ms);
    run.source = "weekahead models import".to_owned();
    run.description = Some(format!(
        "A model of {}, imported for view `{}`, {} sessions ahead; it may have seen the targets of origins up to {}.",
        import.producer, import.view, import.horizon, import.trained_until
    ));
    run.tags = tags(import);
    run
}

fn tags(import: &Import) -> BTreeMap<String, String> {
    let tags = [
        (NAME_TAG, import.name.clone()),
        (IMPORT_TAG, import.digest()),
        (MODEL_DIGEST_TAG, import.model_digest.clone()),
        (TRAINED_UNTIL_TAG, import.trained_until.to_string()),
        (VIEW_TAG, import.view.clone()),
        (VIEW_VERSION_TAG, import.view_version.clone()),
        (HORIZON_TAG, import.horizon.to_string()),
    ];
    tags.map(|(key, value)| (key.to_owned(), value)).into()
}

/// The newest of some runs that is wanted, or the reason why none is.
fn meant(mut runs: Vec<Run>, wanted: &Wanted<'_>) -> std::result::Result<Run, String> {
    let tag = |run: &Run, key: &str| run.data.tags.get(key).cloned().unwrap_or_default();
    if runs.is_empty() {
        return Err("nothing was imported under that name: `weekahead models import` does it".to_owned());
    }
    let found = runs.len();
    runs.retain(|run| wanted.digest.is_none_or(|first| tag(run, IMPORT_TAG).starts_with(first)));
    let Some(newest) = runs.first() else {
        let digest = wanted.digest.unwrap_or_default();
        return Err(format!("none of its {found} imports has a digest that begins with {digest}"));
    };
    let of = format!(
        "it was imported for view {} {}, {} sessions ahead, and this session is about view version {}, {} sessions ahead: \
         import one for that",
        tag(newest, VIEW_TAG),
        tag(newest, VIEW_VERSION_TAG),
        tag(newest, HORIZON_TAG),
        wanted.view_version,
        wanted.horizon
    );
    let horizon = wanted.horizon.to_string();
    let fits =
        |run: &Run| tag(run, VIEW_VERSION_TAG) == wanted.view_version && tag(run, HORIZON_TAG) == horizon;
    runs.into_iter().find(fits).ok_or(of)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::import::tests::import;
    use super::*;

    fn run(run_id: &str, import: &Import) -> Run {
        let tags: Vec<_> =
            tags(import).into_iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        serde_json::from_value(json!({
            "info": {"run_id": run_id, "experiment_id": "1", "status": "FINISHED"},
            "data": {"tags": tags},
        }))
        .unwrap()
    }

    #[test]
    fn the_newest_import_for_the_view_and_the_horizon_is_meant() {
        let (old, new) = (import(), Import { model_digest: "f".repeat(64), ..import() });
        let other = Import { view_version: "9".to_owned(), ..import() };
        let runs = || vec![run("other", &other), run("new", &new), run("old", &old)];
        let wanted = Wanted { name: "my-lgbm", digest: None, view_version: "0123", horizon: Horizon::WEEK };
        let id = |wanted: &Wanted<'_>| meant(runs(), wanted).map(|run| run.info.run_id);
        assert_eq!(id(&wanted).as_deref(), Ok("new"));
        let digest = old.digest();
        assert_eq!(id(&Wanted { digest: Some(&digest[..12]), ..wanted }).as_deref(), Ok("old"));

        let nobody = meant(Vec::new(), &wanted).unwrap_err();
        assert!(nobody.contains("`weekahead models import`"), "{nobody}");
        let unknown = id(&Wanted { digest: Some("zz"), ..wanted }).unwrap_err();
        assert_eq!(unknown, "none of its 3 imports has a digest that begins with zz");
        let horizon = Horizon::sessions(1).unwrap();
        let elsewhere = id(&Wanted { horizon, ..wanted }).unwrap_err();
        assert!(elsewhere.contains("view weekly_core 9, 5 sessions ahead"), "{elsewhere}");
    }
}
