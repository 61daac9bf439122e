//! Ridge and elastic net against closed forms, known properties and scikit-learn.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking, in its support functions too")]

use ndarray::{Array1, Array2, array};
use proptest::prelude::*;
use weekahead_models::{ElasticNet, Error, Forecaster, LinearModel, Ridge, TrainingRows};

fn rows() -> (Array2<f32>, Array1<f64>, Array1<f64>) {
    let x = array![
        [1.0, 2.0, 0.0],
        [2.0, 1.0, 1.0],
        [3.0, 5.0, 0.0],
        [4.0, 3.0, 1.0],
        [5.0, 8.0, 0.0],
        [6.0, 4.0, 1.0]
    ];
    (x, array![0.5, 1.0, 0.25, 2.0, 1.5, 3.0], array![1.0, 2.0, 1.0, 0.5, 1.0, 3.0])
}

fn fit(forecaster: &dyn Forecaster, weighted: bool) -> LinearModel {
    let (x, y, weights) = rows();
    let rows = TrainingRows::new(x.view(), y.view()).unwrap();
    let rows = if weighted { rows.weighted(weights.view()).unwrap() } else { rows };
    forecaster.fit(&rows).unwrap().as_linear().unwrap().clone()
}

/// Coefficients and intercept within float32 rounding and the solver's tolerance.
fn assert_close(model: &LinearModel, coefficients: [f64; 3], intercept: f64, tolerance: f64) {
    for (found, expected) in model.coefficients().iter().zip(coefficients) {
        assert!(
            (f64::from(*found) - expected).abs() < tolerance,
            "{:?} {coefficients:?}",
            model.coefficients()
        );
    }
    assert!((f64::from(model.intercept()) - intercept).abs() < tolerance, "{}", model.intercept());
}

/// The expected numbers are those of scikit-learn 1.9.1: `Ridge(alpha=2.0)` on `StandardScaler` output, without and with
/// `sample_weight`.
#[test]
fn ridge_equals_scikit_learn() {
    let ridge = Ridge { alpha: 2.0 };
    let plain = [0.5023968167251767, -0.008518574566344334, 0.3551468899246769];
    assert_close(&fit(&ridge, false), plain, 1.375, 1e-6);
    let weighted = [0.6431900453698985, -0.030066589799063095, 0.35358359209359963];
    assert_close(&fit(&ridge, true), weighted, 1.4252253306367466, 1e-6);
    let forecasts = fit(&ridge, false).predict(array![[2.0_f32, 2.0, 0.0]].view()).unwrap();
    assert!((forecasts[0] - 0.5854822076318634).abs() < 1e-6, "{forecasts}");
}

/// The expected numbers are those of scikit-learn 1.9.1: `ElasticNet(alpha=0.1, l1_ratio=0.5)` and `ElasticNet(alpha=0.3,
/// l1_ratio=1.0)`, both with `tol=1e-12`, without and with `sample_weight`.
#[test]
fn elastic_net_equals_scikit_learn() {
    let net = ElasticNet { alpha: 0.1, l1_ratio: 0.5 };
    assert_close(&fit(&net, false), [0.5764288404144913, 0.0, 0.3868942055018647], 1.375, 1e-5);
    assert_close(&fit(&net, true), [0.6773047138792151, 0.0, 0.3704937126027077], 1.4158648664836664, 1e-5);
    let lasso = ElasticNet { alpha: 0.3, l1_ratio: 1.0 };
    assert_close(&fit(&lasso, false), [0.4083745863033556, 0.0, 0.20544016343086846], 1.375, 1e-5);
    assert_close(
        &fit(&lasso, true),
        [0.5648375730232615, 0.0, 0.16199885188830626],
        1.5023663605035484,
        1e-5,
    );
}

/// One standardised feature z with sum z^2 = n: the coefficient is `z.y / (n + alpha)`.
#[test]
fn ridge_of_one_feature_is_its_closed_form() {
    let (x, y) = (array![[-1.0_f32], [1.0], [-1.0], [1.0]], array![0.0, 4.0, 2.0, 6.0]);
    let rows = TrainingRows::new(x.view(), y.view()).unwrap();
    // z.y = -0 + 4 - 2 + 6 = 8; 8 / (4 + 4) = 1 around the mean 3.
    let model = Ridge { alpha: 4.0 }.fit(&rows).unwrap();
    assert_eq!(model.predict(x.view()).unwrap(), array![2.0, 4.0, 2.0, 4.0]);
}

#[test]
fn from_the_critical_penalty_on_every_coefficient_is_zero() {
    // max_j |z_j . y| / n of these rows is 0.7685213074469699.
    for (alpha, some_left) in [(0.7686, false), (0.7684, true)] {
        let model = fit(&ElasticNet { alpha, l1_ratio: 1.0 }, false);
        assert_eq!(model.coefficients().iter().any(|c| *c != 0.0), some_left, "{alpha}");
    }
}

#[test]
fn a_constant_or_missing_feature_gets_no_weight() {
    let (y, nan) = (array![1.0, 2.0, 4.0], f32::NAN);
    let x = array![[1.0_f32, 0.1, nan], [2.0, 0.1, nan], [3.0, 0.1, nan]];
    let rows = TrainingRows::new(x.view(), y.view()).unwrap();
    let models: [&dyn Forecaster; 2] = [&Ridge { alpha: 1e-3 }, &ElasticNet { alpha: 1e-3, l1_ratio: 0.5 }];
    for model in models.map(|forecaster| forecaster.fit(&rows).unwrap()) {
        assert_eq!(model.as_linear().unwrap().coefficients()[1..], [0.0, 0.0]);
        let spoiled = model.predict(array![[nan, 9.0_f32, 9.0]].view()).unwrap();
        assert_eq!(spoiled, model.predict(array![[2.0_f32, 0.1, nan]].view()).unwrap());
    }
}

#[test]
fn a_weight_of_two_is_a_row_twice() {
    let (x, y, _) = rows();
    let weights = array![2.0, 1.0, 1.0, 1.0, 1.0, 1.0];
    let rows = TrainingRows::new(x.view(), y.view()).unwrap().weighted(weights.view()).unwrap();
    assert!((rows.mean_target() - (0.5 * 2.0 + 7.75) / 7.0).abs() < 1e-15);
    // With a negligible penalty, ridge does not depend on how features are scaled, so both are least squares.
    let order = [0, 0, 1, 2, 3, 4, 5];
    let (x2, y2) = (x.select(ndarray::Axis(0), &order), y.select(ndarray::Axis(0), &order));
    let twice = TrainingRows::new(x2.view(), y2.view()).unwrap();
    let ridge = Ridge { alpha: 1e-9 };
    let forecasts = |rows| ridge.fit(rows).unwrap().predict(x.view()).unwrap();
    for (a, b) in forecasts(&rows).iter().zip(&forecasts(&twice)) {
        assert!((a - b).abs() < 1e-5, "{a} {b}");
    }
}

#[test]
fn rows_that_do_not_fit_are_errors() {
    let (x, y, weights) = rows();
    let short = y.slice(ndarray::s![..5]);
    assert!(matches!(TrainingRows::new(x.view(), short), Err(Error::Shape { expected: 5, found: 6, .. })));
    let nothing = Array2::<f32>::zeros((0, 3));
    assert!(matches!(TrainingRows::new(nothing.view(), array![].view()), Err(Error::Empty { .. })));
    let infinite = array![0.0, 1.0, f64::INFINITY, 0.0, 0.0, 0.0];
    assert!(matches!(TrainingRows::new(x.view(), infinite.view()), Err(Error::NotFinite { row: 2, .. })));
    let rows = TrainingRows::new(x.view(), y.view()).unwrap();
    let (negative, zero) = (-&weights, Array1::zeros(6));
    assert!(matches!(rows.weighted(negative.view()), Err(Error::Weights { row: 0 })));
    assert!(matches!(rows.weighted(zero.view()), Err(Error::Weights { row: 6 })));
    let narrow = array![[1.0_f32]];
    let model = fit(&Ridge { alpha: 1.0 }, false);
    assert!(matches!(model.predict(narrow.view()), Err(Error::Shape { expected: 3, found: 1, .. })));
}

#[test]
fn hyperparameters_out_of_range_are_errors() {
    let (x, y, _) = rows();
    let rows = TrainingRows::new(x.view(), y.view()).unwrap();
    for alpha in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(Ridge { alpha }.fit(&rows), Err(Error::Hyperparameter { .. })), "{alpha}");
        let net = ElasticNet { alpha, l1_ratio: 0.5 };
        assert!(matches!(net.fit(&rows), Err(Error::Hyperparameter { parameter: "alpha", .. })), "{alpha}");
    }
    for l1_ratio in [0.0, 1.1, f64::NAN] {
        let net = ElasticNet { alpha: 0.1, l1_ratio };
        assert!(
            matches!(net.fit(&rows), Err(Error::Hyperparameter { parameter: "l1_ratio", .. })),
            "{l1_ratio}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// The solution of a ridge is where the gradient vanishes: `z_j . residual = alpha b_j`, and residuals sum to 0.
    #[test]
    fn ridge_stands_where_the_gradient_is_zero(
        values in prop::collection::vec(-5.0..5.0_f32, 60),
        targets in prop::collection::vec(-1.0..1.0_f64, 20),
        alpha in 0.1..100.0_f64,
    ) {
        let x = Array2::from_shape_vec((20, 3), values).unwrap();
        let y = Array1::from_vec(targets);
        let model = Ridge { alpha }.fit(&TrainingRows::new(x.view(), y.view()).unwrap()).unwrap();
        let residuals = &y - &model.predict(x.view()).unwrap();
        prop_assert!(residuals.sum().abs() < 1e-4, "{}", residuals.sum());
        for (feature, coefficient) in model.as_linear().unwrap().coefficients().iter().enumerate() {
            let column = x.column(feature).mapv(f64::from);
            let mean = column.sum() / 20.0;
            let deviation = (column.mapv(|v| (v - mean).powi(2)).sum() / 20.0).sqrt();
            // No value is further than 5 deviations away among 20.
            let z = (column - mean) / deviation;
            let gradient = z.dot(&residuals) - alpha * f64::from(*coefficient);
            prop_assert!(gradient.abs() < 1e-4, "{gradient}");
        }
    }
}
