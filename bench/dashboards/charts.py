"""Times what the dashboards ask of the warehouse when they are opened: every chart's query and every filter's values.

    python charts.py <url of the warehouse's HTTP interface> <runs>

prints a JSON object a query: its name, the median of its milliseconds, its rows. A query without a row fails.
"""

import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "dashboards/superset"))

from bundle_checks import read, tiles  # noqa: E402
from mart_checks import connect, select  # noqa: E402


def main() -> None:
    url, runs = sys.argv[1], int(sys.argv[2])
    warehouse = connect(url, "default", "")
    datasets = {dataset["uuid"]: dataset for dataset in read("datasets").values()}
    charts = {chart["uuid"]: (name, chart) for name, chart in read("charts").items()}
    for dashboard_name, dashboard in read("dashboards").items():
        shown = {tile["chartId"]: charts[tile["uuid"]] for tile in tiles(dashboard)}
        chosen = {name: [] for name, _ in shown.values()}
        for one in dashboard["metadata"]["native_filter_configuration"]:
            if one["filterType"] == "filter_select":
                values = ask(warehouse, f"{dashboard_name}, filter {one['name']}", values_of(one, datasets), runs)
                choose(one, values[0][0], shown, datasets, chosen)
        for name, chart in shown.values():
            dataset = datasets[chart["dataset_uuid"]]
            for query in json.loads(chart["query_context"])["queries"]:
                query = {**query, "filters": query["filters"] + chosen[name], "columns": query.get("columns") or []}
                ask(warehouse, f"{dashboard_name}, {name}", select(query, dataset, grouped=True)[0], runs)


def ask(warehouse, name: str, sql: str, runs: int) -> list:
    """The rows of a query; the first time warms up."""
    rows, seconds = warehouse.query(sql).result_set, []
    for _ in range(runs):
        start = time.monotonic()
        warehouse.query(sql)
        seconds.append(time.monotonic() - start)
    if not rows:
        sys.exit(f"{name} has no rows: {sql}")
    print(json.dumps({"name": name, "milliseconds": statistics.median(seconds) * 1e3, "rows": len(rows)}), flush=True)
    return rows


def values_of(one: dict, datasets: dict) -> str:
    """The query of a filter's values, in its order."""
    (target,) = one["targets"]
    dataset, column = datasets[target["datasetUuid"]], target["column"]["name"]
    metrics = {metric["metric_name"]: metric["expression"] for metric in dataset["metrics"]}
    controls = one["controlValues"]
    order = metrics.get(controls.get("sortMetric") or one.get("sortMetric"), column)
    direction = "ASC" if controls.get("sortAscending", True) else "DESC"
    return f"SELECT {column} FROM marts.`{dataset['table_name']}` GROUP BY {column} ORDER BY {order} {direction} LIMIT 1000"


def choose(one: dict, first, shown: dict, datasets: dict, chosen: dict) -> None:
    """Adds the filter's first value to the charts that it is for, where it starts with it."""
    if not one["controlValues"].get("defaultToFirstItem"):
        return
    column = one["targets"][0]["column"]["name"]
    for chart_id, (name, chart) in shown.items():
        columns = {known["column_name"] for known in datasets[chart["dataset_uuid"]]["columns"]}
        if chart_id not in one["scope"]["excluded"] and column in columns:
            chosen[name].append({"col": column, "op": "==", "val": first})


if __name__ == "__main__":
    main()
