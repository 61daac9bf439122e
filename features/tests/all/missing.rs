//! What is missing, from when and until when.

use weekahead_features::{View, compute};
use weekahead_market::CorporateAction;

use crate::series::{rows, series, single, streamed, with_closes};

/// One feature over closes, streamed.
fn over(expr: &str, closes: &[f64]) -> Vec<f64> {
    streamed(&single(expr), &with_closes(closes)).into_iter().map(|row| row[0]).collect()
}

fn missing(values: &[f64]) -> Vec<bool> {
    values.iter().map(|value| value.is_nan()).collect()
}

#[test]
fn windows_wait_until_they_are_full() {
    let closes = [1.0, 2.0, 4.0, 8.0];
    assert_eq!(missing(&over("Mean(close, 3)", &closes)), [true, true, false, false]);
    assert_eq!(missing(&over("Ref(close, 1)", &closes)), [true, false, false, false]);
    assert_eq!(missing(&over("Mean(Ref(close, 1), 3)", &closes)), [true, true, true, false]);
    assert_eq!(over("Ref(close, 0)", &closes), closes);
}

#[test]
fn a_missing_value_empties_the_windows_it_is_in() {
    let closes = [1.0, 2.0, f64::NAN, 4.0, 5.0, 6.0];
    assert_eq!(missing(&over("Sum(close, 2)", &closes)), [true, false, true, true, false, false]);
    assert_eq!(missing(&over("Ref(close, 1)", &closes)), [true, false, false, true, false, false]);
    assert_eq!(missing(&over("Delta(close, 1)", &closes)), [true, false, true, true, false, false]);
}

#[test]
fn what_is_not_finite_is_missing() {
    assert_eq!(missing(&over("Log(close - 1)", &[1.0, 2.0, 0.5])), [true, false, true]);
    assert_eq!(missing(&over("1 / (close - 1)", &[1.0, 2.0, 0.5])), [true, false, false]);
    assert_eq!(missing(&over("Power(0 / (close - close), 0)", &[1.0])), [true]);
}

#[test]
fn comparisons_pass_on_what_is_missing() {
    assert_eq!(over("close > Ref(close, 1)", &[1.0, 2.0, 2.0])[1..], [1.0, 0.0]);
    assert!(over("close > Ref(close, 1)", &[1.0])[0].is_nan());
    assert!(over("If(close > Ref(close, 1), 1, 0)", &[1.0])[0].is_nan());
    assert!(over("Greater(close, Ref(close, 1))", &[1.0])[0].is_nan());
    assert!(over("Less(Ref(close, 1), close)", &[1.0])[0].is_nan());
}

#[test]
fn a_choice_looks_at_the_branch_it_takes() {
    assert_eq!(over("If(close > 0, 7, Log(0))", &[1.0]), [7.0]);
    assert_eq!(over("Sign(close) + Sign(-close) + Sign(close - close)", &[2.0]), [0.0]);
    assert_eq!(over("Power(close, 2) - Abs(-close) * 3", &[2.0]), [-2.0]);
}

#[test]
fn a_market_that_stands_still_has_no_oscillators() {
    let view = View::builtin("weekly_core").unwrap();
    let last = streamed(&view, &with_closes(&[12.34; 300])).pop().unwrap();
    let value = |name: &str| last[view.position(name).unwrap()];
    assert!(value("rsi_14").is_nan() && value("volume_z_20").is_nan());
    let zero = ["ret_1", "ret_120", "vol_20", "ret_mean_250", "macd", "macd_signal", "atr_14", "range_1"];
    assert!(zero.iter().all(|name| value(name) == 0.0));
    assert_eq!([value("range_position"), value("ma_20"), value("max_250")], [0.5, 1.0, 1.0]);
}

#[test]
fn an_action_that_cannot_be_true_starts_a_new_series() {
    let view = View::builtin("weekly_core").unwrap();
    let mut history = rows(11, 700);
    let broken = [
        CorporateAction { dividend: history[149].bar.close, split: 1.0 },
        CorporateAction { dividend: 0.0, split: 0.0 },
        CorporateAction { dividend: 0.0, split: f64::NAN },
    ];
    for (at, action) in [150, 151, 400].into_iter().zip(broken) {
        history[at].action = action;
    }
    let (whole, rest) = (compute(&view, &series(&history)), compute(&view, &series(&history[400..])));
    for (whole, rest) in whole.columns.iter().zip(rest.columns.iter()) {
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&whole[400..]), bits(rest));
    }
}
