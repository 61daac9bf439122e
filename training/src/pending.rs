//! Sessions that are computed but not yet recorded: each a file that says how to go on with it.
//!
//! The rows are not kept: what was known at `as_of` is what the warehouse says of it for ever.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use weekahead_features::{Feature, View};
use weekahead_market::{AsOf, Symbol};
use weekahead_models::ModelSpec;

use crate::disk::{keep_error, write_atomically};
use crate::{Error, ExperimentPlan, PlanSettings, Result};

/// A session to go on with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pending {
    experiment: String,
    model_name: String,
    view: PendingView,
    symbols: Vec<Symbol>,
    settings: PlanSettings,
    models: Vec<ModelSpec>,
    /// Where the session's reader stood.
    pub(crate) as_of: AsOf,
    /// The session's clock.
    pub(crate) written_at: Timestamp,
}

/// The view as it was then: its file may say something else by now.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PendingView {
    name: String,
    version: String,
    features: Vec<(String, String)>,
}

impl Pending {
    /// What it takes to go on with a session.
    pub(crate) fn new(plan: &ExperimentPlan, as_of: AsOf, written_at: Timestamp) -> Self {
        let features = plan.view.definitions().iter();
        Self {
            experiment: plan.experiment.clone(),
            model_name: plan.model_name.clone(),
            view: PendingView {
                name: plan.view.name().to_owned(),
                version: plan.view.version().to_owned(),
                features: features.map(|feature| (feature.name.clone(), feature.expr.to_string())).collect(),
            },
            symbols: plan.symbols.clone(),
            settings: plan.settings.clone(),
            models: plan.models.clone(),
            as_of,
            written_at,
        }
    }

    /// The plan of the session.
    ///
    /// # Errors
    /// A message when this program reads the view's definitions in another way.
    pub(crate) fn plan(&self) -> std::result::Result<ExperimentPlan, String> {
        let view = self.view.restore()?;
        Ok(ExperimentPlan {
            experiment: self.experiment.clone(),
            model_name: self.model_name.clone(),
            view,
            symbols: self.symbols.clone(),
            settings: self.settings.clone(),
            models: self.models.clone(),
        })
    }
}

impl PendingView {
    fn restore(&self) -> std::result::Result<View, String> {
        let definition = |(name, expr): &(String, String)| {
            let expr = expr.parse().map_err(|error| format!("{name}: {error}"))?;
            Ok(Feature { name: name.clone(), expr })
        };
        let definitions = self.features.iter().map(definition).collect::<std::result::Result<_, String>>()?;
        let view = View::new(&self.name, definitions).map_err(|error| error.to_string())?;
        match view.version() == self.version {
            true => Ok(view),
            false => Err(format!("its view `{}` has another meaning in this program", self.name)),
        }
    }
}

/// The pending sessions below a directory.
#[derive(Debug)]
pub(crate) struct PendingFiles {
    directory: PathBuf,
}

impl PendingFiles {
    /// Those of the sessions that keep their results in `directory`.
    pub(crate) fn within(directory: &Path) -> Self {
        Self { directory: directory.join("pending") }
    }

    /// Writes a session down; what is there already stays: the session keeps its first clock.
    ///
    /// # Errors
    /// [`Error::Keep`].
    pub(crate) fn add(&self, session_key: &str, pending: &Pending) -> Result<()> {
        let path = self.path(session_key);
        if path.exists() && self.read(session_key).is_ok() {
            return Ok(());
        }
        let text = serde_json::to_vec_pretty(pending).map_err(|error| keep_error(&path, &error))?;
        write_atomically(&path, &text)
    }

    /// Forgets a session that is recorded; one that is not there is forgotten already.
    ///
    /// # Errors
    /// [`Error::Keep`].
    pub(crate) fn remove(&self, session_key: &str) -> Result<()> {
        let path = self.path(session_key);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(keep_error(&path, &error)),
            _ => Ok(()),
        }
    }

    /// The keys of all pending sessions, in no order.
    pub(crate) fn keys(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let keys =
            entries.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".json")?.to_owned()));
        keys.collect()
    }

    /// A pending session with its plan.
    ///
    /// # Errors
    /// [`Error::Pending`] for a file that this program cannot go on with.
    pub(crate) fn read(&self, session_key: &str) -> Result<(Pending, ExperimentPlan)> {
        let path = self.path(session_key);
        let failed = |reason: String| Error::Pending { path: path.display().to_string(), reason };
        let bytes = fs::read(&path).map_err(|error| failed(error.to_string()))?;
        let pending: Pending = serde_json::from_slice(&bytes).map_err(|error| failed(error.to_string()))?;
        let plan = pending.plan().map_err(failed)?;
        Ok((pending, plan))
    }

    /// The file of a session.
    pub(crate) fn path(&self, session_key: &str) -> PathBuf {
        self.directory.join(format!("{session_key}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(view: View) -> ExperimentPlan {
        ExperimentPlan {
            experiment: "weekly".to_owned(),
            model_name: "weekahead".to_owned(),
            view,
            symbols: vec!["IBM".parse().unwrap()],
            settings: PlanSettings { half_life_weeks: Some(0.1), ..PlanSettings::default() },
            models: ExperimentPlan::default_models(),
        }
    }

    #[test]
    fn a_pending_session_has_the_key_it_had() {
        let directory = tempfile::tempdir().unwrap();
        let files = PendingFiles::within(directory.path());
        for name in View::builtins() {
            let plan = plan(View::builtin(name).unwrap());
            let (as_of, clock) =
                ("2013-01-25".parse().unwrap(), "2013-01-26T10:00:00.000001Z".parse().unwrap());
            files.add(name, &Pending::new(&plan, as_of, clock)).unwrap();
            let (pending, read) = files.read(name).unwrap();
            assert_eq!((pending.as_of, pending.written_at), (as_of, clock));
            assert_eq!(read.session_key("rows"), plan.session_key("rows"), "{name}");
            assert_eq!((read.experiment, read.symbols), (plan.experiment, plan.symbols));
        }
        assert_eq!(files.keys().len(), 2);
        files.remove("weekly_core").unwrap();
        files.remove("weekly_core").unwrap();
        assert_eq!(files.keys(), ["alpha158"]);
    }

    #[test]
    fn what_cannot_be_continued_says_which_file() {
        let directory = tempfile::tempdir().unwrap();
        let files = PendingFiles::within(directory.path());
        let mut pending = Pending::new(
            &plan(View::builtin("weekly_core").unwrap()),
            "2013-01-25".parse().unwrap(),
            Timestamp::UNIX_EPOCH,
        );
        pending.view.version = "0".repeat(16);
        files.add("old", &pending).unwrap();
        let error = files.read("old").unwrap_err().to_string();
        assert!(error.contains("old.json") && error.contains("another meaning"), "{error}");
        fs::write(files.path("torn"), "{").unwrap();
        assert!(files.read("torn").unwrap_err().to_string().contains("torn.json"));
    }
}
