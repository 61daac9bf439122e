"""Predicts with the registered champion by MLflow's own client: predict.py TRACKER_URL WAREHOUSE_PORT ORIGIN."""

import json
import sys

import clickhouse_connect
import mlflow
import numpy

tracker, port, origin = sys.argv[1:]
mlflow.set_tracking_uri(tracker)
model = mlflow.pyfunc.load_model("models:/weekahead-weekly@champion")
client = clickhouse_connect.get_client(host="127.0.0.1", port=int(port))
rows = client.query(
    "SELECT * EXCEPT (session, knowledge_time, view_version, ingested_at, row_digest) FROM features.weekly_core FINAL "
    f"WHERE session = '{origin}' ORDER BY symbol"
)
symbols = [row[0] for row in rows.result_rows]
x = numpy.array([row[1:] for row in rows.result_rows], dtype=numpy.float32)
predicted = model.predict({"x": x})
answer = {
    symbol: {"y": float(y[0]), "quantiles": [float(value) for value in quantiles]}
    for symbol, y, quantiles in zip(symbols, predicted["y"], predicted["quantiles"])
}
print(json.dumps(answer))
