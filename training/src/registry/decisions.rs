//! A person's decisions about the champion: promote a version, go back to the one before.

use jiff::Timestamp;
use serde::Serialize;
use weekahead_market::AsOf;
use weekahead_models::onnx::{ArtifactMeta, OnnxRuntime};
use weekahead_tracker::ModelVersion;
use weekahead_warehouse::PromotionRow;

use super::history::WayBack;
use super::versions::standing;
use super::{History, ModelRegistry, Standing};
use crate::recording::carry_out;
use crate::{Error, Result};

const LONGEST_REASON: usize = 1_000;

/// What a decision changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The registered model.
    pub model: String,
    /// Who is champion now.
    pub version: u32,
    /// What it is: kind and hyperparameters.
    pub spec: String,
    /// Who was champion before, by the record.
    pub from: Option<u32>,
    /// Whether a decision was written. It is not when one is on record already and only the alias was elsewhere.
    pub recorded: bool,
    /// Who was champion before the change, by record and alias.
    pub before: Standing,
    /// Former champions that a rollback could not go back to.
    pub skipped: Vec<Skipped>,
}

/// A former champion that cannot answer any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The version.
    pub version: u32,
    /// What is wrong with it.
    pub reason: String,
}

impl ModelRegistry {
    /// Makes a version champion, because a person says so.
    ///
    /// The artifact must have the registered digest, and ONNX Runtime must load it. Then, in the order of a training session,
    /// the row in `ops.promotions`, the tag of the version, the alias. Repeated after a crash in between, it carries out what is
    /// recorded and records nothing more.
    ///
    /// # Errors
    /// [`Error::AlreadyChampion`], [`Error::UnknownVersion`], [`Error::UnusableVersion`], [`Error::Reason`];
    /// [`Error::LaterDecision`] when `now` is not after the newest decision; errors of tracker and warehouse.
    pub async fn promote(
        &self,
        runtime: &OnnxRuntime,
        version: u32,
        reason: &str,
        now: Timestamp,
    ) -> Result<Change> {
        let reason = checked(reason)?;
        let (history, before) = self.before(now).await?;
        if before.recorded == Some(version) && before.alias == Some(version) {
            return Err(Error::AlreadyChampion { model: self.model.clone(), version });
        }
        let usable = self.usable(runtime, version).await?;
        if before.recorded == Some(version) {
            return self.restore(&history, &usable, before, Vec::new()).await;
        }
        let reason = format!("by hand: {reason}");
        self.decide(&usable, PromotionRow::BY_HAND, reason, now, before, Vec::new()).await
    }

    /// Goes back to the champion before, by the record; see [`History`] for what is before.
    ///
    /// Versions that could not answer are skipped. Recorded and repeated as [`promote`](Self::promote) is.
    ///
    /// # Errors
    /// [`Error::NothingBefore`] when there is no version to go back to; else as [`promote`](Self::promote).
    pub async fn roll_back(
        &self,
        runtime: &OnnxRuntime,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Change> {
        let reason = reason.map(checked).transpose()?;
        let (history, before) = self.before(now).await?;
        let Some(way) = history.way_back(before.alias) else {
            return Err(self.nothing_before(None, &[]));
        };
        let WayBack { from, restore, before: earlier } = way;
        let mut skipped = Vec::new();
        for version in restore.then_some(from).into_iter().chain(earlier) {
            let usable = match self.usable(runtime, version).await {
                Ok(usable) => usable,
                Err(Error::UnknownVersion { .. }) => {
                    skipped.push(Skipped { version, reason: "the registry has lost it".to_owned() });
                    continue;
                }
                Err(Error::UnusableVersion { reason, .. }) => {
                    skipped.push(Skipped { version, reason });
                    continue;
                }
                Err(error) => return Err(error),
            };
            if version == from {
                return self.restore(&history, &usable, before, skipped).await;
            }
            let reason = rollback_reason(from, reason, &skipped);
            return self.decide(&usable, PromotionRow::ROLLBACK, reason, now, before, skipped).await;
        }
        Err(self.nothing_before(Some(from), &skipped))
    }

    /// The record and the alias before a decision at `now`, which must be the newest.
    async fn before(&self, now: Timestamp) -> Result<(History, Standing)> {
        let decisions = self.warehouse.promotions(AsOf::at(Timestamp::MAX), &self.model).await?;
        if let Some(later) = decisions.last().filter(|newest| newest.decided_at >= now) {
            return Err(Error::LaterDecision {
                model: self.model.clone(),
                decided_at: later.decided_at,
                now,
            });
        }
        let history = History::replay(&decisions);
        let before = standing(&history, &self.tracker.aliases(&self.model).await?);
        Ok((history, before))
    }

    async fn decide(
        &self,
        (version, meta): &(ModelVersion, ArtifactMeta),
        metric: &str,
        reason: String,
        decided_at: Timestamp,
        before: Standing,
        skipped: Vec<Skipped>,
    ) -> Result<Change> {
        let row = PromotionRow {
            decided_at,
            model_name: self.model.clone(),
            model_version: version.version,
            model_kind: meta.model.kind().to_owned(),
            run_id: version.run_id.clone(),
            previous_version: before.recorded,
            promoted: true,
            metric: metric.to_owned(),
            challenger_value: f64::NAN,
            champion_value: f64::NAN,
            p_value: f64::NAN,
            reason,
        };
        self.warehouse.write_promotion(&row).await?;
        carry_out(&self.tracker, &row).await?;
        Ok(self.change(version.version, meta, before, true, skipped))
    }

    /// Brings tag and alias to where the newest decision says.
    async fn restore(
        &self,
        history: &History,
        (version, meta): &(ModelVersion, ArtifactMeta),
        before: Standing,
        skipped: Vec<Skipped>,
    ) -> Result<Change> {
        if let Some(newest) = history.newest() {
            carry_out(&self.tracker, newest).await?;
        }
        Ok(self.change(version.version, meta, before, false, skipped))
    }

    fn change(
        &self,
        version: u32,
        meta: &ArtifactMeta,
        before: Standing,
        recorded: bool,
        skipped: Vec<Skipped>,
    ) -> Change {
        let (model, spec, from) = (self.model.clone(), meta.model.to_string(), before.recorded);
        Change { model, version, spec, from, recorded, before, skipped }
    }

    fn nothing_before(&self, version: Option<u32>, skipped: &[Skipped]) -> Error {
        let model = self.model.clone();
        match version {
            Some(version) => Error::NothingBefore { model, version, skipped: told(skipped) },
            None => Error::NoChampion { model },
        }
    }
}

/// A reason in one line, neither empty nor longer than a tag takes.
fn checked(reason: &str) -> Result<String> {
    let line = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.chars().count() {
        1..=LONGEST_REASON => Ok(line),
        characters => Err(Error::Reason { characters, most: LONGEST_REASON }),
    }
}

fn rollback_reason(from: u32, reason: Option<String>, skipped: &[Skipped]) -> String {
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("rolled back from version {from}{reason}{}", told(skipped))
}

/// The skipped versions, to be put behind a sentence.
fn told(skipped: &[Skipped]) -> String {
    skipped.iter().map(|one| format!("; version {} was skipped: {}", one.version, one.reason)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_and_says_something() {
        assert_eq!(checked(" coverage\n fell ").unwrap(), "coverage fell");
        assert!(matches!(checked(" \n"), Err(Error::Reason { characters: 0, .. })));
        assert!(matches!(checked(&"x".repeat(1_001)), Err(Error::Reason { characters: 1_001, .. })));
    }

    #[test]
    fn a_rollback_says_whom_it_skipped() {
        let skipped = [Skipped { version: 2, reason: "the registry has lost it".to_owned() }];
        assert_eq!(
            rollback_reason(3, Some("coverage fell".to_owned()), &skipped),
            "rolled back from version 3: coverage fell; version 2 was skipped: the registry has lost it"
        );
        assert_eq!(rollback_reason(3, None, &[]), "rolled back from version 3");
    }
}
