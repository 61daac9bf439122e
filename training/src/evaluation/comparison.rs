//! A challenger beside the baseline and the champion.

use serde::Serialize;
use weekahead_market::{Calendar, Horizon, Session};

use super::deflation::SkillRatio;
use super::promotion::{Candidate, Policy, check_evidence};
use super::significance::{DieboldMariano, diebold_mariano, overlap_lag};
use crate::Result;

/// A challenger beside the baseline and the champion, on the origins that they share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The challenger.
    pub challenger: String,
    /// Whether it could be promoted at all.
    pub promotable: bool,
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
    /// The larger of the two, corrected for the challengers of the session.
    pub p_adjusted: f64,
    /// The mean of the baseline's loss less the challenger's over its deviation, of one origin.
    pub skill_ratio: f64,
    /// The chance that the true ratio is no higher than what the best of all recorded trials without skill would show.
    pub p_deflated: f64,
}

/// That two models share enough origins to be compared: one may have been tested on a part of them alone.
///
/// # Errors
/// Those of [`check_evidence`]; [`Error::Market`](crate::Error::Market) outside the calendar.
pub fn check_shared(
    one: &Candidate,
    other: &Candidate,
    policy: &Policy,
    calendar: &Calendar,
    horizon: Horizon,
) -> Result<()> {
    let shared = shared(one, other);
    check_evidence(shared.len(), overlap_of(&shared, calendar, horizon)?, policy)
}

/// The origins that two models share, with the loss of each.
fn shared(one: &Candidate, other: &Candidate) -> Vec<(Session, f64, f64)> {
    one.losses.iter().filter_map(|(o, loss)| Some((*o, *loss, *other.losses.get(o)?))).collect()
}

fn overlap_of(shared: &[(Session, f64, f64)], calendar: &Calendar, horizon: Horizon) -> Result<usize> {
    let origins: Vec<Session> = shared.iter().map(|(origin, ..)| *origin).collect();
    overlap_lag(calendar, horizon, &origins)
}

/// What all comparisons of a decision have in common.
pub(super) struct Arena<'a> {
    pub(super) policy: &'a Policy,
    pub(super) calendar: &'a Calendar,
    pub(super) horizon: Horizon,
    pub(super) baseline: &'a Candidate,
    pub(super) champion: Option<&'a Candidate>,
}

/// Two models on the origins that they share.
struct Duel {
    test: DieboldMariano,
    loss: f64,
    other_loss: f64,
    /// The other's loss less the own one, by origin.
    skill: Vec<f64>,
}

impl Arena<'_> {
    /// A challenger beside the others, as yet without corrections for the number of trials, and its skill over the baseline.
    pub(super) fn compare(&self, challenger: &Candidate) -> Result<(Comparison, SkillRatio)> {
        let against_baseline = self.duel(challenger, self.baseline)?;
        let against_champion = self.champion.map(|champion| self.duel(challenger, champion)).transpose()?;
        let skill = SkillRatio::of(&against_baseline.skill)?;
        let comparison = Comparison {
            challenger: challenger.name.clone(),
            promotable: challenger.promotable,
            origins: against_baseline.test.origins,
            loss: against_baseline.loss,
            baseline_loss: against_baseline.other_loss,
            champion_loss: against_champion.as_ref().map(|duel| duel.other_loss),
            p_baseline: against_baseline.test.p_better,
            p_champion: against_champion.as_ref().map(|duel| duel.test.p_better),
            p_adjusted: 1.0,
            skill_ratio: skill.ratio,
            p_deflated: 1.0,
        };
        Ok((comparison, skill))
    }

    fn duel(&self, one: &Candidate, other: &Candidate) -> Result<Duel> {
        let shared = shared(one, other);
        let overlap = overlap_of(&shared, self.calendar, self.horizon)?;
        check_evidence(shared.len(), overlap, self.policy)?;
        let differentials: Vec<f64> = shared.iter().map(|(_, one, other)| one - other).collect();
        let mean = |pick: fn(&(Session, f64, f64)) -> f64| {
            shared.iter().map(pick).sum::<f64>() / shared.len() as f64
        };
        Ok(Duel {
            test: diebold_mariano(&differentials, overlap)?,
            loss: mean(|row| row.1),
            other_loss: mean(|row| row.2),
            skill: differentials.iter().map(|d| -d).collect(),
        })
    }
}
