//! Intervals cover what they promise: split conformal ones while nothing changes, adaptive ones also when the world does.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking, in its support functions too")]

use ndarray::{Array1, Array2};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use weekahead_market::Horizon;
use weekahead_models::{
    AdaptiveLevels, Calibration, DEFAULT_LEVELS, IntervalModel, ResidualQuantiles, ScaleSpec,
};

/// The step of the paper.
const STEP: f64 = 0.005;

fn normals(seed: u64, count: usize) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| StandardNormal.sample(&mut random)).collect()
}

/// Intervals calibrated on residuals of scale 1, and all their quantiles.
fn calibrated(residuals: &[f64]) -> (IntervalModel, ResidualQuantiles) {
    let n = residuals.len();
    let x = Array2::from_elem((n, 1), 0.0_f32);
    let (y, forecast) = (Array1::from(residuals.to_vec()), Array1::zeros(n));
    let rows = Calibration { x: x.view(), y: y.view(), forecast: forecast.view() };
    let spec = ScaleSpec { floor: 1.0, ..ScaleSpec::new(0, Horizon::WEEK) };
    let model = IntervalModel::calibrate(&rows, spec, &DEFAULT_LEVELS).unwrap();
    (model, ResidualQuantiles::calibrate(&rows, spec).unwrap())
}

/// The largest distance from the nominal coverage that a central interval shows over the outcomes.
fn off_nominal(quantiles: &ResidualQuantiles, levels: &mut AdaptiveLevels, outcomes: &[f64]) -> f64 {
    let (mut before, mut inside) = (levels.coverage(), Vec::new());
    let known = levels.outcomes() as f64;
    for outcome in outcomes {
        let below: Vec<bool> =
            levels.adapted().iter().map(|level| *outcome <= f64::from(quantiles.offset(*level))).collect();
        levels.update(&below).unwrap();
    }
    for (before, now) in before.drain(..).zip(levels.coverage()) {
        let counted = now.share.unwrap() * levels.outcomes() as f64 - before.share.unwrap_or(0.0) * known;
        inside.push((counted / outcomes.len() as f64 - now.nominal).abs());
    }
    inside.into_iter().fold(0.0, f64::max)
}

#[test]
fn nominal_levels_have_the_offsets_of_the_intervals() {
    for (seed, n) in [(1, 40), (2, 104), (3, 4_999), (4, 20_000)] {
        let (model, quantiles) = calibrated(&normals(seed, n));
        for (level, offset) in model.levels().iter().zip(model.offsets()) {
            assert!((quantiles.offset(*level) - offset).abs() < 1e-6, "{n} rows, level {level}");
        }
    }
}

#[test]
fn split_intervals_cover_what_they_promise_on_exchangeable_rows() {
    for seed in 0..3 {
        let values = normals(seed, 60_000);
        let (past, future) = values.split_at(20_000);
        let (_, quantiles) = calibrated(past);
        let mut fixed = AdaptiveLevels::new(&DEFAULT_LEVELS, 0.0).unwrap();
        let off = off_nominal(&quantiles, &mut fixed, future);
        assert!(off < 0.01, "seed {seed}: {off}");
    }
}

#[test]
fn adaptive_intervals_keep_covering_after_volatility_has_doubled() {
    for seed in 10..13 {
        let values = normals(seed, 20_000);
        let (past, future) = values.split_at(4_000);
        let (calm, wild) = future.split_at(8_000);
        let wild: Vec<f64> = wild.iter().map(|value| 2.0 * value).collect();
        let (_, quantiles) = calibrated(past);
        let run = |step: f64| {
            let mut levels = AdaptiveLevels::new(&DEFAULT_LEVELS, step).unwrap();
            let calm = off_nominal(&quantiles, &mut levels, calm);
            (calm, off_nominal(&quantiles, &mut levels, &wild))
        };
        let ((calm, adaptive), (_, fixed)) = (run(STEP), run(0.0));
        println!("seed {seed}: adaptive {calm:.4} before, {adaptive:.4} after; fixed {fixed:.4} after");
        assert!(calm < 0.02 && adaptive < 0.02, "seed {seed}: adaptive {calm} before, {adaptive} after");
        assert!(fixed > 0.2, "seed {seed}: fixed {fixed}");
    }
}
