//! Deciding who is champion, and writing it down.

use jiff::Timestamp;
use weekahead_market::AsOf;
use weekahead_tracker::ModelVersion;
use weekahead_warehouse::PromotionRow;

use super::incumbent::{Incumbent, candidate};
use super::record::Recorded;
use super::{Exclusion, Session};
use crate::evaluation::{Candidate, Decision, LossSeries, Policy, check_shared, decide};
use crate::recording::carry_out;
use crate::{Dataset, Error, ExperimentPlan, Result};

impl Session {
    /// Decides, writes the decision down, moves the alias: in this order, so that an alias that moved has a reason.
    pub(super) async fn decide(
        &self,
        plan: &ExperimentPlan,
        dataset: &Dataset,
        recorded: &[Recorded],
        excluded: &[Exclusion],
        trial_ratios: Vec<f64>,
        decided_at: Timestamp,
    ) -> Result<Decision> {
        let decisions = self.warehouse.promotions(AsOf::at(Timestamp::MAX), &plan.model_name).await?;
        if let Some(decision) = self.repeat_decision(recorded, &decisions).await? {
            return Ok(decision);
        }
        let incumbent = self.incumbent(plan, dataset, recorded, excluded, decided_at).await?;
        let decision = self.compare(plan, recorded, &incumbent, trial_ratios)?;
        let decision = match decisions.last().filter(|newest| newest.decided_at > decided_at) {
            Some(newest) => of_the_past(decision, newest.decided_at),
            None => decision,
        };
        let Some((subject, version)) = subject(&decision, recorded) else { return Ok(decision) };
        let row = promotion_row(plan, &decision, (subject, version), incumbent.version(), decided_at);
        self.warehouse.write_promotion(&row).await?;
        carry_out(&self.tracker, &row).await?;
        Ok(decision)
    }

    /// Holds the session's models against the baseline and the champion, where that can be done.
    fn compare(
        &self,
        plan: &ExperimentPlan,
        recorded: &[Recorded],
        incumbent: &Incumbent,
        trial_ratios: Vec<f64>,
    ) -> Result<Decision> {
        let champion = match incumbent {
            Incumbent::NotComparable { reason, .. } => {
                return Ok(Decision { promote: None, reason: reason.clone(), comparisons: Vec::new() });
            }
            Incumbent::Comparable { candidate, .. } => Some(candidate),
            Incumbent::Nobody | Incumbent::Lost { .. } => None,
        };
        let baseline = candidate(&recorded[0]);
        let challenging = |candidate: &Candidate| {
            candidate.name != baseline.name && champion.is_none_or(|champion| champion.name != candidate.name)
        };
        let challengers: Vec<_> = recorded.iter().map(candidate).filter(challenging).collect();
        let policy = Policy {
            loss: plan.settings.loss,
            significance: plan.settings.significance,
            trials: 0,
            trial_ratios,
            minimum_origins: plan.settings.minimum_origins,
        };
        let horizon = plan.settings.horizon;
        let too_few = |one: &Candidate, other: &Candidate| {
            told(check_shared(one, other, &policy, &self.calendar, horizon))
        };
        if let Some(champion) = champion.filter(|champion| champion.name != baseline.name)
            && let Some(why) = too_few(champion, &baseline)?
        {
            let reason = format!("{} stays champion, nobody was compared with it: {why}", champion.name);
            return Ok(Decision { promote: None, reason, comparisons: Vec::new() });
        }
        let opponents: Vec<&Candidate> = champion.into_iter().chain([&baseline]).collect();
        let (challengers, left_out) = sharing(challengers, &opponents, too_few)?;
        let policy = Policy { trials: challengers.len(), ..policy };
        let mut decision = decide(&challengers, champion, &baseline, &policy, &self.calendar, horizon)?;
        decision.reason.push_str(&left_out);
        if let Incumbent::Lost { version } = incumbent {
            let reason = decision.reason;
            decision.reason =
                format!("the registry has lost version {version}, the champion until now; {reason}");
        }
        Ok(decision)
    }

    /// A session that broke off after it had decided stands by its decision: the alias may not have moved yet.
    async fn repeat_decision(
        &self,
        recorded: &[Recorded],
        decisions: &[PromotionRow],
    ) -> Result<Option<Decision>> {
        let of_ours =
            |row: &PromotionRow| recorded.iter().any(|recorded| recorded.run.info.run_id == row.run_id);
        // What was decided by hand about its versions is not the session's word.
        let ours = |row: &PromotionRow| of_ours(row) && !row.is_by_hand();
        let Some(at) = decisions.iter().rposition(ours) else { return Ok(None) };
        let row = &decisions[at];
        // Nor may it move back what was decided since.
        let about = |later: &PromotionRow| later.promoted || later.model_version == row.model_version;
        if !decisions[at + 1..].iter().any(about) {
            carry_out(&self.tracker, row).await?;
        }
        let promote = row.promoted.then(|| row.model_kind.clone());
        Ok(Some(Decision { promote, reason: row.reason.clone(), comparisons: Vec::new() }))
    }
}

/// The challengers that share enough origins with every opponent, and a word about each that does not.
fn sharing(
    challengers: Vec<Candidate>,
    opponents: &[&Candidate],
    too_few: impl Fn(&Candidate, &Candidate) -> Result<Option<String>>,
) -> Result<(Vec<Candidate>, String)> {
    let (mut sharing, mut left_out) = (Vec::with_capacity(challengers.len()), String::new());
    for challenger in challengers {
        let mut why = None;
        for opponent in opponents {
            why = why.or(too_few(&challenger, opponent)?);
        }
        match why {
            Some(why) => left_out.push_str(&format!("; {} was not compared: {why}", challenger.name)),
            None => sharing.push(challenger),
        }
    }
    Ok((sharing, left_out))
}

/// Too little evidence in words; other errors are errors.
fn told(evidence: Result<()>) -> Result<Option<String>> {
    match evidence {
        Ok(()) => Ok(None),
        Err(error @ Error::TooFew { .. }) => Ok(Some(error.to_string())),
        Err(error) => Err(error),
    }
}

/// A session that stands before the newest decision moves nothing: the champion of today was chosen knowing more.
fn of_the_past(decision: Decision, newest: Timestamp) -> Decision {
    let Decision { promote, reason, comparisons } = decision;
    let reason = match promote {
        Some(_) => format!(
            "nobody is promoted: a decision of {newest} stands, and this session stands before it; else it would be: {reason}"
        ),
        None => reason,
    };
    Decision { promote: None, reason, comparisons }
}

/// The model that a decision is about, with its version: the promoted one, else the best challenger that has a version, else
/// the one of the lowest loss but the baseline.
fn subject<'a>(decision: &Decision, recorded: &'a [Recorded]) -> Option<(&'a Recorded, &'a ModelVersion)> {
    let versioned = |recorded: &'a Recorded| Some((recorded, recorded.version.as_ref()?));
    let by_name = |name: &str| recorded.iter().find(|recorded| recorded.name() == name).and_then(versioned);
    let best_compared = || decision.comparisons.iter().find_map(|c| by_name(&c.challenger));
    let loss = |(recorded, _): &(&Recorded, &ModelVersion)| mean(&recorded.backtest().losses);
    let others = || recorded.iter().skip(1).filter_map(versioned);
    let best = || others().min_by(|a, b| loss(a).total_cmp(&loss(b)));
    let baseline = || recorded.first().and_then(versioned);
    match decision.promote.as_deref() {
        Some(promoted) => by_name(promoted),
        None => best_compared().or_else(best).or_else(baseline),
    }
}

fn mean(losses: &LossSeries) -> f64 {
    losses.values().sum::<f64>() / losses.len() as f64
}

fn promotion_row(
    plan: &ExperimentPlan,
    decision: &Decision,
    (subject, version): (&Recorded, &ModelVersion),
    previous_version: Option<u32>,
    decided_at: Timestamp,
) -> PromotionRow {
    let name = subject.name();
    let own = decision.comparisons.iter().find(|c| c.challenger == name);
    let best = decision.comparisons.first();
    PromotionRow {
        decided_at,
        model_name: plan.model_name.clone(),
        model_version: version.version,
        model_kind: subject.backtest().spec.kind().to_owned(),
        run_id: subject.run.info.run_id.clone(),
        previous_version,
        promoted: decision.promote.is_some(),
        metric: plan.settings.loss.name().to_owned(),
        challenger_value: own.map_or_else(|| mean(&subject.backtest().losses), |c| c.loss),
        champion_value: own.or(best).and_then(|c| c.champion_loss).unwrap_or(f64::NAN),
        p_value: own.map_or(f64::NAN, |c| c.p_adjusted),
        reason: decision.reason.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_shares_too_few_origins_is_left_out_and_told() {
        let candidate = |name: &str, origins: i32| Candidate {
            name: name.to_owned(),
            losses: (0..origins)
                .map(|at| (weekahead_market::Session::from_days_since_epoch(15_000 + 7 * at).unwrap(), 0.1))
                .collect(),
            promotable: true,
        };
        let policy = Policy {
            loss: crate::evaluation::LossKind::AbsoluteError,
            significance: 0.05,
            trials: 0,
            trial_ratios: Vec::new(),
            minimum_origins: 20,
        };
        let calendar = weekahead_market::Calendar::nyse();
        let horizon = weekahead_market::Horizon::sessions(1).unwrap();
        let too_few =
            |one: &Candidate, other: &Candidate| told(check_shared(one, other, &policy, &calendar, horizon));
        let (baseline, champion) = (candidate("random_walk", 60), candidate("ridge", 40));
        let challengers = vec![candidate("late", 19), candidate("drift", 60)];
        let (kept, told) = sharing(challengers, &[&champion, &baseline], too_few).unwrap();
        assert_eq!(kept, [candidate("drift", 60)]);
        assert!(told.starts_with("; late was not compared: ") && told.contains("19 are too few"), "{told}");
        assert!(!told.contains("drift"), "{told}");
    }

    #[test]
    fn a_session_of_the_past_promotes_nobody_and_says_what_it_would_have_done() {
        let newest = "2013-02-01T22:00:00Z".parse().unwrap();
        let decision = |promote: Option<&str>| Decision {
            promote: promote.map(str::to_owned),
            reason: "promoted: ridge".to_owned(),
            comparisons: Vec::new(),
        };
        let moved = of_the_past(decision(Some("ridge")), newest);
        assert_eq!(moved.promote, None);
        assert!(moved.reason.contains("a decision of 2013-02-01T22:00:00Z stands"), "{}", moved.reason);
        assert!(moved.reason.ends_with("promoted: ridge"), "{}", moved.reason);
        assert_eq!(of_the_past(decision(None), newest), decision(None));
    }
}
