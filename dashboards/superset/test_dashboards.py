"""Tests the dashboards against a warehouse that is filled: `make test-dashboards`.

    WEEKAHEAD_WAREHOUSE__URL=http://127.0.0.1:8123 .deps/superset/bin/python dashboards/superset/test_dashboards.py

The bundle goes into a fresh Superset, twice. Every dashboard is opened in a browser: no tile may be empty or broken. Every
query that the browser asks is the saved one of its chart plus the dashboard's filters, and its rows are those of a plain
select over the mart. Options: `--record` writes the saved queries of the charts from what the browser asks, `--pictures`
writes docs/dashboards/*.png, `--static` reads the files alone, `--keep DIR` keeps Superset's home.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bundle_checks
import mart_checks
from browser import REPOSITORY, Browser, sign_in
from client import Superset
from pages import open_dashboard, save_picture
from server import Server

KINDS = ("database", "dataset", "chart", "dashboard")
PICTURE_BYTES = 150_000
# What a browser adds to a query that changes no row of its answer.
NOISE = {
    "url_params", "custom_params", "custom_form_data", "applied_time_extras", "annotation_layers", "time_offsets", "datasource",
}
START = time.monotonic()


def main() -> None:
    parser = argparse.ArgumentParser()
    for flag in ("record", "pictures", "static"):
        parser.add_argument(f"--{flag}", action="store_true")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    files = {kind: bundle_checks.read(f"{kind}s") for kind in KINDS}
    if not options.record:
        bundle_checks.check_bundle()
    say(", ".join(f"{len(of_kind)} {kind}s" for kind, of_kind in files.items()))
    if options.static:
        return
    url = os.environ.get("WEEKAHEAD_WAREHOUSE__URL") or "http://127.0.0.1:8123"
    login = os.environ.get("WEEKAHEAD_WAREHOUSE__USER") or "default", os.environ.get("WEEKAHEAD_WAREHOUSE__PASSWORD", "")
    warehouse = mart_checks.connect(url, *login)
    mart_checks.check_columns(warehouse)
    say("every column of every dataset is in its mart")
    with tempfile.TemporaryDirectory(prefix="weekahead-superset-") as fresh:
        home = options.keep or Path(fresh)
        home.mkdir(parents=True, exist_ok=True)
        with Server(home) as server:
            say(f"a Superset of its own answers at {server.url}")
            superset = Superset(server.url, "admin", server.password)
            check_import(superset, server, {kind: len(of_kind) for kind, of_kind in files.items()})
            check_dashboards(superset, server, warehouse, files, options)


def check_import(superset: Superset, server: Server, expected: dict[str, int]) -> None:
    """The second import makes nothing that is not there."""
    program = os.environ.get("WEEKAHEAD_BIN") or REPOSITORY / "target/release/weekahead"
    command = [program, "dashboards", "import", "--url", server.url]
    for time_of_it in ("first", "second"):
        subprocess.run(command, env={**os.environ, "SUPERSET_PASSWORD": server.password}, check=True)
        counts = {kind: len(superset.all(kind)) for kind in KINDS}
        assert counts == expected, f"the {time_of_it} import left {counts}, expected {expected}"
    say("imported twice, everything is there once")


def check_dashboards(superset: Superset, server: Server, warehouse, files: dict, options) -> None:
    names = {chart["uuid"]: name for name, chart in files["chart"].items()}
    names_by_id = {chart["id"]: names[chart["uuid"]] for chart in superset.all("chart", ("id", "uuid"))}
    datasets = {dataset["uuid"]: dataset for dataset in files["dataset"].values()}
    with Browser() as browser:
        browser.cookies(server.url, sign_in(server.url, "admin", server.password))
        for name, dashboard in files["dashboard"].items():
            expected = {names[tile["uuid"]] for tile in bundle_checks.tiles(dashboard)}
            asked = open_dashboard(browser, server.url, dashboard["slug"], len(expected))
            bodies = {names_by_id[body["form_data"]["slice_id"]]: body for body in asked}
            assert set(bodies) == expected, f"dashboard {name}: never asked for {expected - set(bodies)}"
            folder = REPOSITORY / "docs/dashboards" if options.pictures else server.home
            size = save_picture(browser, folder / f"{name}.png", PICTURE_BYTES)
            rows = 0
            for chart, body in sorted(bodies.items()):
                file = files["chart"][chart]
                if options.record:
                    bundle_checks.save_query_context(chart, [plain(query, body) for query in body["queries"]])
                else:
                    check_saved(chart, file, body)
                rows += check_chart(superset, warehouse, chart, body, datasets[file["dataset_uuid"]])
            say(f"{name}: {len(bodies)} charts, {rows:,} rows as in the marts, picture of {size // 1000} kB")
    if not options.record:
        check_saved_answers(superset, names_by_id)


def check_saved(chart: str, file: dict, body: dict) -> None:
    """What the browser asks is the saved query and the dashboard's filters."""
    saved, asked = json.loads(file["query_context"])["queries"], [plain(query, body) for query in body["queries"]]
    assert saved == asked, f"chart {chart}: the browser asks {asked}, saved is {saved} (--record writes it)"


def check_chart(superset: Superset, warehouse, chart: str, body: dict, dataset: dict) -> int:
    """The browser's queries are answered, not empty, and have the rows of the mart; how many."""
    rows = 0
    for query, answer in zip(body["queries"], superset.chart_data(body), strict=True):
        failed = answer.get("error") or (not answer["rowcount"] and "no rows")
        assert not failed, f"chart {chart}: {failed}\n{answer.get('query')}"
        (whole,) = superset.chart_data({**body, "queries": [{**query, "post_processing": []}]})
        rows += mart_checks.check_rows(warehouse, chart, query, whole, dataset)
    return rows


def check_saved_answers(superset: Superset, names_by_id: dict[int, str]) -> None:
    """What reports and clients of the API get of a chart: its saved query, without a dashboard's filters."""
    for number, name in names_by_id.items():
        for answer in superset.get(f"/api/v1/chart/{number}/data/")["result"]:
            failed = answer.get("error") or (not answer["rowcount"] and "no rows")
            assert not failed, f"chart {name}, its saved query: {failed}"
    say(f"{len(names_by_id)} saved queries answer")


def plain(query: dict, body: dict) -> dict:
    """A query of the browser without the dashboard's filters and without what says nothing."""
    filters = body["form_data"].get("extra_form_data", {}).get("filters", [])
    kept = {key: value for key, value in query.items() if key not in NOISE and value not in (None, [], {}, False, 0, "")}
    return {**kept, "filters": [condition for condition in query["filters"] if condition not in filters]}


def say(text: str) -> None:
    print(f"dashboards  {time.monotonic() - START:5.0f} s  {text}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except AssertionError as error:
        sys.exit(f"error: {error}")
