//! Every kernel against the definition of its operator, and against twenty years of hostile prices.

use proptest::prelude::*;
use weekahead_features::expr::RollingOp;
use weekahead_features::kernel::{Ema, Rolling};

use crate::series::cases;

fn pushed(op: RollingOp, window: usize, values: &[f64]) -> Vec<f64> {
    let mut kernel = Rolling::new(op, window);
    values.iter().map(|value| kernel.push(*value)).collect()
}

/// How many values, the present one included, an operator reads.
fn reads(op: RollingOp, window: usize) -> usize {
    match op {
        RollingOp::Ref | RollingOp::Delta => window + 1,
        RollingOp::Ema => Ema::length(window),
        _ => window,
    }
}

/// The operator by its definition, from the values it reads.
fn defined(op: RollingOp, window: usize, read: &[f64]) -> f64 {
    let last = read[read.len() - 1];
    match op {
        RollingOp::Ref => read[0],
        RollingOp::Delta => last - read[0],
        RollingOp::Sum => read.iter().sum(),
        RollingOp::Mean => read.iter().sum::<f64>() / read.len() as f64,
        RollingOp::Var => variance(read),
        RollingOp::Std => variance(read).sqrt(),
        RollingOp::Max => read.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        RollingOp::Min => read.iter().copied().fold(f64::INFINITY, f64::min),
        RollingOp::Ema => {
            let decay = 1.0 - 2.0 / (window as f64 + 1.0);
            let weights: Vec<f64> = (0..read.len()).map(|i| decay.powi(i as i32)).collect();
            let weighted: f64 = read.iter().rev().zip(&weights).map(|(value, weight)| value * weight).sum();
            weighted / weights.iter().sum::<f64>()
        }
        _ => unreachable!("no other operator"),
    }
}

/// Two passes over values moved near zero first.
fn variance(values: &[f64]) -> f64 {
    let moved: Vec<f64> = values.iter().map(|value| value - values[0]).collect();
    let mean = moved.iter().sum::<f64>() / moved.len() as f64;
    moved.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (moved.len() as f64 - 1.0)
}

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        12 => -100.0..100.0_f64,
        3 => prop::sample::select(vec![0.0, 1.0, -0.0, 5.0]),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY]),
    ]
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn kernels_do_what_is_defined(
        op in prop::sample::select(RollingOp::ALL.to_vec()),
        extra in 0usize..12,
        values in prop::collection::vec(any_value(), 0..160),
    ) {
        let window = op.min_window() + extra;
        let reads = reads(op, window);
        for (t, got) in pushed(op, window, &values).into_iter().enumerate() {
            let read = (t + 1).checked_sub(reads).map(|from| &values[from..=t]);
            let complete = match op {
                RollingOp::Ref => read.filter(|read| read[0].is_finite()),
                RollingOp::Delta => read.filter(|read| read[0].is_finite() && values[t].is_finite()),
                _ => read.filter(|read| read.iter().all(|value| value.is_finite())),
            };
            match complete.map(|read| defined(op, window, read)) {
                None => prop_assert!(got.is_nan(), "{:?} {} at {}: {}", op, window, t, got),
                Some(want) => prop_assert!((got - want).abs() < 1e-9, "{:?} {} at {}: {} {}", op, window, t, got, want),
            }
        }
    }
}

/// Twenty years of sessions.
const LONG: usize = 5_040;

/// A sequence that repeats nothing and needs no random numbers.
fn wobble(i: usize) -> f64 {
    (i as f64 * 0.7).sin() + (i as f64 * 0.013).cos()
}

fn assert_no_drift(values: &[f64], windows: &[usize]) {
    for op in [RollingOp::Mean, RollingOp::Std, RollingOp::Ema] {
        for window in windows {
            let reads = reads(op, *window);
            for (t, got) in pushed(op, *window, values).into_iter().enumerate().skip(reads - 1) {
                let want = defined(op, *window, &values[t + 1 - reads..=t]);
                assert!((got - want).abs() <= 1e-9 * want.abs(), "{op:?} {window} at {t}: {got} {want}");
            }
        }
    }
}

#[test]
fn prices_of_a_billion_do_not_drift() {
    let values: Vec<f64> = (0..LONG).map(|i| 1e9 + wobble(i)).collect();
    assert_no_drift(&values, &[5, 20, 60, 250]);
}

#[test]
fn a_fall_of_twelve_decades_leaves_no_trace() {
    let values: Vec<f64> = (0..LONG)
        .map(|i| 1e9 * f64::exp(-(i as f64) * 28.0 / LONG as f64) * (2.0 + wobble(i) * 0.01))
        .collect();
    assert_no_drift(&values, &[5, 20, 60]);
}

#[test]
fn a_spike_leaves_no_trace_once_it_is_out() {
    let mut values: Vec<f64> = (0..LONG).map(|i| 10.0 + wobble(i)).collect();
    (values[100], values[2_000]) = (1e15, -1e200);
    for (op, window) in [(RollingOp::Mean, 20), (RollingOp::Std, 20), (RollingOp::Ema, 3)] {
        let got = pushed(op, window, &values);
        for t in (200..LONG).filter(|t| !(2_000..2_020).contains(t)) {
            let want = defined(op, window, &values[t - 19..=t]);
            assert!((got[t] - want).abs() <= 1e-9 * want.abs(), "{op:?} at {t}: {} {want}", got[t]);
        }
    }
}

#[test]
fn small_differences_of_large_prices_survive() {
    let values: Vec<f64> = (0..LONG).map(|i| 1e9 + 1e-4 * wobble(i)).collect();
    for (t, got) in pushed(RollingOp::Std, 20, &values).into_iter().enumerate().skip(19) {
        let want = defined(RollingOp::Std, 20, &values[t - 19..=t]);
        assert!((got - want).abs() <= 1e-9 * want, "at {t}: {got} {want}");
    }
}

#[test]
fn equal_values_are_exact() {
    let values = [vec![3.3, 1e9, 0.1], vec![0.1; 20], vec![0.0; 20]].concat();
    assert_eq!(pushed(RollingOp::Std, 20, &values)[22], 0.0);
    assert_eq!(pushed(RollingOp::Mean, 20, &values)[22], 0.1);
    assert_eq!(pushed(RollingOp::Sum, 20, &values)[42], 0.0);
    assert_eq!(pushed(RollingOp::Ema, 2, &values)[22], 0.1);
}
