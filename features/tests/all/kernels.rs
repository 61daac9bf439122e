//! Every kernel against the definition of its operator, and against twenty years of hostile prices.

use proptest::prelude::*;
use weekahead_features::expr::{PairOp, RollingOp};
use weekahead_features::kernel::{Ema, Rolling, WindowOp};

use crate::series::cases;

fn pushed(op: WindowOp, window: usize, values: &[(f64, f64)]) -> Vec<f64> {
    let mut kernel = Rolling::new(op, window);
    values.iter().map(|(x, y)| kernel.push_pair(*x, *y)).collect()
}

fn alone(values: &[f64]) -> Vec<(f64, f64)> {
    values.iter().map(|value| (*value, *value)).collect()
}

fn all() -> Vec<WindowOp> {
    let levels = [0.0, 0.2, 0.8, 1.0].map(WindowOp::Quantile);
    let pairs = PairOp::ALL.map(WindowOp::Pair);
    RollingOp::ALL.map(WindowOp::Rolling).into_iter().chain(levels).chain(pairs).collect()
}

fn least_window(op: WindowOp) -> usize {
    match op {
        WindowOp::Rolling(op) => op.min_window(),
        WindowOp::Quantile(_) => 1,
        WindowOp::Pair(_) => PairOp::MIN_WINDOW,
    }
}

/// How many values, the present one included, an operator reads.
fn reads(op: WindowOp, window: usize) -> usize {
    match op {
        WindowOp::Rolling(RollingOp::Ref | RollingOp::Delta) => window + 1,
        WindowOp::Rolling(RollingOp::Ema) => Ema::length(window),
        _ => window,
    }
}

/// The operator by its definition, from the values it reads.
fn defined(op: WindowOp, window: usize, read: &[(f64, f64)]) -> f64 {
    let x: Vec<f64> = read.iter().map(|(x, _)| *x).collect();
    let y: Vec<f64> = read.iter().map(|(_, y)| *y).collect();
    match op {
        WindowOp::Rolling(op) => rolling(op, window, &x),
        WindowOp::Quantile(level) => quantile(&x, level),
        WindowOp::Pair(PairOp::Cov) => products(&x, &y) / (x.len() as f64 - 1.0),
        WindowOp::Pair(_) => products(&x, &y) / (products(&x, &x).sqrt() * products(&y, &y).sqrt()),
    }
}

fn rolling(op: RollingOp, window: usize, x: &[f64]) -> f64 {
    let (n, last) = (x.len() as f64, x[x.len() - 1]);
    let times: Vec<f64> = (1..=x.len()).map(|i| i as f64).collect();
    let slope = || products(x, &times) / products(&times, &times);
    match op {
        RollingOp::Ref => x[0],
        RollingOp::Delta => last - x[0],
        RollingOp::Sum => x.iter().sum(),
        RollingOp::Mean => mean(x),
        RollingOp::Var => power(x, 2) / (n - 1.0),
        RollingOp::Std => (power(x, 2) / (n - 1.0)).sqrt(),
        RollingOp::Skew => n * (n - 1.0).sqrt() / (n - 2.0) * power(x, 3) / power(x, 2).powf(1.5),
        RollingOp::Kurt => {
            let ratio = n * (n + 1.0) * power(x, 4) / power(x, 2).powi(2);
            (n - 1.0) / ((n - 2.0) * (n - 3.0)) * (ratio - 3.0 * (n - 1.0))
        }
        RollingOp::Max => x.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        RollingOp::Min => x.iter().copied().fold(f64::INFINITY, f64::min),
        RollingOp::IdxMax => first(x, |value| x.iter().all(|other| *other <= value)),
        RollingOp::IdxMin => first(x, |value| x.iter().all(|other| *other >= value)),
        RollingOp::Med => quantile(x, 0.5),
        RollingOp::Mad => x.iter().map(|value| (value - mean(x)).abs()).sum::<f64>() / n,
        RollingOp::Rank => {
            let below = x.iter().filter(|value| **value < last).count() as f64;
            let equal = x.iter().filter(|value| **value == last).count() as f64;
            (below + (equal + 1.0) / 2.0) / n
        }
        RollingOp::Count => x.iter().filter(|value| value.is_finite()).count() as f64,
        RollingOp::Slope => slope(),
        RollingOp::Rsquare => products(x, &times).powi(2) / (products(&times, &times) * products(x, x)),
        RollingOp::Resi => last - (mean(x) + slope() * (n - mean(&times))),
        RollingOp::Wma => {
            x.iter().zip(&times).map(|(x, i)| x * i).sum::<f64>() / times.iter().sum::<f64>() / n
        }
        RollingOp::Ema => {
            let decay = 1.0 - 2.0 / (window as f64 + 1.0);
            let weights: Vec<f64> = (0..x.len()).map(|i| decay.powi(i as i32)).collect();
            let weighted: f64 = x.iter().rev().zip(&weights).map(|(value, weight)| value * weight).sum();
            weighted / weights.iter().sum::<f64>()
        }
        _ => unreachable!("no other operator"),
    }
}

/// Near the first value first, so that large values lose nothing.
fn mean(values: &[f64]) -> f64 {
    values[0] + values.iter().map(|value| value - values[0]).sum::<f64>() / values.len() as f64
}

/// Differences from the mean, near zero from the start.
fn centred(values: &[f64]) -> Vec<f64> {
    let near: Vec<f64> = values.iter().map(|value| value - values[0]).collect();
    near.iter().map(|value| value - mean(&near)).collect()
}

/// The sum of powers about the mean.
fn power(values: &[f64], exponent: i32) -> f64 {
    centred(values).into_iter().map(|value| value.powi(exponent)).sum()
}

/// The sum of products about the means.
fn products(x: &[f64], y: &[f64]) -> f64 {
    centred(x).into_iter().zip(centred(y)).map(|(a, b)| a * b).sum()
}

fn first(values: &[f64], found: impl Fn(f64) -> bool) -> f64 {
    values.iter().position(|value| found(*value)).map_or(f64::NAN, |at| at as f64 + 1.0)
}

fn quantile(values: &[f64], level: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = level * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    low + (high - low) * place.fract()
}

/// Differences of the size of rounding make ratios of anything.
fn is_settled(op: WindowOp, read: &[(f64, f64)]) -> bool {
    let varies = |values: Vec<f64>| power(&values, 2) > 1e-9;
    let ratio = matches!(
        op,
        WindowOp::Rolling(RollingOp::Skew | RollingOp::Kurt | RollingOp::Rsquare)
            | WindowOp::Pair(PairOp::Corr)
    );
    !ratio
        || (varies(read.iter().map(|(x, _)| *x).collect()) && varies(read.iter().map(|(_, y)| *y).collect()))
}

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        24 => -100.0..100.0_f64,
        6 => prop::sample::select(vec![0.0, 1.0, -0.0, 5.0]),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY]),
    ]
}

proptest! {
    #![proptest_config(cases(800))]

    #[test]
    fn kernels_do_what_is_defined(
        op in prop::sample::select(all()),
        extra in 0usize..30,
        values in prop::collection::vec((any_value(), any_value()), 0..160),
    ) {
        let window = least_window(op) + extra;
        let reads = reads(op, window);
        let has_y = matches!(op, WindowOp::Pair(_));
        let there = |(x, y): &(f64, f64)| x.is_finite() && (y.is_finite() || !has_y);
        for (t, got) in pushed(op, window, &values).into_iter().enumerate() {
            let read = (t + 1).checked_sub(reads).map(|from| &values[from..=t]);
            let complete = match op {
                WindowOp::Rolling(RollingOp::Count) => read,
                WindowOp::Rolling(RollingOp::Ref) => read.filter(|read| there(&read[0])),
                WindowOp::Rolling(RollingOp::Delta) => read.filter(|read| there(&read[0]) && there(&values[t])),
                _ => read.filter(|read| read.iter().all(there)),
            };
            let Some(read) = complete else {
                prop_assert!(got.is_nan(), "{:?} {} at {}: {}", op, window, t, got);
                continue;
            };
            let want = defined(op, window, read);
            if is_settled(op, read) {
                let near = (got - want).abs() <= 1e-9 * want.abs().max(1.0);
                prop_assert!(near || want.is_nan() && got.is_nan(), "{:?} {} at {}: {} {}", op, window, t, got, want);
            }
        }
    }

    #[test]
    fn any_cut_into_blocks_gives_the_same_bits(
        op in prop::sample::select(all()),
        extra in 0usize..70,
        values in prop::collection::vec((any_value(), any_value()), 1..200),
        block in 1usize..90,
    ) {
        let window = least_window(op) + extra;
        let (x, y): (Vec<f64>, Vec<f64>) = values.iter().copied().unzip();
        let mut kernel = Rolling::new(op, window);
        let mut folded = vec![0.0; values.len()];
        for ((x, y), out) in x.chunks(block).zip(y.chunks(block)).zip(folded.chunks_mut(block)) {
            kernel.fold([x, y], out);
        }
        let bits = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect::<Vec<_>>();
        prop_assert_eq!(bits(folded), bits(pushed(op, window, &values)));
    }

    #[test]
    fn what_left_the_window_was_never_there(
        op in prop::sample::select(all()),
        extra in 0usize..70,
        before in prop::collection::vec(prop::sample::select(vec![1e-300, -1e200, 1e15, 7.0, f64::NAN]), 1..40),
        values in prop::collection::vec((-100.0..100.0_f64, -1.0..1.0_f64), 500..501),
    ) {
        let window = least_window(op) + extra;
        let last = &values[500 - reads(op, window)..];
        let tainted: Vec<(f64, f64)> = before.into_iter().map(|value| (value, value)).chain(values.iter().copied()).collect();
        let clean = pushed(op, window, last).pop().unwrap();
        prop_assert_eq!(clean.to_bits(), pushed(op, window, &tainted).pop().unwrap().to_bits());
    }
}

/// Twenty years of sessions.
const LONG: usize = 5_040;

/// A sequence that repeats nothing and needs no random numbers.
fn wobble(i: usize) -> f64 {
    (i as f64 * 0.7).sin() + (i as f64 * 0.013).cos()
}

/// Holds the operators that sum to the bound that their docs state.
fn assert_exact(values: &[f64], windows: &[usize], bound: f64) {
    let ops = [RollingOp::Mean, RollingOp::Std, RollingOp::Slope, RollingOp::Ema];
    for op in ops.map(WindowOp::Rolling) {
        for window in windows {
            let reads = reads(op, *window);
            for (t, got) in
                pushed(op, *window, &alone(values)).into_iter().enumerate().skip(reads - 1).step_by(7)
            {
                let read = &values[t + 1 - reads..=t];
                let want = defined(op, *window, &alone(read));
                let scale = want.abs().max((power(read, 2) / read.len() as f64).sqrt() / read.len() as f64);
                assert!((got - want).abs() <= bound * scale, "{op:?} {window} at {t}: {got} {want}");
            }
        }
    }
}

#[test]
fn prices_of_a_billion_do_not_drift() {
    let values: Vec<f64> = (0..LONG).map(|i| 1e9 + wobble(i)).collect();
    assert_exact(&values, &[5, 20, 60, 250], 1e-13);
}

#[test]
fn small_differences_of_large_prices_survive() {
    let values: Vec<f64> = (0..LONG).map(|i| 1e9 + 1e-4 * wobble(i)).collect();
    assert_exact(&values, &[5, 20, 60, 250], 1e-13);
}

#[test]
fn a_fall_of_twelve_decades_leaves_no_trace() {
    let fall = |i: usize| 1e9 * f64::exp(-(i as f64) * 28.0 / LONG as f64) * (2.0 + wobble(i) * 0.01);
    assert_exact(&(0..LONG).map(fall).collect::<Vec<_>>(), &[5, 20, 60], 1e-13);
}

#[test]
fn equal_values_are_exact() {
    let values = alone(&[vec![3.3, 1e9, 0.1], vec![0.1; 20], vec![0.0; 20]].concat());
    let at = |op, window, t: usize| pushed(WindowOp::Rolling(op), window, &values)[t];
    assert_eq!(at(RollingOp::Std, 20, 22), 0.0);
    assert_eq!(at(RollingOp::Mean, 20, 22), 0.1);
    assert_eq!(at(RollingOp::Sum, 20, 42), 0.0);
    assert_eq!(at(RollingOp::Ema, 2, 22), 0.1);
    assert!(at(RollingOp::Rsquare, 20, 22).is_nan());
}
