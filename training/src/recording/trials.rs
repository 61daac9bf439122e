//! What was tried before: the skill of every distinct trial that the tracker has recorded.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use weekahead_models::ModelSpec;
use weekahead_tracker::{Run, SearchRuns};

use super::Recording;
use crate::Result;

/// The metric that holds the skill ratio of a trial against the baseline.
pub(super) const SKILL_METRIC: &str = "skill_ratio";
/// The tag that names what was tried: equal for runs that differ in their data alone.
pub(super) const TRIAL_TAG: &str = "weekahead.trial";

/// Parameters that change with the data, and not with what is tried.
const OF_THE_DATA: [&str; 5] = ["folds", "view_version", "universe_size", "universe_digest", "seed"];
/// Runs that are looked at in one search: a run comes with all it has recorded.
const RUNS_AT_A_TIME: usize = 50;
/// Trials that a search leaves out: each makes the tracker's query longer.
const LEFT_OUT_AT_MOST: usize = 32;

/// What a run tried: its parameters but those of the data, and its model.
pub(super) fn name(params: &BTreeMap<String, String>, spec: &ModelSpec) -> String {
    let mut hash = Sha256::new();
    for (name, value) in params.iter().filter(|(name, _)| !OF_THE_DATA.contains(&name.as_str())) {
        hash.update(format!("{name:?}={value:?};"));
    }
    hash.update(spec.to_string());
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl Recording<'_> {
    /// The skill ratio of each distinct trial of the experiment that looks as far ahead: this session's own, else the newest.
    ///
    /// Two runs are one trial when all their parameters are equal but those of the data: a model that is trained again
    /// every week is tried once. This session's trials are known; the newest runs of others are looked at, and then those of
    /// yet others alone, so that years of weekly trainings cost no more than the first one.
    ///
    /// # Errors
    /// Those of the tracker.
    pub async fn trial_ratios(&self) -> Result<Vec<f64>> {
        let mut newest = self.tried().clone();
        let horizon = self.dataset.horizon.to_string();
        loop {
            let mut search = SearchRuns::in_experiment(&self.parent.info.experiment_id);
            let others = newest.keys().take(LEFT_OUT_AT_MOST).map(String::as_str);
            search.filter = filter(&horizon, others);
            let is_last = newest.len() > LEFT_OUT_AT_MOST;
            search.limit = if is_last { usize::MAX } else { RUNS_AT_A_TIME };
            let runs = self.tracker.search_runs(&search).await?;
            let found = runs.len();
            for (trial, ratio) in runs.iter().filter_map(trial) {
                newest.entry(trial).or_insert(ratio);
            }
            if is_last || found < RUNS_AT_A_TIME {
                return Ok(newest.into_values().collect());
            }
        }
    }
}

/// The runs of a horizon that tried something else than `others`.
fn filter<'a>(horizon: &str, others: impl Iterator<Item = &'a str>) -> String {
    let mut filter = format!("params.horizon_sessions = '{horizon}' AND metrics.{SKILL_METRIC} > -1e300");
    filter.push_str(&format!(" AND tags.`{TRIAL_TAG}` != ''"));
    others.for_each(|trial| filter.push_str(&format!(" AND tags.`{TRIAL_TAG}` != '{trial}'")));
    filter
}

/// What was tried, and how it did.
fn trial(run: &Run) -> Option<(String, f64)> {
    let ratio = run.data.metrics.iter().find(|metric| metric.key == SKILL_METRIC)?.value;
    Some((run.data.tags.get(TRIAL_TAG)?.clone(), ratio))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(named: &[(&str, &str)]) -> BTreeMap<String, String> {
        named.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_weekly_repetition_is_one_trial() {
        let name = |named: &[(&str, &str)]| name(&params(named), &ModelSpec::RandomWalk);
        assert_eq!(name(&[("alpha", "1"), ("folds", "3")]), name(&[("alpha", "1"), ("folds", "4")]));
        assert_ne!(name(&[("alpha", "1")]), name(&[("alpha", "9")]));
        assert_ne!(name(&[("alpha", "1")]), name(&[("beta", "1")]));
    }

    #[test]
    fn a_search_leaves_out_what_is_known() {
        let filter = filter("5", ["a1", "b2"].into_iter());
        assert!(filter.starts_with("params.horizon_sessions = '5'"), "{filter}");
        assert!(
            filter.ends_with("tags.`weekahead.trial` != 'a1' AND tags.`weekahead.trial` != 'b2'"),
            "{filter}"
        );
    }
}
