//! Deciding who is champion, and writing it down.

use jiff::Timestamp;
use weekahead_market::AsOf;
use weekahead_models::ModelSpec;
use weekahead_tracker::{ModelVersion, Run};
use weekahead_warehouse::PromotionRow;

use super::Session;
use crate::evaluation::{Candidate, Decision, Policy, decide};
use crate::recording::Recording;
use crate::{Backtest, Dataset, ExperimentPlan, Result};

impl Session {
    /// Decides, writes the decision down, moves the alias: in this order, so that an alias that moved has a reason.
    pub(super) async fn decide(
        &self,
        plan: &ExperimentPlan,
        dataset: &Dataset,
        backtests: &[Backtest],
        recorded: &[(Run, ModelVersion)],
        decided_at: Timestamp,
    ) -> Result<Decision> {
        if let Some(decision) = self.repeat_decision(plan, recorded).await? {
            return Ok(decision);
        }
        let previous = self.previous_champion(plan, dataset.as_of, decided_at).await?;
        let champion = match &previous {
            Some((version, spec)) => match find(backtests, spec) {
                Some(backtest) => Some(candidate(backtest)),
                None => return Ok(not_comparable(*version, spec)),
            },
            None => None,
        };
        let baseline = candidate(&backtests[0]);
        let challenging = |backtest: &&Backtest| {
            let name = backtest.spec.to_string();
            name != baseline.name && champion.as_ref().is_none_or(|champion| champion.name != name)
        };
        let challengers: Vec<_> = backtests.iter().filter(challenging).map(candidate).collect();
        let policy = Policy {
            loss: plan.settings.loss,
            significance: plan.settings.significance,
            trials: challengers.len(),
            minimum_origins: plan.settings.minimum_origins,
        };
        let champion = champion.as_ref();
        let horizon = plan.settings.horizon;
        let decision = decide(&challengers, champion, &baseline, &policy, &self.calendar, horizon)?;
        let subject =
            decision.promote.as_deref().or(decision.comparisons.first().map(|c| c.challenger.as_str()));
        let at =
            subject.and_then(|name| backtests.iter().position(|backtest| backtest.spec.to_string() == name));
        let (run, version) = &recorded[at.unwrap_or(0)];
        let row = promotion_row(plan, &decision, &backtests[at.unwrap_or(0)].spec, run, version, decided_at);
        let row = PromotionRow { previous_version: previous.map(|(version, _)| version), ..row };
        self.warehouse.write_promotion(&row).await?;
        let name = &plan.model_name;
        self.tracker.set_version_tag(name, version.version, "weekahead.decision", &decision.reason).await?;
        if decision.promote.is_some() {
            self.tracker.set_alias(name, ModelVersion::CHAMPION, version.version).await?;
        }
        Ok(decision)
    }

    /// A session that broke off after it had decided stands by its decision: the alias may not have moved yet.
    async fn repeat_decision(
        &self,
        plan: &ExperimentPlan,
        recorded: &[(Run, ModelVersion)],
    ) -> Result<Option<Decision>> {
        let decisions = self.warehouse.promotions(AsOf::at(Timestamp::MAX), &plan.model_name).await?;
        let ours = |row: &&PromotionRow| recorded.iter().any(|(run, _)| run.info.run_id == row.run_id);
        let Some(row) = decisions.iter().rev().find(ours) else { return Ok(None) };
        if row.promoted {
            self.tracker.set_alias(&plan.model_name, ModelVersion::CHAMPION, row.model_version).await?;
        }
        let promote = row.promoted.then(|| row.model_kind.clone());
        Ok(Some(Decision { promote, reason: row.reason.clone(), comparisons: Vec::new() }))
    }

    /// The version that was champion before this session, and what it is.
    ///
    /// By the recorded decisions: a session that broke off after moving the alias must not meet itself.
    async fn previous_champion(
        &self,
        plan: &ExperimentPlan,
        as_of: AsOf,
        decided_at: Timestamp,
    ) -> Result<Option<(u32, String)>> {
        let decisions = self.warehouse.promotions(as_of.max(AsOf::at(decided_at)), &plan.model_name).await?;
        let earlier = decisions.iter().rev().find(|row| row.promoted && row.decided_at < decided_at);
        let Some(decision) = earlier else { return Ok(None) };
        let version = self.tracker.model_version(&plan.model_name, decision.model_version).await?;
        Ok(Some((version.version, Recording::spec_of(&version).unwrap_or_default().to_owned())))
    }
}

/// A champion that the plan does not train cannot be beaten by it.
fn not_comparable(version: u32, spec: &str) -> Decision {
    let reason = format!(
        "version {version} ({spec}) stays champion: the plan does not train that model, so nobody was compared with it; \
         add it to the plan"
    );
    Decision { promote: None, reason, comparisons: Vec::new() }
}

fn find<'a>(backtests: &'a [Backtest], name: &str) -> Option<&'a Backtest> {
    backtests.iter().find(|backtest| backtest.spec.to_string() == name)
}

fn candidate(backtest: &Backtest) -> Candidate {
    Candidate { name: backtest.spec.to_string(), losses: backtest.losses.clone() }
}

fn promotion_row(
    plan: &ExperimentPlan,
    decision: &Decision,
    spec: &ModelSpec,
    run: &Run,
    version: &ModelVersion,
    decided_at: Timestamp,
) -> PromotionRow {
    let own = decision.comparisons.iter().find(|c| c.challenger == spec.to_string());
    let best = decision.comparisons.first();
    // The baseline is compared with nobody: its loss is what the others were held against.
    let loss = own.map(|c| c.loss).or(best.map(|c| c.baseline_loss));
    PromotionRow {
        decided_at,
        model_name: plan.model_name.clone(),
        model_version: version.version,
        model_kind: spec.kind().to_owned(),
        run_id: run.info.run_id.clone(),
        previous_version: None,
        promoted: decision.promote.is_some(),
        metric: plan.settings.loss.name().to_owned(),
        challenger_value: loss.unwrap_or(f64::NAN),
        champion_value: own.or(best).and_then(|c| c.champion_loss).unwrap_or(f64::NAN),
        p_value: own.map_or(f64::NAN, |c| c.p_adjusted),
        reason: decision.reason.clone(),
    }
}
