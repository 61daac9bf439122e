//! The versions of a model, a line each.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use weekahead_market::AsOf;
use weekahead_tracker::{ModelSelector, ModelVersion, Run};

use super::{History, ModelRegistry, Standing};
use crate::recording::Recording;
use crate::{Error, Result};

/// The tag of a run that says where it stood.
const AS_OF_TAG: &str = "weekahead.as_of";

/// A version in a list.
///
/// # Units
/// `mae` is a log return.
///
/// # Missing values
/// What the version's tags or its run do not say is `None`; so is all of the run when the tracker lost it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionSummary {
    /// The version.
    pub version: u32,
    /// The aliases that point at it.
    pub aliases: Vec<String>,
    /// Whether it is champion by the record.
    pub is_champion: bool,
    /// The kind of model with its hyperparameters.
    pub model: Option<String>,
    /// The feature view.
    pub view: Option<String>,
    /// The version of the view's definitions.
    pub view_version: Option<String>,
    /// Sessions ahead.
    pub horizon_sessions: Option<u32>,
    /// Where its training stood.
    pub as_of: Option<String>,
    /// The run that made it.
    pub run_id: String,
    /// Whether the tracker still has that run.
    pub has_run: bool,
    /// Its mean absolute error in the backtest.
    pub mae: Option<f64>,
    /// That over the random walk's.
    pub mase: Option<f64>,
    /// Its mean rank correlation.
    pub rank_ic: Option<f64>,
    /// When it was registered.
    pub registered_at: Timestamp,
}

/// The versions of a model, newest first, and who is champion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionList {
    /// The registered model.
    pub model: String,
    /// By the record and by the alias.
    pub champion: Standing,
    /// The versions.
    pub versions: Vec<VersionSummary>,
}

impl ModelRegistry {
    /// The versions, newest first. Those whose run is lost are listed with what their tags say.
    ///
    /// # Errors
    /// Errors of tracker and warehouse.
    pub async fn versions(&self, as_of: AsOf) -> Result<VersionList> {
        let (history, aliases) = (self.history(as_of).await?, self.tracker.aliases(&self.model).await?);
        let versions = self.tracker.model_versions(&self.model).await?;
        let mut run_ids: Vec<String> = versions.iter().map(|version| version.run_id.clone()).collect();
        run_ids.sort();
        run_ids.dedup();
        let runs = self.tracker.runs(run_ids.into_iter().filter(|run_id| !run_id.is_empty())).await?;
        let champion = standing(&history, &aliases);
        let summary = |version: &ModelVersion| {
            VersionSummary::new(version, &aliases, champion.recorded, runs.get(&version.run_id))
        };
        Ok(VersionList {
            model: self.model.clone(),
            champion,
            versions: versions.iter().map(summary).collect(),
        })
    }

    /// The decisions known at `as_of`, replayed.
    ///
    /// # Errors
    /// Errors of the warehouse.
    pub async fn history(&self, as_of: AsOf) -> Result<History> {
        Ok(History::replay(&self.warehouse.promotions(as_of, &self.model).await?))
    }

    /// One version with the line that a list has of it, and its run.
    pub(super) async fn summarised(
        &self,
        selector: &ModelSelector,
        as_of: AsOf,
    ) -> Result<(ModelVersion, VersionSummary, Option<Run>)> {
        let version = self.version(selector).await?;
        let aliases = self.tracker.aliases(&self.model).await?;
        let champion = self.history(as_of).await?.champion();
        let wanted = Some(version.run_id.clone()).filter(|run_id| !run_id.is_empty());
        let run = self.tracker.runs(wanted).await?.into_values().next();
        let summary = VersionSummary::new(&version, &aliases, champion, run.as_ref());
        Ok((version, summary, run))
    }

    /// The version, in the words of this program when the registry does not have it.
    pub(super) async fn version(&self, selector: &ModelSelector) -> Result<ModelVersion> {
        let unknown = || Error::UnknownVersion { model: self.model.clone(), version: selector.to_string() };
        match selector {
            ModelSelector::Version(number) => match self.tracker.model_version(&self.model, *number).await {
                Err(error) if error.is_not_found() => Err(unknown()),
                version => Ok(version?),
            },
            ModelSelector::Alias(alias) => {
                self.tracker.version_by_alias(&self.model, alias).await?.ok_or_else(unknown)
            }
        }
    }
}

/// Who is champion, by the record and by the alias.
pub(super) fn standing(history: &History, aliases: &BTreeMap<String, u32>) -> Standing {
    Standing { recorded: history.champion(), alias: aliases.get(ModelVersion::CHAMPION).copied() }
}

impl VersionSummary {
    fn new(
        version: &ModelVersion,
        aliases: &BTreeMap<String, u32>,
        champion: Option<u32>,
        run: Option<&Run>,
    ) -> Self {
        let parameter = |key: &str| run.and_then(|run| run.data.params.get(key)).cloned();
        let metric = |key: &str| run.and_then(|run| run.metric(key)).filter(|value| value.is_finite());
        let own = aliases.iter().filter(|(_, at)| **at == version.version);
        Self {
            version: version.version,
            aliases: own.map(|(alias, _)| alias.clone()).collect(),
            is_champion: champion == Some(version.version),
            model: Recording::spec_of(version).map(str::to_owned).or_else(|| parameter("model")),
            view: parameter("view"),
            view_version: parameter("view_version"),
            horizon_sessions: parameter("horizon_sessions").and_then(|sessions| sessions.parse().ok()),
            as_of: run.and_then(|run| run.data.tags.get(AS_OF_TAG)).cloned(),
            run_id: version.run_id.clone(),
            has_run: run.is_some(),
            mae: metric("mae"),
            mase: metric("mase"),
            rank_ic: metric("rank_ic"),
            registered_at: Timestamp::from_millisecond(version.created_at_ms).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_version_without_its_run_is_told_by_its_tags() {
        let version: ModelVersion = serde_json::from_value(json!({
            "name": "weekly", "version": "2", "run_id": "r2", "creation_timestamp": 1_359_154_800_000_i64,
            "tags": [{"key": "weekahead.model", "value": "ridge(alpha=1000)"}],
        }))
        .unwrap();
        let aliases = BTreeMap::from([("champion".to_owned(), 2), ("challenger".to_owned(), 3)]);
        let lost = VersionSummary::new(&version, &aliases, Some(1), None);
        assert_eq!((lost.model.as_deref(), lost.has_run), (Some("ridge(alpha=1000)"), false));
        assert_eq!((lost.aliases.as_slice(), lost.is_champion), (&["champion".to_owned()][..], false));
        assert_eq!((lost.view, lost.mae), (None, None));
        assert_eq!(lost.registered_at.to_string(), "2013-01-25T23:00:00Z");

        let run: Run = serde_json::from_value(json!({
            "info": {"run_id": "r2", "experiment_id": "1", "status": "FINISHED"},
            "data": {
                "metrics": [{"key": "mae", "value": 0.03}, {"key": "rank_ic", "value": "NaN"}],
                "params": [{"key": "view", "value": "weekly_core"}, {"key": "horizon_sessions", "value": "5"}],
                "tags": [{"key": "weekahead.as_of", "value": "2013-01-25T23:00:00Z"}],
            },
        }))
        .unwrap();
        let summary = VersionSummary::new(&version, &aliases, Some(2), Some(&run));
        assert_eq!((summary.mae, summary.rank_ic, summary.horizon_sessions), (Some(0.03), None, Some(5)));
        assert_eq!(summary.as_of.as_deref(), Some("2013-01-25T23:00:00Z"));
        assert!(summary.is_champion && summary.has_run);
    }
}
