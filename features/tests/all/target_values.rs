//! Targets: by the exchange's sessions, total return, never from half a truth.

use proptest::prelude::*;
use weekahead_features::targets;
use weekahead_market::{Calendar, CorporateAction, Horizon, Session};

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
}
