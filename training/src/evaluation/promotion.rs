//! Which model becomes champion, and why.

use serde::Serialize;
use weekahead_market::{Calendar, Horizon, Session};

use super::losses::{LossKind, LossSeries};
use super::significance::{DieboldMariano, diebold_mariano, holm, overlap_lag};
use crate::{Error, Result};

/// When a challenger is good enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    /// The loss that models are compared by.
    pub loss: LossKind,
    /// The accepted chance of promoting a model that is no better, over all trials together.
    pub significance: f64,
    /// How many models were tried on these origins, recorded runs included; at least the challengers are counted.
    pub trials: usize,
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
}

/// A challenger beside the baseline and the champion, on the origins that they share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The challenger.
    pub challenger: String,
    /// Origins shared with the baseline.
    pub origins: usize,
    /// The challenger's mean loss on them.
    pub loss: f64,
    /// The baseline's mean loss on them.
    pub baseline_loss: f64,
    /// The champion's mean loss on the origins shared with it.
    pub champion_loss: Option<f64>,
    /// The chance of such an advantage over the baseline if there were none.
    pub p_baseline: f64,
    /// The chance of such an advantage over the champion if there were none.
    pub p_champion: Option<f64>,
    /// The larger of the two, corrected for the number of trials.
    pub p_adjusted: f64,
}

/// What to do with the alias `champion`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// The model to move it to, if it moves.
    pub promote: Option<String>,
    /// The reason with its figures, for people.
    pub reason: String,
    /// Every challenger's figures, best first.
    pub comparisons: Vec<Comparison>,
}

/// Decides whether the alias `champion` moves.
///
/// A challenger wins when its mean loss is lower than the baseline's (the random walk) and lower than the champion's, each
/// with a one-sided Diebold-Mariano test. Both must hold, so the larger p-value counts (an intersection-union test, which
/// needs no correction of its own); over challengers and earlier trials Holm's correction applies. Of several winners
/// the lowest loss is promoted. While there is no champion and nobody wins, the baseline becomes champion: a forecast
/// of no change is the honest answer until something beats it.
///
/// # Errors
/// [`Error::Setting`] for a significance outside (0, 1); [`Error::TooFew`] when a model shares fewer origins with the baseline
/// or the champion than the policy or the test needs.
///
/// # Source
/// Berger (1982) for the intersection-union test.
pub fn decide(
    challengers: &[Candidate],
    champion: Option<&Candidate>,
    baseline: &Candidate,
    policy: &Policy,
    calendar: &Calendar,
    horizon: Horizon,
) -> Result<Decision> {
    if !(policy.significance > 0.0 && policy.significance < 1.0) {
        let (setting, value) = ("significance", policy.significance);
        return Err(Error::Setting { setting, value, allowed: "a number between 0 and 1" });
    }
    let arena = Arena { policy, calendar, horizon };
    let mut comparisons = Vec::with_capacity(challengers.len());
    for challenger in challengers {
        comparisons.push(arena.compare(challenger, champion, baseline)?);
    }
    let combined: Vec<f64> =
        comparisons.iter().map(|c| c.p_champion.unwrap_or(0.0).max(c.p_baseline)).collect();
    for (comparison, adjusted) in comparisons.iter_mut().zip(holm(&combined, policy.trials)) {
        comparison.p_adjusted = adjusted;
    }
    comparisons.sort_by(|a, b| a.loss.total_cmp(&b.loss).then_with(|| a.challenger.cmp(&b.challenger)));
    Ok(conclude(comparisons, champion, baseline, policy))
}

struct Arena<'a> {
    policy: &'a Policy,
    calendar: &'a Calendar,
    horizon: Horizon,
}

/// Two models on the origins that they share.
struct Duel {
    test: DieboldMariano,
    loss: f64,
    other_loss: f64,
}

impl Arena<'_> {
    fn compare(
        &self,
        challenger: &Candidate,
        champion: Option<&Candidate>,
        baseline: &Candidate,
    ) -> Result<Comparison> {
        let against_baseline = self.duel(challenger, baseline)?;
        let against_champion = champion.map(|champion| self.duel(challenger, champion)).transpose()?;
        Ok(Comparison {
            challenger: challenger.name.clone(),
            origins: against_baseline.test.origins,
            loss: against_baseline.loss,
            baseline_loss: against_baseline.other_loss,
            champion_loss: against_champion.as_ref().map(|duel| duel.other_loss),
            p_baseline: against_baseline.test.p_better,
            p_champion: against_champion.as_ref().map(|duel| duel.test.p_better),
            p_adjusted: 1.0,
        })
    }

    fn duel(&self, one: &Candidate, other: &Candidate) -> Result<Duel> {
        let shared: Vec<(Session, f64, f64)> =
            one.losses.iter().filter_map(|(o, loss)| Some((*o, *loss, *other.losses.get(o)?))).collect();
        let (found, needed) = (shared.len(), self.policy.minimum_origins);
        if found < needed {
            return Err(Error::TooFew { what: "origins that two models share", needed, found });
        }
        let origins: Vec<Session> = shared.iter().map(|(origin, ..)| *origin).collect();
        let differentials: Vec<f64> = shared.iter().map(|(_, one, other)| one - other).collect();
        let lag = overlap_lag(self.calendar, self.horizon, &origins)?;
        let test = diebold_mariano(&differentials, lag)?;
        let mean =
            |pick: fn(&(Session, f64, f64)) -> f64| shared.iter().map(pick).sum::<f64>() / found as f64;
        Ok(Duel { test, loss: mean(|row| row.1), other_loss: mean(|row| row.2) })
    }
}

fn conclude(
    comparisons: Vec<Comparison>,
    champion: Option<&Candidate>,
    baseline: &Candidate,
    policy: &Policy,
) -> Decision {
    let winner = comparisons.iter().find(|c| c.p_adjusted < policy.significance);
    let figures = comparisons.first().map_or_else(
        || "no challenger was compared".to_owned(),
        |best| {
            format!(
                "the best challenger was {}",
                describe(best, comparisons.len(), baseline, champion, policy)
            )
        },
    );
    let (promote, reason) = match (winner, champion) {
        (Some(winner), _) => {
            let figures = describe(winner, comparisons.len(), baseline, champion, policy);
            (Some(winner.challenger.clone()), format!("promoted: {figures}"))
        }
        (None, Some(champion)) => {
            (None, format!("{} stays champion: nobody was better; {figures}", champion.name))
        }
        (None, None) => {
            let reason = format!("nobody beat {0}, so {0} itself becomes champion; {figures}", baseline.name);
            (Some(baseline.name.clone()), reason)
        }
    };
    Decision { promote, reason, comparisons }
}

fn describe(
    c: &Comparison,
    trials: usize,
    baseline: &Candidate,
    champion: Option<&Candidate>,
    policy: &Policy,
) -> String {
    let metric = policy.loss.name();
    let against_champion = match (champion, c.champion_loss, c.p_champion) {
        (Some(champion), Some(loss), Some(p)) => {
            format!(" and {loss:.6} of champion {} (p {p:.4})", champion.name)
        }
        _ => String::new(),
    };
    format!(
        "{} with {metric} {:.6} against {:.6} of {} (p {:.4}){against_champion} over {} origins; p {:.4} after correction for {} \
         trials, significance {}",
        c.challenger,
        c.loss,
        c.baseline_loss,
        baseline.name,
        c.p_baseline,
        c.origins,
        c.p_adjusted,
        policy.trials.max(trials),
        policy.significance
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy =
        Policy { loss: LossKind::AbsoluteError, significance: 0.05, trials: 0, minimum_origins: 8 };

    fn candidate(name: &str, loss: impl Fn(usize) -> f64) -> Candidate {
        let calendar = Calendar::nyse();
        let origins = calendar.weekly_origins("2010-01-01".parse().unwrap(), "2010-12-31".parse().unwrap());
        let losses = origins.into_iter().enumerate().map(|(index, origin)| (origin, loss(index))).collect();
        Candidate { name: name.to_owned(), losses }
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
        assert_eq!(decision.promote, None, "{}", decision.reason);
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
    }
}
