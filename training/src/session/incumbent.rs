//! Who was champion before a session, and whether its models can be held against it.

use jiff::Timestamp;
use weekahead_market::AsOf;

use super::record::{Recorded, exclusion_of};
use super::{Exclusion, Session};
use crate::evaluation::Candidate;
use crate::recording::{Ground, Recording};
use crate::{Dataset, ExperimentPlan, Result};

/// The champion that a session meets.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Incumbent {
    /// There is none.
    Nobody,
    /// The registry has lost it: as if there were none, and the reason says so.
    Lost {
        /// Its version.
        version: u32,
    },
    /// It cannot be compared with, and stays.
    NotComparable {
        /// Its version.
        version: u32,
        /// Why, in one sentence.
        reason: String,
    },
    /// Its spec was backtested in this session.
    Comparable {
        /// Its version.
        version: u32,
        /// Its losses in this session.
        candidate: Candidate,
    },
}

impl Incumbent {
    /// Its version.
    pub(super) fn version(&self) -> Option<u32> {
        match self {
            Self::Nobody => None,
            Self::Lost { version }
            | Self::NotComparable { version, .. }
            | Self::Comparable { version, .. } => Some(*version),
        }
    }
}

impl Session {
    /// The champion before this session.
    ///
    /// By the recorded decisions, none of which is this session's own: it would have been repeated. Of two sessions that
    /// stand at one instant, the one that decided first counts.
    pub(super) async fn incumbent(
        &self,
        plan: &ExperimentPlan,
        dataset: &Dataset,
        recorded: &[Recorded],
        excluded: &[Exclusion],
        decided_at: Timestamp,
    ) -> Result<Incumbent> {
        let until = dataset.as_of.max(AsOf::at(decided_at));
        let decisions = self.warehouse.promotions(until, &plan.model_name).await?;
        let earlier = decisions.iter().rev().find(|row| row.promoted && row.decided_at <= decided_at);
        let Some(decision) = earlier else { return Ok(Incumbent::Nobody) };
        let version = match self.tracker.model_version(&plan.model_name, decision.model_version).await {
            Ok(version) => version,
            Err(error) if error.is_not_found() => {
                return Ok(Incumbent::Lost { version: decision.model_version });
            }
            Err(error) => return Err(error.into()),
        };
        let spec = Recording::spec_of(&version).unwrap_or_default().to_owned();
        let ground = Ground::of_version(&self.tracker, &version).await?;
        let version = version.version;
        let why_not = match recorded.iter().find(|recorded| recorded.name() == spec) {
            _ if differences(&ground, dataset).is_some() => differences(&ground, dataset),
            Some(recorded) => {
                return Ok(Incumbent::Comparable { version, candidate: candidate(recorded) });
            }
            None => exclusion_of(excluded, &spec).map(|exclusion| {
                format!("that model could not be trained in this session ({})", exclusion.reason)
            }),
        };
        let not_trained = || {
            "the plan does not train that model: add it to the plan, so that others can be held against it"
                .to_owned()
        };
        let why_not = why_not.unwrap_or_else(not_trained);
        let reason =
            format!("version {version} ({spec}) stays champion, nobody was compared with it: {why_not}");
        Ok(Incumbent::NotComparable { version, reason })
    }
}

/// A model with its losses.
pub(super) fn candidate(recorded: &Recorded) -> Candidate {
    let (name, losses) = (recorded.name(), recorded.backtest().losses.clone());
    Candidate { name, losses, promotable: recorded.version.is_some() }
}

/// What keeps a version's ground apart from the session's; nothing is told apart by what nobody recorded.
fn differences(ground: &Ground, dataset: &Dataset) -> Option<String> {
    let horizon = dataset.horizon.to_string();
    let pairs = [
        ("view", &ground.view, &dataset.view),
        ("view version", &ground.view_version, &dataset.view_version),
        ("horizon", &ground.horizon, &horizon),
    ];
    let (what, then, now) = pairs.into_iter().find_map(|(what, then, now)| {
        let then = then.as_ref()?;
        (then != now).then_some((what, then, now))
    })?;
    Some(format!(
        "its {what} is {then} and this session's is {now}; train under a model name of its own, or delete the version in \
         MLflow to begin anew"
    ))
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2};
    use weekahead_market::Horizon;

    use super::*;

    fn dataset() -> Dataset {
        Dataset {
            view: "weekly_core".to_owned(),
            view_version: "1".to_owned(),
            features: Vec::new(),
            horizon: Horizon::WEEK,
            as_of: "2013-01-25".parse().unwrap(),
            keys: Vec::new(),
            x: Array2::zeros((0, 0)),
            y: Array1::zeros(0),
            closes: crate::CloseHistory::default(),
        }
    }

    #[test]
    fn another_view_or_horizon_is_no_opponent() {
        let text = |text: &str| Some(text.to_owned());
        let same = Ground { view: text("weekly_core"), view_version: text("1"), horizon: text("5") };
        assert_eq!(differences(&same, &dataset()), None);
        assert_eq!(differences(&Ground::default(), &dataset()), None, "what nobody recorded");
        let told = |ground: Ground| differences(&ground, &dataset()).unwrap();
        assert!(told(Ground { view: text("alpha158"), ..same.clone() }).contains("alpha158"));
        assert!(told(Ground { view_version: text("0"), ..same.clone() }).contains("view version is 0"));
        assert!(told(Ground { horizon: text("1"), ..same }).contains("horizon is 1 and this session's is 5"));
    }
}
