//! Forests, boosting, stacks and searches on rows whose answer is known.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking, in its support functions too")]

use std::collections::BTreeMap;

use ndarray::{Array1, Array2, Axis, array};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::ThreadPoolBuilder;
use weekahead_market::Horizon;
use weekahead_models::{
    BoostingLoss, BoostingSpec, Error, ExtraTrees, FittedModel, Forecaster, ForestSpec, GradientBoosting,
    ModelContext, ModelSpec, RandomForest, TrainingRows,
};

/// Rows whose target is a step of the first feature and a slope of the second, with noise; the third feature says
/// nothing, and a tenth of the first is missing, where the target is 0.4.
fn made_up(rows: usize, seed: u64) -> (Array2<f32>, Array1<f64>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let x = Array2::from_shape_fn((rows, 3), |(_, column)| match rng.random_range(0..10) {
        0 if column == 0 => f32::NAN,
        _ => rng.random_range(-1.0..1.0_f32),
    });
    let y =
        x.rows().into_iter().map(|row| truth(row[0], row[1]) + 0.1 * rng.random_range(-1.0..1.0)).collect();
    (x, y)
}

fn truth(first: f32, second: f32) -> f64 {
    let step = match first {
        first if first.is_nan() => 0.4,
        first if first > 0.2 => 1.0,
        _ => 0.0,
    };
    step + 0.5 * f64::from(second)
}

fn boosting(spec: BoostingSpec) -> GradientBoosting {
    GradientBoosting { spec, seed: 7 }
}

fn fit(forecaster: &dyn Forecaster, x: &Array2<f32>, y: &Array1<f64>) -> FittedModel {
    forecaster.fit(&TrainingRows::new(x.view(), y.view()).unwrap()).unwrap()
}

/// The mean squared distance from the truth on rows that were not trained on.
fn error(model: &FittedModel) -> f64 {
    let (x, _) = made_up(2_000, 99);
    let found = model.predict(x.view()).unwrap();
    let squares = x.rows().into_iter().zip(found).map(|(row, f)| (f - truth(row[0], row[1])).powi(2));
    squares.sum::<f64>() / 2_000.0
}

#[test]
fn all_kinds_find_what_is_there() {
    let (x, y) = made_up(4_000, 1);
    let forest = ForestSpec { max_depth: 9, min_rows: 5, feature_share: 0.7, ..ForestSpec::default() };
    let boosted = BoostingSpec { learning_rate: 0.1, min_rows: 10, ..BoostingSpec::default() };
    // The targets vary by 0.3; half a thousandth is what their noise leaves to a mean of 20 rows.
    let kinds: [(&dyn Forecaster, f64); 3] = [
        (&RandomForest { spec: forest, seed: 1 }, 0.004),
        (&ExtraTrees { spec: forest, seed: 1 }, 0.01),
        (&boosting(boosted), 0.002),
    ];
    for (kind, allowed) in kinds {
        let found = error(&fit(kind, &x, &y));
        assert!(found < allowed, "{kind:?} is {found} away");
    }
}

#[test]
fn a_missing_value_goes_its_own_way() {
    let nan = f32::NAN;
    let x = array![[nan], [1.0], [nan], [2.0], [nan], [1.0], [f32::INFINITY], [2.0]];
    let y = array![5.0, 1.0, 5.0, 1.0, 5.0, 1.0, 5.0, 1.0];
    let spec = BoostingSpec { trees: 1, learning_rate: 1.0, min_rows: 1, l2: 0.0, ..BoostingSpec::default() };
    let model = fit(&boosting(spec), &x, &y);
    assert_eq!(model.predict(x.view()).unwrap(), y);
    assert_eq!(model.predict(array![[f32::NEG_INFINITY], [9e9]].view()).unwrap(), array![5.0, 1.0]);
}

#[test]
fn one_tree_by_hand() {
    // Splits between 2 and 3 (means 1 and 5), then 3 | 4 with means 4 and 6; the left side is pure.
    let (x, y) = (array![[1.0_f32], [2.0], [3.0], [4.0]], array![1.0, 1.0, 4.0, 6.0]);
    let spec = BoostingSpec {
        trees: 1,
        leaves: 2,
        learning_rate: 1.0,
        min_rows: 1,
        l2: 0.0,
        ..BoostingSpec::default()
    };
    let two = fit(&boosting(spec), &x, &y).predict(x.view()).unwrap();
    assert_eq!(two, array![1.0, 1.0, 5.0, 5.0]);
    let three = fit(&boosting(BoostingSpec { leaves: 3, ..spec }), &x, &y).predict(x.view()).unwrap();
    assert_eq!(three, array![1.0, 1.0, 4.0, 6.0]);
    // A leaf of two rows with a penalty of two rows goes half the way from the mean, 3.
    let shrunk = fit(&boosting(BoostingSpec { l2: 2.0, ..spec }), &x, &y).predict(x.view()).unwrap();
    assert_eq!(shrunk, array![2.0, 2.0, 4.0, 4.0]);
    let few = fit(&boosting(BoostingSpec { min_rows: 3, ..spec }), &x, &y).predict(x.view()).unwrap();
    assert_eq!(few, array![3.0, 3.0, 3.0, 3.0]);
}

#[test]
fn a_constant_target_is_a_constant_forecast() {
    let (x, _) = made_up(200, 3);
    let y = Array1::from_elem(200, 0.25);
    let forest = ForestSpec::default();
    let kinds: [&dyn Forecaster; 3] = [
        &boosting(BoostingSpec::default()),
        &RandomForest { spec: forest, seed: 0 },
        &ExtraTrees { spec: forest, seed: 0 },
    ];
    for kind in kinds {
        assert!(fit(kind, &x, &y).predict(x.view()).unwrap().iter().all(|f| *f == 0.25), "{kind:?}");
    }
}

#[test]
fn a_weight_of_two_is_a_row_twice() {
    let (mut x, y) = made_up(300, 4);
    // Few enough values for a bin each: how often a value comes then moves no cut.
    x.mapv_inplace(|value| (value * 50.0).round() / 50.0);
    let weights = Array1::from_shape_fn(300, |row| if row % 3 == 0 { 2.0 } else { 1.0 });
    let twice: Vec<usize> = (0..300).flat_map(|row| vec![row; if row % 3 == 0 { 2 } else { 1 }]).collect();
    let (x2, y2) = (x.select(Axis(0), &twice), y.select(Axis(0), &twice));
    let spec = BoostingSpec { trees: 10, min_rows: 1, ..BoostingSpec::default() };
    let weighted = TrainingRows::new(x.view(), y.view()).unwrap().weighted(weights.view()).unwrap();
    let weighted = boosting(spec).fit(&weighted).unwrap().predict(x.view()).unwrap();
    let doubled = fit(&boosting(spec), &x2, &y2).predict(x.view()).unwrap();
    for (a, b) in weighted.iter().zip(&doubled) {
        assert!((a - b).abs() < 1e-5, "{a} {b}");
    }
}

#[test]
fn quantiles_are_boosted() {
    // Noise that is wide beside what steps cannot follow of a slope.
    let noisy = |seed| {
        let ((x, y), mut rng) = (made_up(4_000, seed), ChaCha8Rng::seed_from_u64(seed + 50));
        let y = y.mapv(|y| y + rng.random_range(-1.0..1.0));
        (x, y)
    };
    let ((x, y), (held_out, targets)) = (noisy(5), noisy(6));
    for level in [0.1, 0.5, 0.9] {
        let spec = BoostingSpec {
            loss: BoostingLoss::Quantile(level),
            learning_rate: 0.1,
            ..BoostingSpec::default()
        };
        let forecast = fit(&boosting(spec), &x, &y).predict(held_out.view()).unwrap();
        let below = targets.iter().zip(&forecast).filter(|(y, q)| y <= q).count() as f64 / 4_000.0;
        assert!((below - level).abs() < 0.04, "{below} of the targets are below the quantile {level}");
    }
    let median =
        BoostingSpec { loss: BoostingLoss::AbsoluteError, learning_rate: 0.1, ..BoostingSpec::default() };
    let (x, y) = made_up(4_000, 5);
    assert!(error(&fit(&boosting(median), &x, &y)) < 0.004);
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let (x, y) = made_up(3_000, 8);
    let forest = ForestSpec { trees: 12, min_rows: 5, ..ForestSpec::default() };
    let drawn = BoostingSpec {
        trees: 15,
        feature_share: 0.5,
        row_share: 0.6,
        min_rows: 5,
        ..BoostingSpec::default()
    };
    let kinds: [&dyn Forecaster; 4] = [
        &RandomForest { spec: forest, seed: 3 },
        &ExtraTrees { spec: forest, seed: 3 },
        &boosting(BoostingSpec { trees: 15, ..BoostingSpec::default() }),
        &boosting(drawn),
    ];
    for kind in kinds {
        let on = |threads| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| fit(kind, &x, &y))
        };
        assert_eq!(on(1), on(3), "{kind:?}");
    }
    let seeded = |seed| fit(&RandomForest { spec: forest, seed }, &x, &y);
    assert_ne!(seeded(1), seeded(2));
}

#[test]
fn hyperparameters_out_of_range_are_errors() {
    let (x, y) = made_up(50, 9);
    let rows = TrainingRows::new(x.view(), y.view()).unwrap();
    let good = BoostingSpec::default();
    for spec in [
        BoostingSpec { trees: 0, ..good },
        BoostingSpec { leaves: 1, ..good },
        BoostingSpec { learning_rate: f64::NAN, ..good },
        BoostingSpec { row_share: 0.0, ..good },
        BoostingSpec { l2: -1.0, ..good },
        BoostingSpec { loss: BoostingLoss::Quantile(1.0), ..good },
    ] {
        assert!(matches!(boosting(spec).fit(&rows), Err(Error::Hyperparameter { .. })), "{spec:?}");
    }
    for spec in [
        ForestSpec { trees: 0, ..ForestSpec::default() },
        ForestSpec { feature_share: 1.5, ..ForestSpec::default() },
    ] {
        assert!(
            matches!(RandomForest { spec, seed: 0 }.fit(&rows), Err(Error::Hyperparameter { .. })),
            "{spec:?}"
        );
    }
}

fn forecaster(spec: &ModelSpec) -> Box<dyn Forecaster> {
    let features = ["a", "b", "c"].map(str::to_owned);
    spec.forecaster(ModelContext { features: &features, horizon: Horizon::WEEK, seed: 5 }).unwrap()
}

#[test]
fn a_stack_is_no_worse_than_its_best_model() {
    let (x, y) = made_up(3_000, 10);
    let boosted = ModelSpec::GradientBoosting(BoostingSpec { learning_rate: 0.1, ..BoostingSpec::default() });
    let models = vec![ModelSpec::RandomWalk, ModelSpec::Ridge { alpha: 1.0 }, boosted.clone()];
    let spec = ModelSpec::Stack { models, folds: 3 };
    let stack = fit(forecaster(&spec).as_ref(), &x, &y);
    let best = fit(forecaster(&boosted).as_ref(), &x, &y);
    assert!(error(&stack) < 1.05 * error(&best), "{} {}", error(&stack), error(&best));
    let FittedModel::Stack(stack) = stack else { panic!("no stack") };
    let [walk, ridge, boosting] = stack.shares() else { panic!("{:?}", stack.shares()) };
    assert_eq!(*walk, 0.0, "a model that says 0 can have no share");
    assert!([ridge, boosting].into_iter().all(|share| *share > 0.0 && *share < 1.2), "{:?}", stack.shares());
    let told = format!("0.000 random_walk + {ridge:.3} ridge(alpha=1) + {boosting:.3} {boosted}");
    assert_eq!(FittedModel::Stack(stack).learned(&spec), Some(told));
}

#[test]
fn a_search_sees_nothing_of_the_rows_it_is_tested_on() {
    let (x, y) = made_up(600, 11);
    let grid = BTreeMap::from([("learning_rate".to_owned(), vec![1e-4.into(), 0.2.into(), 1.0.into()])]);
    let model = Box::new(ModelSpec::GradientBoosting(BoostingSpec { trees: 50, ..BoostingSpec::default() }));
    let spec = ModelSpec::Search { model, grid, draws: None, folds: 2 };
    let searched = fit(forecaster(&spec).as_ref(), &x, &y);
    let chosen = searched.chosen().unwrap();
    assert_eq!(chosen.to_string(), "gradient_boosting(learning_rate=0.2,trees=50)");
    assert_eq!(searched.learned(&spec), Some(chosen.to_string()));
    let alone = fit(forecaster(chosen).as_ref(), &x, &y);
    assert_eq!(searched.predict(x.view()).unwrap(), alone.predict(x.view()).unwrap());
}

#[test]
fn a_search_passes_over_candidates_that_fail() {
    let (x, y) = made_up(60, 12);
    let search = |values: Vec<serde_json::Value>| {
        let grid = BTreeMap::from([("alpha".to_owned(), values)]);
        let model = Box::new(ModelSpec::Ridge { alpha: 1.0 });
        forecaster(&ModelSpec::Search { model, grid, draws: None, folds: 2 })
    };
    let searched = fit(search(vec![(-1.0).into(), 2.0.into()]).as_ref(), &x, &y);
    assert_eq!(searched.chosen(), Some(&ModelSpec::Ridge { alpha: 2.0 }));
    let rows = TrainingRows::new(x.view(), y.view()).unwrap();
    assert!(matches!(search(vec![(-1.0).into()]).fit(&rows), Err(Error::Hyperparameter { .. })));
}
