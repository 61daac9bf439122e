"""Predicts by MLflow's own code: predict.py TRACKER_URL WAREHOUSE_PORT ORIGIN MODEL.

MODEL is a URI that `mlflow.pyfunc` loads, or the address of a running `mlflow models serve`.
"""

import json
import sys
import urllib.request

import clickhouse_connect
import mlflow
import numpy

tracker, port, origin, model = sys.argv[1:]


def by_pyfunc(x):
    mlflow.set_tracking_uri(tracker)
    return mlflow.pyfunc.load_model(model).predict({"x": x})


def by_server(x):
    body = json.dumps({"inputs": {"x": x.tolist()}}).encode()
    request = urllib.request.Request(f"{model}/invocations", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["predictions"]


client = clickhouse_connect.get_client(host="127.0.0.1", port=int(port))
rows = client.query(
    "SELECT * EXCEPT (session, knowledge_time, view_version, ingested_at, row_digest) FROM features.weekly_core FINAL "
    f"WHERE session = '{origin}' ORDER BY symbol"
)
symbols = [row[0] for row in rows.result_rows]
x = numpy.array([row[1:] for row in rows.result_rows], dtype=numpy.float32)
predicted = by_server(x) if model.startswith("http") else by_pyfunc(x)
answer = {
    symbol: {"y": float(y[0]), "quantiles": [float(value) for value in quantiles]}
    for symbol, y, quantiles in zip(symbols, predicted["y"], predicted["quantiles"])
}
print(json.dumps(answer))
