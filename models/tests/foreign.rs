//! Models of other tools, from their own files to artifacts, on the real ONNX Runtime.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking, in its support functions too")]

mod support;

use std::path::PathBuf;

use ndarray::{Array1, Array2, Axis, array};
use weekahead_market::Horizon;
use weekahead_models::onnx::{
    ArtifactMeta, ForeignModel, ForeignSettings, Missing, OnnxSession, ParityBatch, digest,
};
use weekahead_models::{
    Calibration, DEFAULT_LEVELS, Error, IntervalModel, ModelSpec, PreprocessingSpec, ScaleSpec,
};

use crate::support::{python_says, runtime};

/// The files that can be imported with a batch of predictions beside them, and the output that has to be named.
const TAKEN: [(&str, Option<&str>); 8] = [
    ("branches", None),
    ("hist_gradient_boosting", None),
    ("lightgbm", None),
    ("network", None),
    ("random_forest", None),
    ("ridge_double", None),
    ("ridge_pipeline", None),
    ("two_outputs", Some("value")),
];

/// A feature view: the features of the golden files in an order that none of them has.
fn view() -> Vec<String> {
    ["volume_ratio", "vol_20", "ret_5", "ret_20", "rsi_14"].map(str::to_owned).to_vec()
}

const VOLATILITY: usize = 1;

fn golden(file: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/foreign").join(file);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn batch(name: &str) -> ParityBatch {
    ParityBatch::from_csv(&golden(&format!("{name}.csv"))).unwrap()
}

fn settings(output: Option<&str>) -> ForeignSettings {
    ForeignSettings { output: output.map(str::to_owned), ..ForeignSettings::default() }
}

fn open(name: &str, settings: &ForeignSettings) -> Result<ForeignModel, Error> {
    ForeignModel::open(runtime(), &golden(&format!("{name}.onnx")), settings)
}

/// A model that takes the features in the view's order.
fn imported(name: &str, output: Option<&str>) -> ForeignModel {
    open(name, &settings(output)).unwrap().for_view(&view(), batch(name).names()).unwrap()
}

/// The rows of a batch in the view's order.
fn rows(batch: &ParityBatch) -> Array2<f32> {
    let column = |feature: &String| batch.names().iter().position(|name| name == feature).unwrap();
    batch.x().select(Axis(1), &view().iter().map(column).collect::<Vec<_>>())
}

fn meta() -> ArtifactMeta {
    ArtifactMeta {
        model: ModelSpec::RandomWalk,
        preprocessing: PreprocessingSpec::default(),
        view: "weekly_core".to_owned(),
        view_version: "0123abcd".to_owned(),
        features: view(),
        horizon: Horizon::WEEK,
        levels: DEFAULT_LEVELS.to_vec(),
        seed: 0,
    }
}

fn interval(model: &ForeignModel, batch: &ParityBatch) -> IntervalModel {
    let x = rows(batch);
    let forecast = model.predict(x.view()).unwrap();
    let errors = Array1::from_shape_fn(forecast.len(), |row| 0.01 * (row as f64 - 20.0));
    let y = &forecast + &errors;
    let calibration = Calibration { x: x.view(), y: y.view(), forecast: forecast.view() };
    let scale = ScaleSpec::new(VOLATILITY, Horizon::WEEK);
    IntervalModel::calibrate(&calibration, scale, &DEFAULT_LEVELS).unwrap()
}

#[test]
fn models_forecast_what_the_tools_that_fitted_them_do() {
    for (name, output) in TAKEN {
        let (model, batch) = (imported(name, output), batch(name));
        let report = model.check_parity(&view(), &batch).unwrap();
        assert!(report.ok && report.rows == 40 && report.rows_apart == 0, "{name}: {report:?}");
        assert_eq!(
            (model.features(), model.digest()),
            (5, digest(&golden(&format!("{name}.onnx")))),
            "{name}"
        );
    }
}

#[test]
fn an_artifact_has_the_forecasts_of_the_model_and_our_quantiles_around_them() {
    for (name, output) in TAKEN {
        let (model, batch) = (imported(name, output), batch(name));
        let interval = interval(&model, &batch);
        let bytes = model.to_onnx(&interval, &meta()).unwrap();
        let session = OnnxSession::from_bytes(runtime(), &bytes).unwrap();
        assert_eq!(session.meta(), &meta());
        let x = rows(&batch);
        let outputs = session.run(x.view()).unwrap();
        assert_eq!(outputs.y, model.predict(x.view()).unwrap(), "{name}: to the bit");
        let quantiles = interval.quantiles(outputs.y.view(), x.view()).unwrap();
        let (ours, theirs) = (quantiles.iter(), outputs.quantiles.iter());
        for (ours, theirs) in ours.zip(theirs) {
            assert!((ours - theirs).abs() < 1e-5 * ours.abs().max(0.1), "{name}: {ours} {theirs}");
        }
    }
}

/// The judge is the reference implementation's own checker, which Python users will load the file with.
#[test]
fn the_onnx_checker_accepts_what_was_put_together() {
    let folder = tempfile::tempdir().unwrap();
    for (name, output) in TAKEN {
        let (model, batch) = (imported(name, output), batch(name));
        let bytes = model.to_onnx(&interval(&model, &batch), &meta()).unwrap();
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    // ONNX's shape inference does not know sparse constants from within a branch.
    let script = "import sys, pathlib, onnx\n\
        for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n    \
            model = onnx.load(path)\n    onnx.checker.check_model(model, full_check=path.stem != 'branches')\n    \
            print('checked', path.stem, [i.name for i in model.graph.input], [o.name for o in model.graph.output])";
    let said = python_says(script, folder.path());
    assert_eq!(said.matches("['x'] ['y', 'quantiles', 'offsets', 'scale']").count(), TAKEN.len(), "{said}");
}

#[test]
fn what_cannot_be_taken_is_refused_with_the_reason() {
    for (name, said) in [
        ("two_inputs", "it has 2 inputs (`a` (float[?, 1]), `b` (float[?, 1]))"),
        ("strings", "`x` (string[?, 5]) is no matrix of floats or doubles"),
        ("classifier", "its outputs are `label` (int64[?]), `probabilities` (float[?, 2])"),
        ("classifier_maps", "`output_probability` (a sequence)"),
        ("fixed_batch", "takes a fixed number of rows"),
        ("unknown_width", "does not say how many features"),
        ("custom_domain", "its operator Magic is of the domain `com.example`"),
        ("old_opset", "it is of opset 11, and 13 is the oldest that can be taken (its operator ReduceSum"),
        ("future_opset", "Current official support for domain ai.onnx is till opset"),
        ("external_data", "its constant `weights` lies in another file"),
        ("mixed_rows", "depends on the other rows"),
        ("two_outputs", "name one; its outputs are `value` (float[?, 1]), `risk` (float[?, 1])"),
    ] {
        let error = open(name, &ForeignSettings::default()).unwrap_err();
        assert!(
            matches!(error, Error::Foreign { .. }) && error.to_string().contains(said),
            "{name}: {error}"
        );
    }
    let error = open("classifier", &settings(Some("label"))).unwrap_err().to_string();
    assert!(error.contains("its output `label` is not one number a row"), "{error}");
    let error = open("network", &settings(Some("gone"))).unwrap_err().to_string();
    assert!(error.contains("no output `gone`; its outputs are `prediction` (float[?, 1])"), "{error}");
}

#[test]
fn bytes_that_are_no_model_are_refused() {
    let network = golden("network.onnx");
    let huge = vec![0; (256 << 20) + 1];
    for (bytes, said) in [
        (&b"not a model"[..], "it is no ONNX model"),
        (b"", "it is no ONNX model (it has no nodes)"),
        (&golden("network.csv"), "it is no ONNX model"),
        (&network[..network.len() / 2], "it is no ONNX model"),
        (&huge, "268435456 are allowed"),
    ] {
        let error =
            ForeignModel::open(runtime(), bytes, &ForeignSettings::default()).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn features_must_be_those_of_the_view() {
    let model = open("lightgbm", &ForeignSettings::default()).unwrap();
    assert_eq!(model.feature_names(), None);
    let own = batch("lightgbm").names().to_vec();
    let four = model.clone().for_view(&view(), &own[..4]);
    assert!(matches!(four, Err(Error::Shape { expected: 5, found: 4, .. })));
    let mut other = own.clone();
    other[1] = "return_5".to_owned();
    let error = model.clone().for_view(&view(), &other).unwrap_err().to_string();
    assert!(error.contains("only the model has: return_5; only the view has: ret_5"), "{error}");
    let error = model.clone().for_view(&view()[..4], &own).unwrap_err().to_string();
    assert!(error.contains("only the model has: rsi_14; only the view has: none"), "{error}");
    let model = model.for_view(&view(), &own).unwrap();
    let renamed =
        ParityBatch::from_csv(b"rsi_14,return_5,volume_ratio,vol_20,ret_20,prediction\n1,2,3,4,5,6\n");
    let error = model.check_parity(&view(), &renamed.unwrap()).unwrap_err().to_string();
    assert!(error.contains("no column `ret_5`"), "{error}");
    let narrow = array![[1.0_f32, 2.0]];
    assert!(matches!(model.predict(narrow.view()), Err(Error::Shape { expected: 5, found: 2, .. })));
    assert_eq!(model.predict(Array2::zeros((0, 5)).view()).unwrap().len(), 0);
}

#[test]
fn names_in_the_metadata_tell_the_order_of_the_features() {
    let model = open("network", &ForeignSettings::default()).unwrap();
    let own = model.feature_names().unwrap().to_vec();
    assert_eq!(own, batch("network").names());
    let model = model.for_view(&view(), &own).unwrap();
    assert!(model.check_parity(&view(), &batch("network")).unwrap().ok);
}

/// Without names in the file the header of the batch tells the order; columns that were exchanged under their names
/// show in the predictions.
#[test]
fn columns_in_another_order_than_the_header_says_are_found() {
    let text = String::from_utf8(golden("lightgbm.csv")).unwrap();
    let (header, rest) = text.split_once('\n').unwrap();
    let exchanged = header.replace("rsi_14,ret_5", "ret_5,rsi_14");
    let wrong = ParityBatch::from_csv(format!("{exchanged}\n{rest}").as_bytes()).unwrap();
    let model = open("lightgbm", &ForeignSettings::default()).unwrap();
    let sorted = model.clone().for_view(&view(), &view()).unwrap();
    let report = sorted.check_parity(&view(), &batch("lightgbm")).unwrap();
    assert!(!report.ok && report.rows_apart > 20 && report.max_abs_diff > 1e-3, "{report:?}");
    let right = model.for_view(&view(), batch("lightgbm").names()).unwrap();
    let report = right.check_parity(&view(), &wrong).unwrap();
    assert!(!report.ok && report.rows_apart > 20, "{report:?}");
}

#[test]
fn missing_values_pass_or_become_zero() {
    let (zero, own) =
        (ForeignSettings { missing: Missing::Zero, output: None }, batch("network").names().to_vec());
    let x = array![[1.0_f32, 0.02, 0.01, 0.0, 50.0], [f32::NAN, 0.02, f32::INFINITY, 0.0, 50.0]];
    let filled = array![[1.0_f32, 0.02, 0.01, 0.0, 50.0], [0.0, 0.02, 0.0, 0.0, 50.0]];
    let passes = imported("network", None);
    let error = passes.predict(x.view()).unwrap_err();
    assert!(matches!(error, Error::Forecast { row: 1, .. }), "{error}");
    assert!(error.to_string().contains("import it with missing = zero"), "{error}");
    let fills = open("network", &zero).unwrap().for_view(&view(), &own).unwrap();
    assert_eq!(fills.predict(x.view()).unwrap(), passes.predict(filled.view()).unwrap());
    assert_ne!(fills, passes);
    assert_eq!(passes, imported("network", None));
    let trees = imported("lightgbm", None);
    assert_ne!(trees.predict(x.view()).unwrap()[1], trees.predict(filled.view()).unwrap()[1]);
}

/// An artifact of ours is a regressor, too: its names are not those of the artifact that it is put into.
#[test]
fn an_artifact_can_be_imported() {
    let (model, batch) = (imported("branches", None), batch("branches"));
    let bytes = model.to_onnx(&interval(&model, &batch), &meta()).unwrap();
    // Its scale is one number a row as well, so the forecast must be named.
    let settings = ForeignSettings { output: Some("y".to_owned()), ..ForeignSettings::default() };
    let again = ForeignModel::open(runtime(), &bytes, &settings).unwrap();
    let artifact = again.to_onnx(&interval(&again, &batch), &meta()).unwrap();
    let outputs = OnnxSession::from_bytes(runtime(), &artifact).unwrap().run(rows(&batch).view()).unwrap();
    assert_eq!(outputs.y, model.predict(rows(&batch).view()).unwrap());
}

#[test]
fn a_model_says_where_it_comes_from() {
    let model = imported("hist_gradient_boosting", None);
    assert_eq!(model.producer(), "skl2onnx 1.20.0");
    assert_eq!(model.bytes(), golden("hist_gradient_boosting.onnx"));
    assert_eq!(model.settings(), &ForeignSettings::default());
    let shown = format!("{model:?}");
    assert!(shown.contains(&model.digest()) && shown.len() < 400, "{shown}");
    let read: ForeignSettings = serde_json::from_str(r#"{"missing": "zero"}"#).unwrap();
    assert_eq!(read, ForeignSettings { missing: Missing::Zero, output: None });
}
