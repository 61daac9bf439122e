//! A decision in words, with its figures.

use super::comparison::Comparison;
use super::promotion::{Candidate, Policy};

/// What a decision was made between and by.
pub(super) struct Reason<'a> {
    pub(super) champion: Option<&'a Candidate>,
    pub(super) baseline: &'a Candidate,
    pub(super) policy: &'a Policy,
    /// The trials that p-values were corrected for, and those that ratios were deflated for.
    pub(super) counted: (usize, usize),
}

impl Reason<'_> {
    pub(super) fn promoted(&self, winner: &Comparison) -> String {
        format!("promoted: {}", self.describe(winner))
    }

    pub(super) fn retired(
        &self,
        champion: &Candidate,
        own: &Comparison,
        best: Option<&Comparison>,
    ) -> String {
        format!(
            "retired: champion {} is worse than {}, which takes its place, with {} {:.6} against {:.6} (p {:.4}, significance {}); {}",
            champion.name,
            self.baseline.name,
            self.policy.loss.name(),
            own.champion_loss.unwrap_or(f64::NAN),
            own.loss,
            own.p_adjusted,
            self.policy.significance,
            self.best(best)
        )
    }

    pub(super) fn stays(&self, champion: &Candidate, best: Option<&Comparison>) -> String {
        format!("{} stays champion: nobody was better; {}", champion.name, self.best(best))
    }

    pub(super) fn nobody(&self, best: Option<&Comparison>) -> String {
        format!("nobody beat {0}, so {0} itself becomes champion; {1}", self.baseline.name, self.best(best))
    }

    /// A word about a winner that has nothing to promote.
    pub(super) fn unfit(&self, winner: Option<&Comparison>) -> String {
        let word = |c: &Comparison| {
            format!("; {} would have won, but cannot be promoted: it has no artifact", c.challenger)
        };
        winner.map(word).unwrap_or_default()
    }

    fn best(&self, best: Option<&Comparison>) -> String {
        match best {
            Some(best) => format!("the best challenger was {}", self.describe(best)),
            None => "no challenger was compared".to_owned(),
        }
    }

    fn describe(&self, c: &Comparison) -> String {
        let against_champion = match (self.champion, c.champion_loss, c.p_champion) {
            (Some(champion), Some(loss), Some(p)) => {
                format!(" and {loss:.6} of champion {} (p {p:.4})", champion.name)
            }
            _ => String::new(),
        };
        format!(
            "{} with {} {:.6} against {:.6} of {} (p {:.4}){against_champion} over {} origins, each counting once; p {:.4} after correction for {} \
             trials; skill ratio {:.4}, p {:.4} after deflation for {} recorded trials; significance {}",
            c.challenger,
            self.policy.loss.name(),
            c.loss,
            c.baseline_loss,
            self.baseline.name,
            c.p_baseline,
            c.origins,
            c.p_adjusted,
            self.counted.0,
            c.skill_ratio,
            c.p_deflated,
            self.counted.1,
            self.policy.significance
        )
    }
}
