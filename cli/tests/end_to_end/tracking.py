"""Reads the demo's training session as MLflow's users do, and asserts what they find: tracking.py TRACKER_URL."""

import json
import math
import pathlib
import sys
import tempfile

import mlflow
import numpy
import onnxruntime
from mlflow import MlflowClient

MODEL = "weekahead-weekly"
# Of these the closes are the input, so that no ONNX graph of features can hold them.
WITHOUT_ARTIFACT = {"ets", "theta"}
MODELS = [
    "random_walk",
    "drift",
    "historical_mean",
    "ridge",
    "elastic_net",
    "ets",
    "theta",
    "random_forest",
    "gradient_boosting",
]
PLOTS = ["cumulative_skill", "cumulative_rank_ic", "forecast_fan", "calibration", "residuals"]

mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()


def a_parent_with_a_child_a_model():
    runs = mlflow.search_runs(experiment_names=["weekahead"])
    assert (runs["status"] == "FINISHED").all(), runs[["tags.weekahead.model", "status"]]
    parents = runs[runs["tags.mlflow.parentRunId"].isna()]
    assert len(parents) == 1, parents
    parent = parents.iloc[0]
    children = runs[runs["tags.mlflow.parentRunId"] == parent.run_id]
    assert sorted(children["params.model"]) == sorted(MODELS), children["params.model"]
    assert parent["tags.weekahead.decision"]
    decision = json.loads(mlflow.artifacts.load_text(f"runs:/{parent.run_id}/decision.json"))
    assert decision["reason"] == parent["tags.weekahead.decision"], decision
    return children


def metrics_and_parameters(child, kind):
    for name in ["mae", "rmse", "mase", "mae_se", "coverage_80", "mae/AAPL", "mase/IBM"]:
        assert math.isfinite(child[f"metrics.{name}"]), (kind, name)
    assert 0 < child["metrics.mae_se"] < child["metrics.mae"], kind
    # What forecasts the same of every symbol ranks none, and the baseline has no skill beside itself.
    assert math.isfinite(child["metrics.rank_ic"]) == (kind not in {"random_walk", "historical_mean"}), kind
    assert math.isfinite(child["metrics.skill_ratio"]) == (kind != "random_walk"), kind
    for name in ["view", "view_version", "horizon_sessions", "seed", "universe_digest", "preprocessing_clip"]:
        assert child[f"params.{name}"], (kind, name)


def a_step_a_fold(child, kind):
    def history(metric):
        return sorted(client.get_metric_history(child.run_id, metric), key=lambda point: point.step)

    errors, rows = history("fold_mae"), history("fold_rows")
    folds = int(child["params.folds"])
    assert folds > 1 and [point.step for point in errors] == list(range(folds)), (kind, folds, errors)
    mean = numpy.average([point.value for point in errors], weights=[point.value for point in rows])
    assert math.isclose(mean, child["metrics.mae"], rel_tol=1e-12), (kind, mean)


def pictures_and_a_report(child, kind):
    plots = [f"plots/{name}.svg" for name in PLOTS]
    if kind not in WITHOUT_ARTIFACT:
        plots.append("plots/importance.svg")
    listed = [file.path for file in client.list_artifacts(child.run_id, "plots")]
    assert listed == sorted(plots), (kind, listed)
    assert "report.html" in [file.path for file in client.list_artifacts(child.run_id)], kind
    with tempfile.TemporaryDirectory() as folder:
        for path in [*plots, "report.html"]:
            text = pathlib.Path(client.download_artifacts(child.run_id, path, folder)).read_text()
            assert text.lstrip().lower().startswith(("<svg", "<!doctype html")), (kind, path, text[:80])
            assert kind in text, (kind, path)


def the_dataset_is_an_input(child, kind):
    (used,) = client.get_run(child.run_id).inputs.dataset_inputs
    dataset = used.dataset
    assert {tag.key: tag.value for tag in used.tags} == {"mlflow.data.context": "training"}, kind
    assert dataset.name == "weekly_core" and 0 < len(dataset.digest) <= 36, (kind, dataset)
    assert json.loads(dataset.source)["load_ids"], (kind, dataset.source)
    columns = [column["name"] for column in json.loads(dataset.schema)["mlflow_colspec"]]
    assert len(columns) == 36 and columns[-1] == "target", (kind, columns)
    assert json.loads(dataset.profile)["num_rows"] > 10_000, (kind, dataset.profile)
    return dataset.digest


def every_version_predicts(children):
    """pyfunc and ONNX Runtime alone agree, of known and of missing values."""
    versions = client.search_model_versions(f"name = '{MODEL}'")
    kinds = {}
    for version in versions:
        kinds[children.loc[children["run_id"] == version.run_id, "params.model"].item()] = version.version
        model = mlflow.pyfunc.load_model(f"models:/{MODEL}/{version.version}")
        with tempfile.TemporaryDirectory() as folder:
            path = mlflow.artifacts.download_artifacts(f"models:/{MODEL}/{version.version}", dst_path=folder)
            session = onnxruntime.InferenceSession(pathlib.Path(path) / "model.onnx")
        x = numpy.random.default_rng(7).normal(0, 0.05, (50, 35)).astype(numpy.float32)
        x[::5, ::3] = numpy.nan
        predicted, (y, quantiles) = model.predict({"x": x}), session.run(["y", "quantiles"], {"x": x})
        assert y.shape == (50, 1) and quantiles.shape[0] == 50 and quantiles.shape[1] > 1, version
        assert numpy.isfinite(y).all() and (numpy.diff(quantiles) >= 0).all(), version
        assert (predicted["y"] == y).all() and (predicted["quantiles"] == quantiles).all(), version
    assert sorted(kinds) == sorted(set(MODELS) - WITHOUT_ARTIFACT), kinds


children = a_parent_with_a_child_a_model()
digests = set()
for _, child in children.iterrows():
    kind = child["params.model"]
    metrics_and_parameters(child, kind)
    a_step_a_fold(child, kind)
    pictures_and_a_report(child, kind)
    digests.add(the_dataset_is_an_input(child, kind))
assert len(digests) == 1, digests
every_version_predicts(children)
