"""What must hold of the bundle's files, whatever is in the warehouse: every chart is a plain select over one mart."""

import json
import re
from collections import Counter
from pathlib import Path

import yaml

from client import BUNDLE

# The one thing that is not a column: a link made of two of them.
LINK = (
    """ifNull(concat('<a href="', run_url, '" target="_blank">', substring(run_id, 1, 8), '</a>'), substring(run_id, 1, 8))"""
)
QUERY_CONTEXT = "query_context: |\n"


def read(kind: str, folder: Path = BUNDLE) -> dict[str, dict]:
    """Every `charts`, `datasets`, `dashboards` or `databases` file by its name."""
    return {path.stem: yaml.safe_load(path.read_text()) for path in sorted(folder.joinpath(kind).rglob("*.yaml"))}


def tiles(dashboard: dict) -> list[dict]:
    """The charts of a dashboard as its layout has them."""
    return [part["meta"] for part in dashboard["position"].values() if isinstance(part, dict) and part["type"] == "CHART"]


def check_bundle() -> None:
    """Fails with the first rule that a file breaks."""
    databases, datasets, charts, dashboards = (read(kind) for kind in ("databases", "datasets", "charts", "dashboards"))
    uuids = [asset["uuid"] for assets in (databases, datasets, charts, dashboards) for asset in assets.values()]
    assert not doubles(uuids), "a UUID is there twice"
    (database,) = databases.values()
    for name, dataset in datasets.items():
        assert dataset["database_uuid"] == database["uuid"], f"dataset {name}: another database"
        check_dataset(name, dataset)
    by_uuid = {dataset["uuid"]: dataset for dataset in datasets.values()}
    for name, chart in charts.items():
        check_chart(name, chart, by_uuid[chart["dataset_uuid"]])
    shown = {tile["uuid"] for dashboard in dashboards.values() for tile in tiles(dashboard)}
    known = {chart["uuid"]: name for name, chart in charts.items()}
    assert shown == set(known), f"charts without a dashboard or the other way round: {shown ^ set(known)}"
    for name, dashboard in dashboards.items():
        check_layout(name, dashboard, set(by_uuid))
    used = {chart["dataset_uuid"] for chart in charts.values()}
    assert used == set(by_uuid), "a dataset without a chart"


def check_dataset(name: str, dataset: dict) -> None:
    columns = {column["column_name"] for column in dataset["columns"]}
    assert dataset["table_name"] == name and dataset["schema"] == "marts" and not dataset.get("sql"), f"dataset {name}: no mart"
    assert not any(column.get("expression") for column in dataset["columns"]), f"dataset {name}: a computed column"
    for metric in dataset["metrics"]:
        match = re.fullmatch(r"MAX\((\w+)\)", metric["expression"])
        assert match and match[1] in columns, f"dataset {name}: {metric['metric_name']} is more than MAX of a column"


def check_chart(name: str, chart: dict, dataset: dict) -> None:
    """Columns, saved metrics and simple filters alone, in the form as in the saved query."""
    columns = {column["column_name"] for column in dataset["columns"]}
    metrics = {metric["metric_name"] for metric in dataset["metrics"]}
    params = chart["params"]
    assert params["viz_type"] == chart["viz_type"], f"chart {name}: two kinds"
    assert "query_context" in chart, f"chart {name}: no saved query (test_dashboards.py --record writes it)"
    for query in json.loads(chart["query_context"])["queries"]:
        used = [column_of(column) for column in query.get("columns", [])]
        assert set(used) <= columns | {LINK}, f"chart {name}: {set(used) - columns}"
        assert set(query.get("metrics") or []) <= metrics, f"chart {name}: metrics that the dataset does not have"
        assert {condition["col"] for condition in query["filters"]} <= columns, f"chart {name}: filters"
        assert not query.get("extras", {}).get("where") and not query.get("extras", {}).get("having"), f"chart {name}: SQL"
    for key in ("adhoc_filters", "adhoc_filters_b"):
        for condition in params.get(key, []):
            assert condition["expressionType"] == "SIMPLE" and condition["subject"] in columns, f"chart {name}: {condition}"


def column_of(column: str | dict) -> str:
    """A column of a query: its name, or what an expression says."""
    return column if isinstance(column, str) else column["sqlExpression"]


def check_layout(name: str, dashboard: dict, dataset_uuids: set[str]) -> None:
    position = dashboard["position"]
    for part in position.values():
        if isinstance(part, dict) and part["type"] == "ROW":
            width = sum(position[child]["meta"]["width"] for child in part["children"])
            heights = {position[child]["meta"]["height"] for child in part["children"]}
            assert width == 12 and len(heights) == 1, f"dashboard {name}: {part['id']} is no full row of equal tiles"
    ids = [tile["chartId"] for tile in tiles(dashboard)]
    assert not doubles(ids), f"dashboard {name}: a chartId twice"
    for native_filter in dashboard["metadata"]["native_filter_configuration"]:
        title = f"dashboard {name}: filter {native_filter['name']}"
        assert set(native_filter["scope"]["excluded"]) <= set(ids), f"{title} leaves out a chart that is not there"
        targets = {target["datasetUuid"] for target in native_filter["targets"] if "datasetUuid" in target}
        assert targets <= dataset_uuids, f"{title} has no dataset"


def doubles(values) -> list:
    return [value for value, times in Counter(values).items() if times > 1]


def save_query_context(name: str, queries: list[dict]) -> None:
    """Writes the queries of a chart to the end of its file."""
    path = BUNDLE / f"charts/{name}.yaml"
    lines = ",\n".join(json.dumps(query) for query in queries)
    head = '{"datasource": {"id": 0, "type": "table"}, "result_format": "json", "result_type": "full", "queries": ['
    text = f"{head}\n{lines}\n]}}\n"
    path.write_text(path.read_text().split(QUERY_CONTEXT)[0] + QUERY_CONTEXT + "".join(f"  {line}\n" for line in text.splitlines()))
