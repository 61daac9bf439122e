//! Forecasters of one series, from the outside: what they refuse, and what must not matter.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use weekahead_market::Horizon;
use weekahead_models::{AutoEts, AutoTheta, Error, EtsErrors, SeriesForecast};

fn walk(seed: u64, count: usize) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let step = |close: &mut f64, _| {
        *close *= 1.0 + 0.02 * (rng.random::<f64>() - 0.5);
        Some(*close)
    };
    (0..count).scan(50.0, step).collect()
}

fn both(series: &[f64]) -> [Result<SeriesForecast, Error>; 2] {
    [AutoEts::default().forecast(series, Horizon::WEEK), AutoTheta.forecast(series, Horizon::WEEK)]
}

#[test]
fn series_that_cannot_be_used_are_refused() {
    for refused in both(&walk(1, 6)) {
        assert!(matches!(refused, Err(Error::SeriesTooShort { found: 6, needed: 7 | 12 })), "{refused:?}");
    }
    for value in [f64::NAN, f64::INFINITY, 1e31] {
        let mut series = walk(1, 30);
        series[17] = value;
        for refused in both(&series) {
            assert!(matches!(refused, Err(Error::SeriesValue { position: 17, .. })), "{refused:?}");
        }
    }
}

#[test]
fn multiplicative_errors_need_values_above_zero() {
    let mut series = walk(2, 60);
    series[3] = 0.0;
    let only = AutoEts { errors: EtsErrors::Multiplicative };
    let refused = only.forecast(&series, Horizon::WEEK).unwrap_err();
    assert!(matches!(refused, Error::SeriesValue { position: 3, .. }), "{refused}");
    assert!(AutoEts::default().forecast(&series, Horizon::WEEK).unwrap().model.starts_with("ETS(A,"));
    series[3] = 50.0;
    assert!(only.forecast(&series, Horizon::WEEK).unwrap().model.starts_with("ETS(M,"));
}

#[test]
fn the_same_series_gives_the_same_bits() {
    let series = walk(3, 300);
    for (once, again) in both(&series).into_iter().zip(both(&series)) {
        assert_eq!(once.unwrap(), again.unwrap());
    }
}

#[test]
fn the_unit_of_a_series_does_not_matter() {
    let series = walk(4, 250);
    let larger: Vec<f64> = series.iter().map(|value| value * 1024.0).collect();
    for (small, large) in both(&series).into_iter().zip(both(&larger)) {
        let (small, large) = (small.unwrap(), large.unwrap());
        assert_eq!(small.model, large.model);
        for step in 0..5 {
            let apart = large.mean[step] / 1024.0 - small.mean[step];
            assert!(apart.abs() < 1e-2 * small.standard_deviation[step], "{}: {apart}", small.model);
        }
    }
}

#[test]
fn intervals_widen_and_cover_what_they_say() {
    let (mut covered, count) = ([0; 2], 300);
    for seed in 0..count {
        let series = walk(seed, 155);
        for (covered, forecast) in covered.iter_mut().zip(both(&series[..150])) {
            let forecast = forecast.unwrap();
            assert!(forecast.standard_deviation.is_sorted(), "{forecast:?}");
            let (low, high) = (forecast.quantile(0.1).unwrap(), forecast.quantile(0.9).unwrap());
            *covered += usize::from((low[4]..=high[4]).contains(&series[154]));
        }
    }
    for covered in covered {
        let share = covered as f64 / count as f64;
        assert!((share - 0.8).abs() < 0.06, "the 80 % interval covers {share}");
    }
}

#[test]
fn the_wildest_values_give_numbers() {
    let wild: Vec<f64> = (0..40).map(|t| [1e20, 1e30, 3e20, 1e25][t % 4]).collect();
    let small: Vec<f64> = (0..40).map(|t| [1e-40, 3e-40, 1e-39, 1e-40][t % 4]).collect();
    let rising: Vec<f64> = (0..30).map(|t| 2_f64.powi(t)).collect();
    for series in [wild, small, rising, vec![1.0; 39].into_iter().chain([1e10]).collect()] {
        let only = AutoEts { errors: EtsErrors::Multiplicative }.forecast(&series, Horizon::WEEK);
        for forecast in both(&series).into_iter().chain([only]) {
            let forecast = forecast.unwrap();
            let numbers = forecast.mean.iter().chain(&forecast.standard_deviation);
            assert!(numbers.into_iter().all(|number| number.is_finite()), "{forecast:?}");
        }
    }
}

#[test]
fn lines_go_on_and_levels_stay() {
    let line: Vec<f64> = (0..60).map(|t| 100.0 - 0.25 * f64::from(t)).collect();
    let level: Vec<f64> = (0..60).map(|t| 10.0 + if t % 2 == 0 { 0.1 } else { -0.1 }).collect();
    for forecast in both(&line) {
        let forecast = forecast.unwrap();
        assert!((forecast.mean[4] - 84.0).abs() < 0.2, "{forecast:?}");
    }
    for forecast in both(&level) {
        let forecast = forecast.unwrap();
        assert!((forecast.mean[4] - 10.0).abs() < 0.1, "{forecast:?}");
    }
}

#[test]
fn a_quantile_needs_a_level_within_0_and_1() {
    let forecast = AutoTheta.forecast(&walk(5, 30), Horizon::WEEK).unwrap();
    assert_eq!(forecast.quantile(0.5).unwrap(), forecast.mean);
    for level in [0.0, 1.0, f64::NAN] {
        assert!(matches!(forecast.quantile(level), Err(Error::Levels { .. })));
    }
}
