//! Who was champion before: recorded decisions, replayed.

use serde::Serialize;
use weekahead_warehouse::PromotionRow;

/// The line of champions that the recorded decisions leave: who answers, and whom to go back to.
///
/// Decisions are replayed like edits with an undo. A promotion puts its version at the end of the line; a rollback to a version
/// takes everything after it off. What was taken off is not gone back to again, so each rollback shortens the line: two of them
/// go two champions back, and none goes forth again.
///
/// # Missing values
/// Decisions without a promotion are no part of the line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    line: Vec<u32>,
    newest: Option<PromotionRow>,
}

/// Where a rollback may end: the first of the versions that can still be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WayBack {
    /// The champion by the record.
    pub from: u32,
    /// Whether the record is ahead of the alias, so that it is enough to carry out what is recorded.
    pub restore: bool,
    /// The versions before, nearest first.
    pub before: Vec<u32>,
}

impl History {
    /// Replays decisions, oldest first.
    pub fn replay(decisions: &[PromotionRow]) -> Self {
        let mut history = Self::default();
        for decision in decisions.iter().filter(|decision| decision.promoted) {
            history.apply(decision);
        }
        history
    }

    fn apply(&mut self, decision: &PromotionRow) {
        let version = decision.model_version;
        let earlier = self.line.iter().rposition(|known| *known == version);
        match earlier {
            Some(at) if decision.metric == PromotionRow::ROLLBACK => self.line.truncate(at + 1),
            _ if self.champion() == Some(version) => {}
            _ => self.line.push(version),
        }
        self.newest = Some(decision.clone());
    }

    /// The champion by the record.
    pub fn champion(&self) -> Option<u32> {
        self.line.last().copied()
    }

    /// The newest decision that made a champion.
    pub fn newest(&self) -> Option<&PromotionRow> {
        self.newest.as_ref()
    }

    /// The ways back, given where the alias is; `None` when nobody was ever champion.
    ///
    /// The record counts. Where the alias is elsewhere, the recorded champion is what a rollback ends at, with one exception: an
    /// alias that still is where the newest promotion would take it from. That promotion is then what is taken back.
    pub(super) fn way_back(&self, alias: Option<u32>) -> Option<WayBack> {
        let (from, newest) = (self.champion()?, self.newest.as_ref()?);
        let agrees = alias == Some(from);
        let not_carried_out =
            alias.is_some() && alias == newest.previous_version && newest.metric != PromotionRow::ROLLBACK;
        let mut before = Vec::new();
        for version in self.line.iter().rev().filter(|version| **version != from) {
            if !before.contains(version) {
                before.push(*version);
            }
        }
        Some(WayBack { from, restore: !(agrees || not_carried_out), before })
    }
}

/// Who is champion by the record and by the alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// By the newest promotion in `ops.promotions`.
    pub recorded: Option<u32>,
    /// By MLflow's alias `champion`.
    pub alias: Option<u32>,
}

impl Standing {
    /// What is wrong when the two disagree, and which one counts.
    pub fn disagreement(&self) -> Option<String> {
        let alias = match self.alias {
            alias if alias == self.recorded => return None,
            Some(version) => format!("MLflow's alias `champion` is at version {version}"),
            None => "MLflow has no alias `champion`".to_owned(),
        };
        let record = match self.recorded {
            Some(version) => format!("by ops.promotions version {version} is champion"),
            None => "ops.promotions has no promotion".to_owned(),
        };
        Some(format!("{alias}, but {record}; the record counts"))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const P: &str = PromotionRow::BY_HAND;
    const R: &str = PromotionRow::ROLLBACK;

    /// Decisions that made champions, each taking over from the one before.
    fn decisions(made: &[(&str, u32)]) -> Vec<PromotionRow> {
        let mut rows: Vec<PromotionRow> = Vec::new();
        for (at, (metric, version)) in made.iter().enumerate() {
            let previous_version = rows.last().map(|row| row.model_version);
            rows.push(PromotionRow {
                decided_at: Timestamp::from_second(at as i64).unwrap(),
                model_name: "weekly".to_owned(),
                model_version: *version,
                model_kind: "ridge".to_owned(),
                run_id: format!("run-{version}"),
                previous_version,
                promoted: true,
                metric: (*metric).to_owned(),
                challenger_value: f64::NAN,
                champion_value: f64::NAN,
                p_value: f64::NAN,
                reason: String::new(),
            });
        }
        rows
    }

    fn line(made: &[(&str, u32)]) -> Vec<u32> {
        History::replay(&decisions(made)).line
    }

    #[test]
    fn going_back_twice_goes_further_back() {
        assert_eq!(line(&[(P, 1), (P, 2), (P, 3)]), [1, 2, 3]);
        assert_eq!(line(&[(P, 1), (P, 2), (P, 3), (R, 2)]), [1, 2]);
        assert_eq!(line(&[(P, 1), (P, 2), (P, 3), (R, 2), (R, 1)]), [1]);
    }

    #[test]
    fn what_was_taken_back_is_not_gone_back_to() {
        assert_eq!(line(&[(P, 1), (P, 2), (R, 1), (P, 3)]), [1, 3]);
        // Unless it was promoted again.
        assert_eq!(line(&[(P, 1), (P, 2), (R, 1), (P, 2), (P, 3)]), [1, 2, 3]);
    }

    #[test]
    fn a_version_may_be_champion_twice() {
        assert_eq!(line(&[(P, 1), (P, 2), (P, 1)]), [1, 2, 1]);
        assert_eq!(line(&[(P, 1), (P, 2), (P, 1), (R, 2)]), [1, 2]);
        assert_eq!(line(&[(P, 1), (P, 2), (P, 2)]), [1, 2], "the same again is no change");
    }

    #[test]
    fn skipped_versions_are_off_the_line() {
        assert_eq!(line(&[(P, 1), (P, 2), (P, 3), (R, 1)]), [1]);
        assert_eq!(line(&[(P, 2), (R, 7)]), [2, 7], "a rollback to a stranger is a promotion");
    }

    #[test]
    fn decisions_that_promote_nobody_change_nothing() {
        let mut rows = decisions(&[(P, 1), (P, 2)]);
        rows[1].promoted = false;
        assert_eq!(History::replay(&rows).champion(), Some(1));
        assert_eq!(History::replay(&rows[1..]), History::default());
    }

    #[test]
    fn where_record_and_alias_agree_the_nearest_before_is_first() {
        let way = |made: &[(&str, u32)], alias| History::replay(&decisions(made)).way_back(alias);
        let back = |from, before: &[u32]| Some(WayBack { from, restore: false, before: before.to_vec() });
        assert_eq!(way(&[(P, 1), (P, 2), (P, 3)], Some(3)), back(3, &[2, 1]));
        assert_eq!(way(&[(P, 1), (P, 2), (P, 1)], Some(1)), back(1, &[2]));
        assert_eq!(way(&[(P, 1)], Some(1)), back(1, &[]));
        assert_eq!(way(&[], Some(1)), None);
    }

    #[test]
    fn where_they_disagree_the_record_counts() {
        let way = |made: &[(&str, u32)], alias| {
            let way = History::replay(&decisions(made)).way_back(alias).unwrap();
            (way.from, way.restore, way.before)
        };
        // A promotion that broke off before the alias moved is taken back.
        assert_eq!(way(&[(P, 1), (P, 2)], Some(1)), (2, false, vec![1]));
        // A rollback that broke off before the alias moved is carried out, and goes no further.
        assert_eq!(way(&[(P, 1), (P, 2), (P, 3), (R, 2)], Some(3)), (2, true, vec![1]));
        // Somebody moved the alias in MLflow, or removed it: back to what is recorded.
        assert_eq!(way(&[(P, 1), (P, 2)], Some(9)), (2, true, vec![1]));
        assert_eq!(way(&[(P, 1), (P, 2)], None), (2, true, vec![1]));
    }

    #[test]
    fn a_disagreement_says_which_one_counts() {
        let told = |recorded, alias| Standing { recorded, alias }.disagreement();
        assert_eq!(told(Some(2), Some(2)), None);
        assert_eq!(told(None, None), None);
        let moved = "MLflow's alias `champion` is at version 3, but by ops.promotions version 2 is champion; the record counts";
        assert_eq!(told(Some(2), Some(3)).unwrap(), moved);
        assert!(told(Some(2), None).unwrap().starts_with("MLflow has no alias"));
        assert!(told(None, Some(3)).unwrap().contains("has no promotion"));
    }
}
