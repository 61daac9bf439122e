//! Windows of closes: what a model of one series meets, and that nothing later can change it.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use weekahead_features::Adjuster;
use weekahead_market::{Bar, Calendar, CorporateAction, Horizon, Session};
use weekahead_training::{CloseHistory, Dataset};
use weekahead_warehouse::BarHistory;

use crate::market::{Planted, as_of, bar, feature_rows, history, published, session, symbol, view};

const LENGTH: usize = 8;

/// Four weeks of the exchange over Presidents' Day.
fn sessions(calendar: &Calendar) -> Vec<Session> {
    calendar.between(session("2013-02-04"), session("2013-03-01")).to_vec()
}

fn action(dividend: f64, split: f64) -> CorporateAction {
    CorporateAction { dividend, split }
}

fn window(calendar: &Calendar, histories: &[BarHistory], origin: Session) -> Vec<f64> {
    CloseHistory::new(calendar, histories).window(&symbol("X"), origin, LENGTH)
}

fn assert_near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() < 1e-9 || (a.is_nan() && b.is_nan()), "{found:?} {expected:?}");
    }
}

#[test]
fn a_window_by_hand() {
    let calendar = Calendar::nyse();
    let days = sessions(&calendar);
    let mut x = BarHistory::new(symbol("X"));
    let mut push = |at: usize, close, action, known_at: usize| {
        x.push(days[at], bar(close), action, published(&calendar, days[known_at]));
    };
    push(2, 10.0, CorporateAction::NONE, 2);
    push(3, 12.0, CorporateAction::NONE, 3);
    // Session 4 is not traded; 5 splits two for one; 6 comes in after the deadline of 7, with a correction later still.
    push(5, 6.0, action(0.0, 2.0), 5);
    push(6, 7.0, CorporateAction::NONE, 8);
    push(6, 7.5, CorporateAction::NONE, 9);
    push(7, 4.0, action(2.0, 1.0), 7);
    let others: Vec<_> = days.iter().map(|day| (*day, 1.0)).collect();
    let histories = [x, history(&calendar, "Y", &others)];
    let nan = f64::NAN;
    // With its dividend of 2 out of 6, the close of 4 is worth 6: chained 12 = 2 * 6 and 12 = 3 * 4.
    let expected = [nan, nan, 10.0, 12.0, 12.0, 12.0, 12.0, 12.0].map(|close: f64| close / 12.0 * 100.0);
    assert_near(&window(&calendar, &histories, days[7]), &expected);
    // From session 8 on, the bar of session 6 is known, and the dividend is 2 out of 7.
    let after = 4.0 * 2.0 * 7.0 / 5.0;
    let expected = [nan, 10.0, 12.0, 12.0, 12.0, 14.0, after, after].map(|close: f64| close / after * 100.0);
    assert_near(&window(&calendar, &histories, days[8]), &expected);
    assert!(window(&calendar, &histories, days[1]).iter().all(|close| close.is_nan()));
    assert!(window(&calendar, &histories, session("2013-02-18")).iter().all(|close| close.is_nan()));
}

#[test]
fn what_cannot_be_chained_ends_a_window_and_a_long_rest_is_bridged() {
    let calendar = Calendar::nyse();
    let days = sessions(&calendar);
    let mut x = BarHistory::new(symbol("X"));
    let mut push = |at: usize, close, action| {
        x.push(days[at], bar(close), action, published(&calendar, days[at]));
    };
    push(0, 10.0, CorporateAction::NONE);
    push(1, 9.0, action(10.0, 1.0));
    push(2, 18.0, CorporateAction::NONE);
    push(15, 36.0, CorporateAction::NONE);
    let others: Vec<_> = days.iter().map(|day| (*day, 1.0)).collect();
    let histories = [x, history(&calendar, "Y", &others)];
    let nan = f64::NAN;
    assert_near(&window(&calendar, &histories, days[2]), &[nan, nan, nan, nan, nan, nan, 50.0, 100.0]);
    assert_near(&window(&calendar, &histories, days[15]), &[50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 100.0]);
}

#[test]
fn a_data_set_gives_the_windows_of_its_rows() {
    let calendar = Calendar::nyse();
    let days = sessions(&calendar);
    let closes: Vec<_> = days.iter().enumerate().map(|(i, day)| (*day, 100.0 + i as f64)).collect();
    let histories = [history(&calendar, "X", &closes)];
    let row = |at: usize| {
        let (symbol, session) = (symbol("X"), days[at]);
        Planted { symbol, session, known: published(&calendar, session), value: 1.0 }
    };
    let rows = feature_rows(&[row(2), row(9)]);
    let as_of = as_of("2013-12-31");
    let dataset = Dataset::join(&rows, &histories, &calendar, &view(), Horizon::WEEK, as_of).unwrap();
    let windows = dataset.close_windows(&[1, 0], 4);
    assert_eq!(windows.dim(), (2, 4));
    let expected = [106.0, 107.0, 108.0, 109.0].map(|close: f32| close / 109.0 * 100.0);
    for (found, expected) in windows.row(0).iter().zip(expected) {
        assert!((found - expected).abs() < 1e-4, "{windows}");
    }
    assert!(windows[[1, 0]].is_nan() && windows[[1, 3]] == 100.0, "{windows}");
    assert_eq!(dataset.close_windows(&[0], 0).dim(), (1, 0));
}

/// A version of a bar: how many sessions after its own it was known, its close, its action.
type Version = (u8, f64, Option<(f64, f64)>);

fn any_version() -> impl Strategy<Value = Version> {
    let late = prop_oneof![6 => Just(0u8), 1 => 1u8..12];
    (
        late,
        5.0..50.0_f64,
        prop::option::weighted(0.1, (0.0..6.0_f64, prop::sample::select(vec![0.5, 1.0, 2.0]))),
    )
}

/// Of each session none, one, or a few versions.
fn any_history() -> impl Strategy<Value = Vec<Vec<Version>>> {
    let of_session = prop_oneof![
        1 => Just(Vec::new()),
        8 => prop::collection::vec(any_version(), 1),
        1 => prop::collection::vec(any_version(), 2..4),
    ];
    prop::collection::vec(of_session, 19)
}

fn told(calendar: &Calendar, days: &[Session], versions: &[Vec<Version>]) -> BarHistory {
    let mut history = BarHistory::new(symbol("X"));
    for (day, of_session) in days.iter().zip(versions) {
        let known = |late: u8| published(calendar, calendar.offset(*day, i64::from(late)).unwrap());
        let mut of_session: Vec<_> =
            of_session.iter().map(|(late, close, act)| (known(*late), *close, *act)).collect();
        of_session.sort_by_key(|(known, ..)| *known);
        for (known, close, act) in of_session {
            let act = act.map_or(CorporateAction::NONE, |(dividend, split)| action(dividend, split));
            history.push(*day, bar(close), act, known);
        }
    }
    history
}

/// The window over the bars that were known, chained from the first on: another way to the same numbers.
fn expected(calendar: &Calendar, history: &BarHistory, origin: Session) -> Vec<f64> {
    let deadline = calendar.open(calendar.offset(origin, 1).unwrap()).unwrap().as_microsecond();
    let series = history.known_at(deadline).unwrap();
    let (mut adjuster, mut chain) = (Adjuster::new(), 0);
    let mut closes = Vec::new();
    for ((day, bar), action) in series.sessions().iter().zip(series.bars()).zip(series.actions()) {
        let factors = adjuster.step(bar, action).unwrap_or_else(|| {
            chain += 1;
            adjuster.restart(bar)
        });
        closes.push((*day, chain, bar.close * factors.price));
    }
    let at = |day: Session| closes.iter().rev().find(|(of, ..)| *of <= day);
    let Some((_, newest, level)) = at(origin) else { return vec![f64::NAN; LENGTH] };
    let back = (0..LENGTH as i64).rev().map(|back| calendar.offset(origin, -back).unwrap());
    let scaled =
        |day| at(day).filter(|(_, chain, _)| chain == newest).map(|(.., close)| close / level * 100.0);
    back.map(|day| scaled(day).unwrap_or(f64::NAN)).collect()
}

/// The history with every version changed that a reader of a row of that origin could not have met.
fn poisoned(calendar: &Calendar, history: &BarHistory, origin: Session, remove: bool) -> BarHistory {
    let deadline = calendar.open(calendar.offset(origin, 1).unwrap()).unwrap().as_microsecond();
    let mut poisoned = BarHistory::new(symbol("X"));
    for (day, bar, act, known) in history.versions() {
        let unseen = day > origin || known > deadline;
        if unseen && remove {
            continue;
        }
        let poison = Bar { close: bar.close * 1e3, ..bar };
        let (bar, act) = if unseen { (poison, action(1.0, 7.0)) } else { (bar, act) };
        poisoned.push(day, bar, act, known);
    }
    poisoned
}

proptest! {
    #![proptest_config(Config { cases: 128, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..Config::default() })]

    #[test]
    fn nothing_after_an_origin_changes_its_window(versions in any_history(), at in 0usize..19) {
        let calendar = Calendar::nyse();
        let days = sessions(&calendar);
        let origin = days[at];
        let others: Vec<_> = days.iter().map(|day| (*day, 1.0)).collect();
        let others = history(&calendar, "Y", &others);
        let x = told(&calendar, &days, &versions);
        let clean = window(&calendar, &[x.clone(), others.clone()], origin);
        for (found, expected) in clean.iter().zip(expected(&calendar, &x, origin)) {
            prop_assert!((found - expected).abs() < 1e-9 || (found.is_nan() && expected.is_nan()));
        }
        for remove in [false, true] {
            let poisoned = poisoned(&calendar, &x, origin, remove);
            let poisoned = window(&calendar, &[poisoned, others.clone()], origin);
            let bits = |window: &[f64]| window.iter().map(|close| close.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&clean), bits(&poisoned));
        }
    }
}
