//! What was tried before: the skill of every distinct trial that the tracker has recorded.

use std::collections::BTreeMap;

use weekahead_tracker::{Run, SearchRuns};

use super::{MODEL_TAG, Recording};
use crate::Result;

/// The metric that holds the skill ratio of a trial against the baseline.
pub(super) const SKILL_METRIC: &str = "skill_ratio";

/// Parameters that change with the data, and not with what is tried.
const OF_THE_DATA: [&str; 5] = ["folds", "view_version", "universe_size", "universe_digest", "seed"];

impl Recording<'_> {
    /// The newest skill ratio of each distinct trial of the experiment that looks as far ahead, this session's included.
    ///
    /// Two runs are one trial when all their parameters are equal but those of the data: a model that is trained again
    /// every week is tried once.
    ///
    /// # Errors
    /// Those of the tracker.
    pub async fn trial_ratios(&self) -> Result<Vec<f64>> {
        let mut search = SearchRuns::in_experiment(&self.parent.info.experiment_id);
        search.filter = format!("params.horizon_sessions = '{}'", self.dataset.horizon);
        let runs = self.tracker.search_runs(&search).await?;
        Ok(distinct(runs.iter().filter_map(trial)).into_values().map(|(_, ratio)| ratio).collect())
    }
}

type Trial = BTreeMap<String, String>;

/// What was tried, when, and how it did.
fn trial(run: &Run) -> Option<(Trial, (i64, f64))> {
    let ratio = run.data.metrics.iter().find(|metric| metric.key == SKILL_METRIC)?.value;
    let mut trial = run.data.params.clone();
    trial.retain(|name, _| !OF_THE_DATA.contains(&name.as_str()));
    trial.insert(MODEL_TAG.to_owned(), run.data.tags.get(MODEL_TAG)?.clone());
    Some((trial, (run.info.start_time_ms, ratio)))
}

/// Of equal trials the newest.
fn distinct(trials: impl Iterator<Item = (Trial, (i64, f64))>) -> BTreeMap<Trial, (i64, f64)> {
    let mut newest: BTreeMap<Trial, (i64, f64)> = BTreeMap::new();
    for (trial, (at, ratio)) in trials {
        let known = newest.entry(trial).or_insert((at, ratio));
        if at >= known.0 {
            *known = (at, ratio);
        }
    }
    newest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weekly_repetition_is_one_trial() {
        let trial = |alpha: &str| BTreeMap::from([("alpha".to_owned(), alpha.to_owned())]);
        let runs = [(trial("1"), (2, 0.2)), (trial("1"), (1, 0.1)), (trial("9"), (1, -0.3))];
        let found: Vec<f64> = distinct(runs.into_iter()).into_values().map(|(_, ratio)| ratio).collect();
        assert_eq!(found, [0.2, -0.3]);
    }
}
