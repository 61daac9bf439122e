//! Which model becomes champion, and why.

use serde::Serialize;
use weekahead_market::{Calendar, Horizon};

use super::comparison::{Arena, Comparison};
use super::deflation::{SkillRatio, deflated_benchmark};
use super::losses::{LossKind, LossSeries};
use super::reason::Reason;
use super::significance::{check_origins, holm};
use crate::{Error, Result};

/// When a challenger is good enough.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The loss that models are compared by.
    pub loss: LossKind,
    /// The accepted chance of promoting a model that is no better.
    pub significance: f64,
    /// How many tests p-values are corrected for by Holm's method; at least the challengers are counted.
    pub trials: usize,
    /// The skill ratio against the baseline of every distinct trial that was recorded, those of this session included: what
    /// skill is deflated by. When there are fewer than challengers, the challengers' own ratios are taken.
    pub trial_ratios: Vec<f64>,
    /// The fewest origins that a comparison may rest on.
    pub minimum_origins: usize,
}

/// A model and its loss at each origin of the backtest.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The name that a promotion would carry.
    pub name: String,
    /// Mean losses by origin, of the policy's kind.
    pub losses: LossSeries,
    /// Whether it may become champion: a model without an artifact is compared and listed, and never promoted.
    pub promotable: bool,
}

/// What to do with the alias `champion`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// The model to move it to, if it moves.
    pub promote: Option<String>,
    /// The reason with its figures, for people.
    pub reason: String,
    /// Every challenger's figures, best first; after them those of the baseline against a champion that is another model.
    pub comparisons: Vec<Comparison>,
}

/// Decides whether the alias `champion` moves.
///
/// A challenger wins when it passes two tests, each below the significance:
/// - Its mean loss is lower than the baseline's (the random walk) and lower than the champion's, each by a one-sided
///   Diebold-Mariano test. Both must hold, so the larger p-value counts (an intersection-union test, which needs no correction
///   of its own), and Holm's correction for the challengers applies.
/// - Its skill ratio against the baseline is higher than the best of all recorded trials would show without any skill: the
///   deflated Sharpe ratio.
///
/// Of several winners the lowest loss is promoted. When there is none, the baseline takes the alias back from a champion
/// that is another model and loses to it with the same significance; that is one test, fixed beforehand, and not corrected.
/// While there is no champion and nobody wins, the baseline becomes champion: a forecast of no change is the honest answer
/// until something beats it.
///
/// # Errors
/// Those of [`check_evidence`], for a model that shares too few origins with the baseline or the champion.
///
/// # Source
/// Berger (1982) for the intersection-union test; Bailey & Lopez de Prado (2014) for the deflated ratio.
pub fn decide(
    challengers: &[Candidate],
    champion: Option<&Candidate>,
    baseline: &Candidate,
    policy: &Policy,
    calendar: &Calendar,
    horizon: Horizon,
) -> Result<Decision> {
    check_significance(policy)?;
    let arena = Arena { policy, calendar, horizon, baseline, champion };
    let compared =
        challengers.iter().map(|challenger| arena.compare(challenger)).collect::<Result<Vec<_>>>()?;
    let (mut comparisons, trials) = corrected(compared, policy);
    comparisons.sort_by(|a, b| a.loss.total_cmp(&b.loss).then_with(|| a.challenger.cmp(&b.challenger)));
    if champion.is_some_and(|champion| champion.name != baseline.name) {
        let (own, _) = arena.compare(baseline)?;
        comparisons.push(Comparison { p_adjusted: own.p_champion.unwrap_or(1.0), ..own });
    }
    let counted = (policy.trials.max(challengers.len()), trials);
    let reason = Reason { champion, baseline, policy, counted };
    Ok(conclude(comparisons, challengers.len(), &reason))
}

/// That so many origins are enough for a decision, whose targets each overlap those of `overlap` later ones; to be asked
/// before anything is written.
///
/// # Errors
/// [`Error::Setting`] for a significance outside (0, 1); [`Error::TooFew`] below the policy's least origins, or what the test
/// needs.
pub fn check_evidence(origins: usize, overlap: usize, policy: &Policy) -> Result<()> {
    check_significance(policy)?;
    let needed = policy.minimum_origins;
    if origins < needed {
        return Err(Error::TooFew { what: "origins that two models share", needed, found: origins });
    }
    check_origins(origins, overlap)
}

fn check_significance(policy: &Policy) -> Result<()> {
    let (setting, value) = ("significance", policy.significance);
    let allowed = "a number between 0 and 1";
    if value > 0.0 && value < 1.0 { Ok(()) } else { Err(Error::Setting { setting, value, allowed }) }
}

/// The comparisons with both corrections, and the number of trials that ratios were deflated for.
fn corrected(compared: Vec<(Comparison, SkillRatio)>, policy: &Policy) -> (Vec<Comparison>, usize) {
    let (mut comparisons, skills): (Vec<_>, Vec<_>) = compared.into_iter().unzip();
    let own: Vec<f64> = skills.iter().map(|skill| skill.ratio).collect();
    let ratios = if policy.trial_ratios.len() < own.len() { &own } else { &policy.trial_ratios };
    let trials = policy.trials.max(ratios.len());
    let benchmark = deflated_benchmark(ratios, trials);
    let combined: Vec<f64> =
        comparisons.iter().map(|c| c.p_champion.unwrap_or(0.0).max(c.p_baseline)).collect();
    let adjusted = holm(&combined, policy.trials);
    for ((comparison, skill), adjusted) in comparisons.iter_mut().zip(skills).zip(adjusted) {
        comparison.p_adjusted = adjusted;
        comparison.p_deflated = 1.0 - skill.probability_above(benchmark);
    }
    (comparisons, trials)
}

fn conclude(comparisons: Vec<Comparison>, challengers: usize, reason: &Reason<'_>) -> Decision {
    let significance = reason.policy.significance;
    let wins = |c: &&Comparison| c.p_adjusted < significance && c.p_deflated < significance;
    let (of_challengers, of_baseline) = comparisons.split_at(challengers);
    let winner = of_challengers.iter().filter(wins).find(|c| c.promotable);
    let unfit = of_challengers.iter().filter(wins).find(|c| !c.promotable);
    let retired = of_baseline.first().filter(|c| c.p_adjusted < significance);
    let best = of_challengers.first();
    let baseline = || Some(reason.baseline.name.clone());
    let (promote, text) = match (winner, retired, reason.champion) {
        (Some(winner), ..) => (Some(winner.challenger.clone()), reason.promoted(winner)),
        (None, Some(own), Some(champion)) => (baseline(), reason.retired(champion, own, best)),
        (None, _, Some(champion)) => (None, reason.stays(champion, best)),
        (None, _, None) => (baseline(), reason.nobody(best)),
    };
    Decision { promote, reason: text + &reason.unfit(unfit), comparisons }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy {
        loss: LossKind::AbsoluteError,
        significance: 0.05,
        trials: 0,
        trial_ratios: Vec::new(),
        minimum_origins: 8,
    };

    fn candidate(name: &str, loss: impl Fn(usize) -> f64) -> Candidate {
        let calendar = Calendar::nyse();
        let origins = calendar.weekly_origins("2010-01-01".parse().unwrap(), "2010-12-31".parse().unwrap());
        let losses = origins.into_iter().enumerate().map(|(index, origin)| (origin, loss(index))).collect();
        Candidate { name: name.to_owned(), losses, promotable: true }
    }

    /// The random walk: losses that vary from week to week.
    fn naive(index: usize) -> f64 {
        0.02 + 0.01 * ((index * 7 % 13) as f64 / 13.0)
    }

    fn noise(index: usize) -> f64 {
        0.002 * ((index * 5 % 11) as f64 / 11.0 - 5.0 / 11.0)
    }

    fn run(challengers: &[Candidate], champion: Option<&Candidate>, policy: &Policy) -> Decision {
        let baseline = candidate("random_walk", naive);
        decide(challengers, champion, &baseline, policy, &Calendar::nyse(), Horizon::WEEK).unwrap()
    }

    #[test]
    fn without_a_champion_the_best_significant_challenger_wins() {
        let good = candidate("ridge", |i| naive(i) - 0.002 + noise(i));
        let better = candidate("elastic_net", |i| naive(i) - 0.003 + noise(i));
        let lucky = candidate("drift", |i| naive(i) - 0.00001 + noise(i));
        let decision = run(&[lucky, good, better], None, &POLICY);
        assert_eq!(decision.promote.as_deref(), Some("elastic_net"), "{}", decision.reason);
        let order: Vec<&str> = decision.comparisons.iter().map(|c| c.challenger.as_str()).collect();
        assert_eq!(order, ["elastic_net", "ridge", "drift"]);
        assert!(decision.comparisons[2].p_adjusted > 0.05);
    }

    #[test]
    fn without_a_champion_and_a_winner_the_random_walk_becomes_champion() {
        let lucky = candidate("drift", |i| naive(i) - 0.00001 + noise(i));
        let decision = run(&[lucky], None, &POLICY);
        assert_eq!(decision.promote.as_deref(), Some("random_walk"));
        assert!(decision.reason.starts_with("nobody beat random_walk"), "{}", decision.reason);
        assert!(decision.reason.contains("drift with mae 0.0"), "{}", decision.reason);
        assert_eq!(run(&[], None, &POLICY).promote.as_deref(), Some("random_walk"));
    }

    #[test]
    fn a_challenger_must_beat_both() {
        let champion = candidate("champion", |i| naive(i) - 0.002 + noise(i));
        // Far better than the random walk, but no better than the champion.
        let equal = candidate("equal", |i| naive(i) - 0.002 + noise(i + 3));
        let decision = run(std::slice::from_ref(&equal), Some(&champion), &POLICY);
        assert_eq!(decision.promote, None, "{}", decision.reason);
        assert!(decision.comparisons[0].p_baseline < 0.001);
        assert!(decision.reason.starts_with("champion stays champion"), "{}", decision.reason);
        // Better than a champion that has gone bad, but not than the random walk.
        let stale = candidate("stale", |i| naive(i) + 0.01 + noise(i));
        let decision = run(&[candidate("so_so", |i| naive(i) + noise(i))], Some(&stale), &POLICY);
        assert_ne!(decision.promote.as_deref(), Some("so_so"), "{}", decision.reason);
        assert!(decision.comparisons[0].p_champion.unwrap() < 0.001);
        let both = candidate("both", |i| naive(i) - 0.004 + noise(i + 3));
        assert_eq!(run(&[both], Some(&champion), &POLICY).promote.as_deref(), Some("both"));
    }

    #[test]
    fn the_champion_does_not_beat_itself() {
        let champion = candidate("champion", |i| naive(i) - 0.002 + noise(i));
        let decision = run(std::slice::from_ref(&champion), Some(&champion), &POLICY);
        assert_eq!((decision.promote, decision.comparisons[0].p_champion), (None, Some(1.0)));
    }

    #[test]
    fn many_trials_raise_the_bar() {
        let good = candidate("good", |i| naive(i) - 0.0002 + noise(i));
        let alone = run(std::slice::from_ref(&good), None, &POLICY);
        assert_eq!(alone.promote.as_deref(), Some("good"), "{}", alone.reason);
        let p = alone.comparisons[0].p_adjusted;
        let trials = (0.05 / p).ceil() as usize;
        let many = run(&[good], None, &Policy { trials, ..POLICY });
        assert_eq!(many.promote.as_deref(), Some("random_walk"), "{}", many.reason);
        assert!((many.comparisons[0].p_adjusted - trials as f64 * p).abs() < 1e-12);
    }

    #[test]
    fn the_baseline_takes_the_alias_back_from_a_champion_that_loses_to_it() {
        let stale = candidate("stale", |i| naive(i) + 0.01 + noise(i));
        let decision = run(&[candidate("so_so", |i| naive(i) + noise(i))], Some(&stale), &POLICY);
        assert_eq!(decision.promote.as_deref(), Some("random_walk"), "{}", decision.reason);
        assert!(decision.reason.starts_with("retired: champion stale is worse"), "{}", decision.reason);
        let own = &decision.comparisons[1];
        assert_eq!(
            (own.challenger.as_str(), own.p_baseline, own.p_champion),
            ("random_walk", 1.0, Some(own.p_adjusted))
        );
        // Somebody who beats both goes first.
        let good = candidate("good", |i| naive(i) - 0.004 + noise(i + 3));
        assert_eq!(run(&[good], Some(&stale), &POLICY).promote.as_deref(), Some("good"));
        // Worse by luck alone: nothing moves. The random walk as champion is not compared with itself.
        let unlucky = candidate("unlucky", |i| naive(i) + 0.00001 + noise(i));
        assert_eq!(run(&[], Some(&unlucky), &POLICY).promote, None);
        let decision = run(&[], Some(&candidate("random_walk", naive)), &POLICY);
        assert_eq!((decision.promote, decision.comparisons.len()), (None, 0));
    }

    #[test]
    fn what_was_tried_before_raises_the_bar() {
        let good = candidate("good", |i| naive(i) - 0.0005 + noise(i));
        let tried = |trial_ratios: Vec<f64>| {
            run(std::slice::from_ref(&good), None, &Policy { trial_ratios, ..POLICY })
        };
        let alone = tried(Vec::new());
        assert_eq!(alone.promote.as_deref(), Some("good"), "{}", alone.reason);
        let own = alone.comparisons[0].skill_ratio;
        let after = tried([own].into_iter().chain((0..40).map(|k| 0.04 * f64::from(k) - 0.8)).collect());
        assert_eq!(after.promote.as_deref(), Some("random_walk"), "{}", after.reason);
        let (before, after) = (&alone.comparisons[0], &after.comparisons[0]);
        assert_eq!((before.p_adjusted, before.skill_ratio), (after.p_adjusted, after.skill_ratio));
        assert!(before.p_deflated < 0.05 && after.p_deflated > 0.05, "{before:?} {after:?}");
        // Trials of no spread are one trial in many guises.
        let alike = tried(vec![own; 99]).comparisons[0].p_deflated;
        assert!((alike - before.p_deflated).abs() < 1e-9, "{alike} {before:?}");
    }

    #[test]
    fn the_reason_tells_both_tests() {
        let good = candidate("good", |i| naive(i) - 0.002 + noise(i));
        let policy = Policy { trials: 3, trial_ratios: vec![0.1, 0.2, 0.1, 0.0], ..POLICY };
        let reason = run(&[good], None, &policy).reason;
        for part in ["promoted: good with mae", "for 3 trials", "skill ratio", "for 4 recorded trials"] {
            assert!(reason.contains(part), "{part}: {reason}");
        }
    }

    #[test]
    fn a_model_without_an_artifact_is_listed_and_not_promoted() {
        let local = Candidate { promotable: false, ..candidate("local", |i| naive(i) - 0.003 + noise(i)) };
        let good = candidate("good", |i| naive(i) - 0.002 + noise(i));
        let decision = run(&[good, local.clone()], None, &POLICY);
        assert_eq!(decision.promote.as_deref(), Some("good"), "{}", decision.reason);
        assert_eq!(decision.comparisons[0].challenger, "local");
        assert!(
            decision.reason.ends_with("local would have won, but cannot be promoted: it has no artifact")
        );
        assert_eq!(run(&[local], None, &POLICY).promote.as_deref(), Some("random_walk"));
    }

    #[test]
    fn too_little_evidence_is_an_error() {
        let (good, baseline) = (candidate("good", naive), candidate("random_walk", naive));
        let calendar = Calendar::nyse();
        let decide = |policy: Policy| {
            decide(std::slice::from_ref(&good), None, &baseline, &policy, &calendar, Horizon::WEEK)
        };
        assert!(matches!(
            decide(Policy { minimum_origins: 99, ..POLICY }),
            Err(Error::TooFew { needed: 99, .. })
        ));
        for significance in [0.0, 1.0, f64::NAN] {
            assert!(matches!(decide(Policy { significance, ..POLICY }), Err(Error::Setting { .. })));
        }
        // The same can be asked before.
        assert!(check_evidence(8, 0, &POLICY).is_ok());
        assert!(matches!(check_evidence(7, 0, &POLICY), Err(Error::TooFew { needed: 8, .. })));
        assert!(matches!(check_evidence(9, 1, &POLICY), Err(Error::TooFew { needed: 10, found: 9, .. })));
        let policy = Policy { significance: 1.0, ..POLICY };
        assert!(matches!(check_evidence(99, 0, &policy), Err(Error::Setting { .. })));
    }
}
