//! What a fold learns, its preprocessing included, comes from its own training rows.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking, in its support functions too")]

use ndarray::{Array1, Array2};
use weekahead_market::{AsOf, Calendar, Horizon, Session, Symbol};
use weekahead_models::{Fill, ModelSpec, PreprocessingSpec, Scale};
use weekahead_training::{
    Backtest, CloseHistory, Dataset, PlanSettings, RowKey, backtest, fit_on_all, folds,
};

const SYMBOLS: usize = 4;

/// Weekly rows of four symbols over some four years, with features of every awkward kind.
fn dataset(calendar: &Calendar) -> Dataset {
    let session = |text: &str| text.parse::<Session>().unwrap();
    let origins = calendar.weekly_origins(session("2010-01-04"), session("2014-01-03"));
    let mut keys = Vec::new();
    for origin in &origins {
        for name in ["AAPL", "GOOG", "IBM", "MSFT"] {
            let realised = calendar.offset(*origin, Horizon::WEEK.get() as i64).unwrap();
            let known_at = calendar.close(realised).unwrap().as_microsecond();
            keys.push(RowKey { origin: *origin, symbol: Symbol::new(name).unwrap(), realised, known_at });
        }
    }
    let wave = |row: usize, k: usize| ((row * (k + 3)) as f32 * 0.7).sin();
    let x = Array2::from_shape_fn((keys.len(), 4), |(row, column)| match column {
        0 => wave(row, 0),
        1 if row % 7 == 0 => f32::NAN,
        1 => 1_000.0 + 50.0 * wave(row, 1),
        2 => {
            if row % 11 == 0 {
                40.0
            } else {
                0.0
            }
        }
        _ => 0.02 + 0.005 * wave(row, 2),
    });
    let y = Array1::from_shape_fn(keys.len(), |row| f64::from(0.01 * x[[row, 0]] + 0.02 * wave(row, 5)));
    let features = ["signal", "level", "flag", "vol_20"].map(str::to_owned).to_vec();
    Dataset {
        view: "made_up".to_owned(),
        view_version: "0".to_owned(),
        features,
        horizon: Horizon::WEEK,
        as_of: "2014-02-01".parse::<AsOf>().unwrap(),
        keys,
        x,
        y,
        closes: CloseHistory::default(),
    }
}

fn settings(scale: Scale) -> PlanSettings {
    let preprocessing = PreprocessingSpec { fill: Fill::Mean, scale, clip: 3.0 };
    PlanSettings { preprocessing, warm_up_origins: 120, calibration_origins: 52, ..PlanSettings::default() }
}

fn walked(dataset: &Dataset, calendar: &Calendar, scale: Scale) -> Backtest {
    let settings = settings(scale);
    let folds = folds(dataset, calendar, &settings).unwrap();
    assert!(folds.len() > 3);
    backtest(dataset, &folds, &ModelSpec::Ridge { alpha: 1.0 }, &settings).unwrap()
}

/// The forecasts of a fold's test rows, to the bit.
fn forecasts(backtest: &Backtest, fold: usize) -> Vec<(u64, Vec<u64>)> {
    let width = backtest.quantiles.len() / backtest.points.len();
    let of_row = |at: usize| {
        let quantiles = &backtest.quantiles[at * width..(at + 1) * width];
        (backtest.points[at].to_bits(), quantiles.iter().map(|value| value.to_bits()).collect())
    };
    (0..backtest.rows.len()).filter(|at| backtest.folds[*at] == fold).map(of_row).collect()
}

#[test]
fn rows_after_a_fold_change_nothing_in_it() {
    let calendar = Calendar::nyse();
    let dataset = dataset(&calendar);
    for scale in [Scale::None, Scale::ZScore, Scale::RobustZScore] {
        let clean = walked(&dataset, &calendar, scale);
        let second_fold = clean.rows.iter().zip(&clean.folds).find(|(_, fold)| **fold == 1).unwrap();
        let from = *second_fold.0;
        let mut poisoned = dataset.clone();
        for row in from..dataset.len() {
            poisoned.y[row] = 7.0;
            poisoned.x.row_mut(row).mapv_inplace(|value| if value.is_finite() { 1e6 - value } else { 3.0 });
        }
        let poisoned = walked(&poisoned, &calendar, scale);
        assert_eq!(forecasts(&clean, 0), forecasts(&poisoned, 0), "{scale:?}");
        assert_ne!(
            forecasts(&clean, 2),
            forecasts(&poisoned, 2),
            "{scale:?}: the poison does reach later folds"
        );
        assert_eq!(forecasts(&clean, 0).len() % SYMBOLS, 0);
    }
}

/// Targets of the first fold's past that were corrected after its deadline, for fitting and for calibrating.
#[test]
fn a_target_that_was_corrected_later_is_learned_from_later() {
    let calendar = Calendar::nyse();
    let mut dataset = dataset(&calendar);
    let settings = settings(Scale::ZScore);
    let cut = folds(&dataset, &calendar, &settings).unwrap();
    let split = cut[0].split(settings.calibration_origins).unwrap();
    let corrected_at = cut[0].deadline() + 1;
    for origin in [split.fit[3], split.fit[9], split.calibration[5]] {
        let row = dataset.keys.iter().position(|key| key.origin == origin).unwrap();
        dataset.keys[row].known_at = corrected_at;
    }
    let walk = |dataset: &Dataset| walked(dataset, &calendar, Scale::ZScore);
    let clean = walk(&dataset);
    let mut poisoned = dataset.clone();
    for (key, y) in dataset.keys.iter().zip(&mut poisoned.y) {
        if key.known_at == corrected_at {
            *y = 7.0;
        }
    }
    let walked = walk(&poisoned);
    assert_eq!(forecasts(&clean, 0), forecasts(&walked, 0), "nobody knew these numbers");
    assert_ne!(forecasts(&clean, 1), forecasts(&walked, 1), "now they are known");

    let fit =
        |dataset: &Dataset| fit_on_all(dataset, &calendar, &ModelSpec::HistoricalMean, &settings).unwrap();
    let level = |dataset: &Dataset| fit(dataset).model.predict(dataset.x.view()).unwrap()[0];
    assert_ne!(level(&dataset), level(&poisoned));
    for dataset in [&mut dataset, &mut poisoned] {
        let late = dataset.keys.iter_mut().filter(|key| key.known_at == corrected_at);
        late.for_each(|key| key.known_at = i64::MAX);
    }
    assert_eq!(level(&dataset), level(&poisoned), "the registered model learns from what is known, too");
}

#[test]
fn how_features_are_scaled_matters() {
    let calendar = Calendar::nyse();
    let dataset = dataset(&calendar);
    let plain = walked(&dataset, &calendar, Scale::ZScore);
    let robust = walked(&dataset, &calendar, Scale::RobustZScore);
    assert_ne!(forecasts(&plain, 0), forecasts(&robust, 0));
}

/// With a half-life of a year, a row of a year ago weighs half as much as the newest.
#[test]
fn older_rows_weigh_less() {
    let calendar = Calendar::nyse();
    let dataset = dataset(&calendar);
    let forecast = |half_life_weeks| {
        let settings = PlanSettings { half_life_weeks, ..settings(Scale::ZScore) };
        let folds = folds(&dataset, &calendar, &settings).unwrap();
        let first = backtest(&dataset, &folds[..1], &ModelSpec::HistoricalMean, &settings).unwrap();
        let split = folds[0].split(settings.calibration_origins).unwrap();
        let fit: Vec<usize> =
            (0..dataset.len()).filter(|row| split.fit.contains(&dataset.keys[*row].origin)).collect();
        (first.points[0], fit)
    };
    let (weighted, fit) = forecast(Some(52.0));
    let day = |row: &usize| f64::from(dataset.keys[*row].origin.days_since_epoch());
    let newest = fit.iter().map(day).fold(f64::MIN, f64::max);
    let weights: Vec<f64> = fit.iter().map(|row| 0.5_f64.powf((newest - day(row)) / 364.0)).collect();
    let sum: f64 = fit.iter().zip(&weights).map(|(row, weight)| weight * dataset.y[*row]).sum();
    let mean = sum / weights.iter().sum::<f64>();
    assert!((weighted - mean).abs() < 1e-9, "{weighted} {mean}");
    assert_ne!(weighted, forecast(None).0);
    let refused = PlanSettings { half_life_weeks: Some(0.0), ..settings(Scale::ZScore) };
    let error = folds(&dataset, &calendar, &refused).unwrap_err().to_string();
    assert!(error.contains("half_life_weeks = 0"), "{error}");
}
