//! What must not matter: the unit of prices, splits, the reinvestment of dividends.

use proptest::prelude::*;
use weekahead_features::View;

use crate::series::{Row, cases, close_to, rows, single, streamed};

/// The same history quoted with prices times `price` and volumes times `volume`.
fn scaled(rows: &[Row], price: f64, volume: f64) -> Vec<Row> {
    let mut rows = rows.to_vec();
    for row in &mut rows {
        for value in [&mut row.bar.open, &mut row.bar.high, &mut row.bar.low, &mut row.bar.close] {
            *value *= price;
        }
        row.bar.volume *= volume;
        row.action.dividend *= price;
    }
    rows
}

/// The same history with a split before `at`.
fn split(rows: &[Row], at: usize, ratio: f64) -> Vec<Row> {
    let mut after = scaled(&rows[at..], 1.0 / ratio, ratio);
    after[0].action.split *= ratio;
    after[0].action.dividend = rows[at].action.dividend;
    [&rows[..at], &after[..]].concat()
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn weekly_core_is_free_of_scale(seed: u64, price in 1e-3..1e3_f64, volume in 1e-2..1e2_f64) {
        let view = View::builtin("weekly_core").unwrap();
        let rows = rows(seed, 320);
        let (left, right) = (streamed(&view, &rows), streamed(&view, &scaled(&rows, price, volume)));
        for (t, (left, right)) in left.iter().zip(&right).enumerate() {
            for (i, name) in view.features().iter().enumerate() {
                prop_assert!(close_to(left[i], right[i], 1e-9), "{} at {}: {} {}", name, t, left[i], right[i]);
            }
        }
    }

    #[test]
    fn a_split_changes_nothing(seed: u64, at in 1usize..320, ratio in prop::sample::select(vec![2.0, 3.0, 0.1])) {
        let view = View::builtin("weekly_core").unwrap();
        let rows = rows(seed, 320);
        let (left, right) = (streamed(&view, &rows), streamed(&view, &split(&rows, at, ratio)));
        for (left, right) in left.iter().flatten().zip(right.iter().flatten()) {
            if ratio == 2.0 {
                prop_assert_eq!(left.to_bits(), right.to_bits());
            } else {
                prop_assert!(close_to(*left, *right, 1e-9), "{} {}", left, right);
            }
        }
    }
}

#[test]
fn a_dividend_is_reinvested() {
    let mut history = rows(3, 2);
    history[0].bar.close = 100.0;
    history[1].bar.close = 98.0;
    history[1].action.dividend = 2.0;
    history[1].action.split = 1.0;
    assert_eq!(streamed(&single("Log(close / Ref(close, 1))"), &history)[1][0], 0.0);
    assert_eq!(streamed(&single("raw_close / Ref(raw_close, 1)"), &history)[1][0], 0.98);
}
