//! Targets: by the exchange's sessions, total return, never from half a truth.

use proptest::prelude::*;
use weekahead_features::{Target, TradedSessions};
use weekahead_market::{BarSeries, Calendar, CorporateAction, Horizon, Session};

use crate::series::{Row, cases, rows, series, with_closes};

/// The sessions from the Friday before Hurricane Sandy on, with the given closes.
fn around_sandy(closes: &[f64]) -> Vec<Row> {
    let calendar = Calendar::nyse();
    let first: Session = "2012-10-26".parse().unwrap();
    let mut rows = with_closes(closes);
    for (i, row) in rows.iter_mut().enumerate() {
        row.session = calendar.offset(first, i as i64).unwrap();
        row.knowledge_time = i as i64;
    }
    rows
}

/// The targets of a symbol that nobody else is held against.
fn targets(series: &BarSeries, calendar: &Calendar, horizon: Horizon) -> Vec<Target> {
    weekahead_features::targets(series, calendar, horizon, &TradedSessions::default())
}

/// Others that trade in so many sessions from Sandy on, each known at its number.
fn others(sessions: usize) -> TradedSessions {
    around_sandy(&vec![1.0; sessions]).iter().map(|row| (row.session, row.knowledge_time)).collect()
}

fn of_stopped(history: &[Row], horizon: u32, others: &TradedSessions) -> Vec<Target> {
    let horizon = Horizon::sessions(horizon).unwrap();
    weekahead_features::targets(&series(history), &Calendar::nyse(), horizon, others)
}

#[test]
fn a_week_ahead_is_five_sessions_of_the_exchange() {
    let history = around_sandy(&[10.0, 11.0, 12.0, 13.0, 14.0, 20.0, 22.0]);
    let targets = targets(&series(&history), &Calendar::nyse(), Horizon::WEEK);
    let realised: Vec<String> = targets.iter().map(|target| target.realised_session.to_string()).collect();
    assert_eq!(realised, ["2012-11-06", "2012-11-07"]);
    assert_eq!(targets[0].value, 2f64.ln());
    assert_eq!((targets[0].origin, targets[0].knowledge_time), (history[0].session, 5));
}

#[test]
fn a_symbol_that_rests_keeps_its_dates() {
    let mut history = around_sandy(&[10.0, 11.0, 12.0, 13.0, 14.0, 20.0, 22.0]);
    history.remove(3);
    let horizon = Horizon::sessions(3).unwrap();
    let targets = targets(&series(&history), &Calendar::nyse(), horizon);
    // The first origin's realised session was not traded; the others count the resting day as a session.
    assert_eq!(
        targets.iter().map(|t| t.origin).collect::<Vec<_>>(),
        [history[1].session, history[2].session]
    );
    assert_eq!(targets[0].value, (14f64 / 11.0).ln());
}

#[test]
fn dividends_and_splits_are_part_of_the_return() {
    let mut history = around_sandy(&[100.0, 49.0]);
    history[1].action = CorporateAction { dividend: 2.0, split: 2.0 };
    let horizon = Horizon::sessions(1).unwrap();
    assert_eq!(targets(&series(&history), &Calendar::nyse(), horizon)[0].value, 0.0);
    history[1].action = CorporateAction { dividend: 100.0, split: 1.0 };
    assert!(targets(&series(&history), &Calendar::nyse(), horizon).is_empty());
}

#[test]
fn a_correction_in_between_makes_the_target_late() {
    let mut history = around_sandy(&[10.0, 11.0, 12.0]);
    history[1].knowledge_time = 99;
    let horizon = Horizon::sessions(2).unwrap();
    assert_eq!(targets(&series(&history), &Calendar::nyse(), horizon)[0].knowledge_time, 99);
}

#[test]
fn a_symbol_that_stopped_is_sold_at_its_last_close() {
    let mut history = around_sandy(&[16.0, 12.0, 8.0, 4.0]);
    history[3].action = CorporateAction { dividend: 4.0, split: 1.0 };
    // Sessions 4 to 13 are the ten that it missed.
    let all = of_stopped(&history, 2, &others(14));
    let expected: Vec<(Session, f64, i64)> = vec![
        (history[0].session, (8f64 / 16.0).ln(), 2),
        // The dividend of the last day, 4 of 8, makes good for the fall from 8 to 4.
        (history[1].session, (8f64 / 12.0).ln(), 3),
        (history[2].session, 0.0, 13),
    ];
    let found: Vec<_> = all.iter().map(|t| (t.origin, t.value, t.knowledge_time)).collect();
    assert_eq!(
        found.len(),
        expected.len(),
        "the last session has no price after it, and no target: {found:?}"
    );
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!((found.0, found.2), (expected.0, expected.2));
        assert!((found.1 - expected.1).abs() < 1e-12, "{found:?} {expected:?}");
    }
    let calendar = Calendar::nyse();
    assert!(all.iter().all(|t| calendar.distance(t.origin, t.realised_session) == 2));
    // A correction of a bar on the way that is later than the news is what counts.
    history[3].knowledge_time = 99;
    assert_eq!(of_stopped(&history, 2, &others(14))[2].knowledge_time, 99);
}

#[test]
fn who_rests_has_not_stopped() {
    let history = around_sandy(&[16.0, 12.0, 8.0, 4.0]);
    let of = |others: &TradedSessions| of_stopped(&history, 2, others).len();
    assert_eq!(of(&others(13)), 2, "after nine sessions it may come back");
    assert_eq!(of(&others(14)), 3);
    assert_eq!(of(&TradedSessions::default()), 2, "alone, the feed may be away");
    // Ten sessions and more without a bar, but one after them: it rested, and the gap has no targets.
    let mut halted = around_sandy(&[10.0; 30]);
    halted.drain(4..20);
    let origins: Vec<_> = of_stopped(&halted, 2, &others(30)).iter().map(|t| t.origin).collect();
    assert!(!origins.contains(&halted[2].session) && !origins.contains(&halted[3].session));
    assert!(origins.contains(&halted[1].session) && origins.contains(&halted[4].session));
}

#[test]
fn a_week_on_which_the_feed_was_away_is_not_held_against_anybody() {
    let history = around_sandy(&[16.0, 12.0, 8.0, 4.0]);
    let sessions = around_sandy(&[1.0; 16]);
    let with_gap = sessions.iter().enumerate().filter(|(i, _)| !(6..=7).contains(i));
    let others: TradedSessions = with_gap.map(|(_, row)| (row.session, row.knowledge_time)).collect();
    let last = of_stopped(&history, 2, &others).pop().unwrap();
    assert_eq!((last.origin, last.knowledge_time), (history[2].session, 15));
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn a_target_never_changes_once_it_is_there(seed: u64, len in 1usize..200, known in 1usize..200) {
        let calendar = Calendar::nyse();
        let history = rows(seed, len);
        let whole = targets(&series(&history), &calendar, Horizon::WEEK);
        let past = targets(&series(&history[..known.min(len)]), &calendar, Horizon::WEEK);
        prop_assert_eq!(&whole[..past.len()], &past[..]);
        prop_assert!(whole.iter().all(|t| calendar.distance(t.origin, t.realised_session) == 5));
    }

    /// Whatever others do: a symbol's targets up to its last bar stay as they are, and those beyond it end there.
    #[test]
    fn stopping_adds_targets_and_changes_none(seed: u64, len in 2usize..100, others in 0usize..40) {
        let calendar = Calendar::nyse();
        let history = rows(seed, len);
        let last = history[len - 1].session;
        let after = (1..=others as i64).map(|i| (calendar.offset(last, i).unwrap(), i64::MAX - 100 + i));
        let traded: TradedSessions = after.collect();
        let without = targets(&series(&history), &calendar, Horizon::WEEK);
        let with = weekahead_features::targets(&series(&history), &calendar, Horizon::WEEK, &traded);
        prop_assert_eq!(&with[..without.len()], &without[..]);
        prop_assert!(others >= 10 || with.len() == without.len());
        for added in &with[without.len()..] {
            prop_assert!(added.realised_session > last && added.origin < last);
            prop_assert_eq!(added.knowledge_time, i64::MAX - 90);
        }
    }
}
