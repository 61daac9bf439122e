//! Walk-forward folds over weekly origins, purged by construction: by session, and by what was known.

use serde::{Deserialize, Serialize};
use weekahead_market::{Calendar, Horizon, Session};

use crate::{Error, Result};

/// Which past origins a fold trains on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Window {
    /// All of them.
    Expanding,
    /// The latest ones.
    Sliding {
        /// How many.
        origins: usize,
    },
}

impl Window {
    /// The first of so many past origins that is trained on.
    pub(crate) fn first_of(self, past: usize) -> usize {
        match self {
            Self::Expanding => 0,
            Self::Sliding { origins } => past.saturating_sub(origins),
        }
    }
}

/// How a history is cut into folds.
///
/// There is no setting for the purge: it follows from the horizon, the calendar and knowledge times, and cannot be
/// forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoldPlan {
    /// Sessions ahead.
    pub horizon: Horizon,
    /// Sessions left out between the last target trained on and the first test origin, beyond the purge.
    pub embargo_sessions: u32,
    /// Test origins a fold has before the model is fitted anew.
    pub refit_every_origins: usize,
    /// Which past origins are trained on.
    pub window: Window,
}

/// A backtest window. Made by [`FoldPlan::folds`] alone, so that every fold there is has been purged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    index: usize,
    cutoff: Session,
    /// In microseconds since 1970-01-01 UTC.
    deadline: i64,
    /// Origins and the sessions their targets are realised in.
    train: Vec<(Session, Session)>,
    test: Vec<Session>,
}

/// A fold's training origins in two: those to fit on, and later ones to calibrate intervals on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalibrationSplit {
    /// Origins to fit on: their targets are realised before the first calibration origin.
    pub fit: Vec<Session>,
    /// Origins to calibrate on.
    pub calibration: Vec<Session>,
}

impl FoldPlan {
    /// The folds whose test origins lie in `first_test..=last` and whose training origins start at `first`.
    ///
    /// The cutoff of a fold is the last session before its first test origin, less the embargo: its model could have
    /// been fitted before that origin's session closed. An origin is trained on when its target is realised by
    /// the cutoff. Of its rows those are trained on whose targets were known by the opening of the session after the
    /// cutoff ([`Fold::deadline`]).
    ///
    /// # Errors
    /// [`Error::Setting`] when nothing would ever be refitted or trained on; [`Error::TooFew`] when there is no
    /// test origin, or none to train the first fold on; [`Error::Market`] outside the calendar.
    pub fn folds(
        &self,
        calendar: &Calendar,
        first: Session,
        first_test: Session,
        last: Session,
    ) -> Result<Vec<Fold>> {
        self.check()?;
        let mut origins = Vec::new();
        for origin in calendar.weekly_origins(first, last) {
            origins.push((origin, calendar.offset(origin, self.horizon.get() as i64)?));
        }
        let test: Vec<Session> =
            origins.iter().map(|(origin, _)| *origin).filter(|o| *o >= first_test).collect();
        if test.is_empty() {
            return Err(Error::TooFew { what: "test origins", needed: 1, found: 0 });
        }
        let chunks = test.chunks(self.refit_every_origins).enumerate();
        chunks.map(|(index, test)| self.fold(calendar, index, &origins, test)).collect()
    }

    fn check(&self) -> Result<()> {
        let wrong = |setting| Err(Error::Setting { setting, value: 0.0, allowed: "1 or more" });
        match self {
            Self { refit_every_origins: 0, .. } => wrong("refit_every_origins"),
            Self { window: Window::Sliding { origins: 0 }, .. } => wrong("window.origins"),
            _ => Ok(()),
        }
    }

    fn fold(
        &self,
        calendar: &Calendar,
        index: usize,
        origins: &[(Session, Session)],
        test: &[Session],
    ) -> Result<Fold> {
        let cutoff = calendar.offset(test[0], -1 - i64::from(self.embargo_sessions))?;
        let realised = origins.partition_point(|(_, realised)| *realised <= cutoff);
        let from = self.window.first_of(realised);
        if realised == 0 {
            return Err(Error::TooFew { what: "training origins of a fold", needed: 1, found: 0 });
        }
        let deadline = calendar.open(calendar.offset(cutoff, 1)?)?.as_microsecond();
        Ok(Fold { index, cutoff, deadline, train: origins[from..realised].to_vec(), test: test.to_vec() })
    }
}

impl Fold {
    /// The number of the fold, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The last session whose target the fold may train on.
    pub fn cutoff(&self) -> Session {
        self.cutoff
    }

    /// The instant by which targets must have been known to be trained on: the opening of the session after the cutoff,
    /// in microseconds since 1970-01-01 UTC.
    ///
    /// The night after the cutoff's close is what sources take to publish its bars. Features have the same night after
    /// their origin.
    pub fn deadline(&self) -> i64 {
        self.deadline
    }

    /// The origins trained on, in order.
    pub fn train(&self) -> impl ExactSizeIterator<Item = Session> {
        self.train.iter().map(|(origin, _)| *origin)
    }

    /// The origins forecast from, in order.
    pub fn test(&self) -> &[Session] {
        &self.test
    }

    /// Whether a row may be trained on: its origin is one of the fold's, its own target is realised by the cutoff, and
    /// `known_at` (microseconds since 1970-01-01 UTC) is not after the deadline.
    ///
    /// A row says when its target was realised, and when it was known. A target that was corrected later is a number that
    /// nobody had when the fold's model would have been fitted.
    pub fn trains_on(&self, origin: Session, realised: Session, known_at: i64) -> bool {
        let of_fold = self.train.binary_search_by_key(&origin, |(origin, _)| *origin).is_ok();
        of_fold && realised <= self.cutoff && known_at <= self.deadline
    }

    /// Keeps the last training origins for calibrating intervals, and purges the ones before them.
    ///
    /// # Errors
    /// [`Error::TooFew`] when nothing is left to fit on, or nothing to calibrate on was asked for.
    pub fn split(&self, calibration_origins: usize) -> Result<CalibrationSplit> {
        let found = self.train.len();
        let at = found.checked_sub(calibration_origins).filter(|_| calibration_origins > 0);
        let (fit, calibration) = self.train.split_at(at.unwrap_or(0));
        let start = calibration.first().map(|(origin, _)| *origin);
        let before = |realised: Session| start.is_some_and(|start| realised < start);
        let fit: Vec<Session> =
            fit.iter().filter(|(_, realised)| before(*realised)).map(|(o, _)| *o).collect();
        if fit.is_empty() {
            let what = "training origins before the calibration origins";
            return Err(Error::TooFew { what, needed: calibration_origins + 2, found });
        }
        Ok(CalibrationSplit { fit, calibration: calibration.iter().map(|(origin, _)| *origin).collect() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn session(text: &str) -> Session {
        text.parse().unwrap()
    }

    fn plan(refit_every_origins: usize, embargo_sessions: u32, window: Window) -> FoldPlan {
        FoldPlan { horizon: Horizon::WEEK, embargo_sessions, refit_every_origins, window }
    }

    fn text(sessions: impl IntoIterator<Item = Session>) -> Vec<String> {
        sessions.into_iter().map(|s| s.to_string()).collect()
    }

    #[test]
    fn a_small_history_by_hand() {
        let calendar = Calendar::nyse();
        let cut = |plan: FoldPlan| {
            plan.folds(&calendar, session("2013-02-01"), session("2013-03-01"), session("2013-03-22"))
                .unwrap()
        };
        let folds = cut(plan(2, 0, Window::Expanding));
        // Friday to Friday is five sessions, except over Presidents' Day (2013-02-18): the target of 02-15 is realised on
        // Monday 02-25.
        assert_eq!((folds[0].index(), folds[0].cutoff()), (0, session("2013-02-28")));
        assert_eq!(text(folds[0].train()), ["2013-02-01", "2013-02-08", "2013-02-15"]);
        assert_eq!(text(folds[0].test().to_vec()), ["2013-03-01", "2013-03-08"]);
        assert_eq!((folds[1].index(), folds[1].cutoff()), (1, session("2013-03-14")));
        // 03-08 is realised on 03-15, the day of the first test origin itself: too late.
        assert_eq!(
            text(folds[1].train()),
            ["2013-02-01", "2013-02-08", "2013-02-15", "2013-02-22", "2013-03-01"]
        );
        assert_eq!(text(folds[1].test().to_vec()), ["2013-03-15", "2013-03-22"]);
        let sliding = cut(plan(2, 5, Window::Sliding { origins: 2 }));
        assert_eq!(sliding[1].cutoff(), session("2013-03-07"));
        assert_eq!(text(sliding[1].train()), ["2013-02-15", "2013-02-22"]);
    }

    #[test]
    fn calibration_origins_are_purged_too() {
        let calendar = Calendar::nyse();
        let cut = plan(9, 0, Window::Expanding);
        let folds = cut
            .folds(&calendar, session("2013-02-01"), session("2013-03-15"), session("2013-03-15"))
            .unwrap();
        let split = folds[0].split(2).unwrap();
        assert_eq!(text(split.calibration), ["2013-02-22", "2013-03-01"]);
        assert_eq!(text(split.fit), ["2013-02-01", "2013-02-08"]);
        for too_many in [0, 4, 5, 6] {
            assert!(matches!(folds[0].split(too_many), Err(Error::TooFew { .. })), "{too_many}");
        }
    }

    #[test]
    fn a_history_without_past_or_future_is_an_error() {
        let calendar = Calendar::nyse();
        let (first, last) = (session("2013-02-01"), session("2013-03-22"));
        let cut = plan(1, 0, Window::Expanding);
        assert!(matches!(
            cut.folds(&calendar, first, session("2013-02-08"), last),
            Err(Error::TooFew { .. })
        ));
        assert!(matches!(
            cut.folds(&calendar, first, session("2013-04-01"), last),
            Err(Error::TooFew { .. })
        ));
        for wrong in [plan(0, 0, Window::Expanding), plan(1, 0, Window::Sliding { origins: 0 })] {
            assert!(matches!(wrong.folds(&calendar, first, last, last), Err(Error::Setting { .. })));
        }
    }

    #[test]
    fn a_target_counts_from_the_night_on_in_which_it_was_known() {
        let calendar = Calendar::nyse();
        let cut = plan(1, 1, Window::Expanding);
        let folds = cut
            .folds(&calendar, session("2013-02-01"), session("2013-02-15"), session("2013-02-15"))
            .unwrap();
        // The embargo moves the cutoff to Wednesday, and what is known with it: Thursday, 09:30 New York.
        let fold = &folds[0];
        assert_eq!(fold.cutoff(), session("2013-02-13"));
        let opening: jiff::Timestamp = "2013-02-14T14:30:00Z".parse().unwrap();
        assert_eq!(fold.deadline(), opening.as_microsecond());
        let (origin, realised) = (session("2013-02-01"), session("2013-02-08"));
        assert!(fold.trains_on(origin, realised, fold.deadline()));
        assert!(!fold.trains_on(origin, realised, fold.deadline() + 1));
    }

    const HOUR: i64 = 3_600_000_000;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// Poison every row whose target reaches into the test window: no fold takes one, whatever the plan.
        #[test]
        fn no_fold_trains_on_a_poisoned_row(
            horizon in 1..=10_u32,
            embargo_sessions in 0..30_u32,
            refit_every_origins in 1..20_usize,
            sliding in prop::option::of(1..60_usize),
            first_day in 9_000..11_000_i32,
            late_sessions in 0..20_i64,
            late_hours in 0..400_i64,
        ) {
            let calendar = Calendar::nyse();
            let window = sliding.map_or(Window::Expanding, |origins| Window::Sliding { origins });
            let horizon = Horizon::sessions(horizon).unwrap();
            let plan = FoldPlan { horizon, embargo_sessions, refit_every_origins, window };
            let day = |days| Session::from_days_since_epoch(days).unwrap();
            let folds = plan.folds(&calendar, day(first_day), day(first_day + 400), day(first_day + 700)).unwrap();
            let mut tested = Vec::new();
            for fold in &folds {
                let window_start = fold.test()[0];
                for origin in fold.train() {
                    let realised = calendar.offset(origin, horizon.get() as i64).unwrap();
                    prop_assert!(calendar.distance(realised, window_start) > i64::from(embargo_sessions));
                    let close = |session| calendar.close(session).unwrap().as_microsecond();
                    // Sources publish overnight.
                    let known_at = close(realised) + HOUR;
                    prop_assert!(fold.trains_on(origin, realised, known_at));
                    // An instrument that traded late realises its target later than the calendar says.
                    let late = calendar.offset(realised, late_sessions).unwrap();
                    prop_assert!(!(fold.trains_on(origin, late, known_at) && late >= window_start));
                    // Poison what is corrected after the first test origin has closed: nobody knew it then.
                    let corrected = known_at + late_hours * HOUR;
                    let unknown = corrected >= close(window_start);
                    prop_assert!(!(unknown && fold.trains_on(origin, realised, corrected)));
                    prop_assert!(!fold.trains_on(origin, realised, fold.deadline() + 1));
                }
                for origin in calendar.weekly_origins(day(first_day), day(first_day + 700)) {
                    let poisoned = calendar.offset(origin, horizon.get() as i64).unwrap() >= window_start;
                    prop_assert!(!(poisoned && fold.train().any(|o| o == origin)), "{origin} is poisoned");
                }
                tested.extend_from_slice(fold.test());
            }
            prop_assert_eq!(tested, calendar.weekly_origins(day(first_day + 400), day(first_day + 700)));
        }
    }
}
