"""Pictures of MLflow's own pages for docs/mlflow: the weeks as runs, the models of one week compared, the champion.

    WEEKAHEAD_TRACKER__URL=http://127.0.0.1:5000 .deps/superset/bin/python dashboards/superset/mlflow_pictures.py
"""

import json
import os
import time
from urllib.parse import quote

import requests

from browser import REPOSITORY, Browser, wait
from pages import save_picture

URL = (os.environ.get("WEEKAHEAD_TRACKER__URL") or "http://127.0.0.1:5000").rstrip("/")
EXPERIMENT, MODEL = "weekahead", "weekahead-weekly"
PICTURE_BYTES = 150_000
COLUMNS = ("mae", "mase", "directional_accuracy", "rank_ic", "coverage_80", "pinball")
CHARTS = "^(mase|rank_ic|coverage_80|fold_mase|fold_rank_ic|fold_coverage_80)$"
# What a pointer over a chart would show.
HIDDEN = ".modebar { display: none !important; }"


def main() -> None:
    experiment = ask("experiments/get-by-name", {"experiment_name": EXPERIMENT})["experiment"]["experiment_id"]
    weeks = weeks_of(experiment)
    champion = ask("registered-models/alias", {"name": MODEL, "alias": "champion"})["model_version"]["version"]
    with Browser() as browser:
        browser.go(URL)
        wait(lambda: browser.evaluate("location.origin") == URL, 30, f"no MLflow answers at {URL}")
        keep(browser, "mlflow.workflowType_v1", "machine_learning")
        keep(browser, "mlflow.assistant.panelOpen_v1", False)
        keep(browser, "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1", True)
        columns = [f"metrics.`{column}`" for column in COLUMNS]
        table = {"selectedColumns": columns, "runsExpanded": {week: True for week in weeks}}
        keep_view(browser, experiment, table)
        picture(browser, "experiment", f"experiments/{experiment}/runs", 940)
        filtered = {"searchFilter": f"tags.mlflow.parentRunId = '{weeks[0]}'", "chartsSearchFilter": CHARTS, "runsExpanded": {weeks[0]: True}}
        keep_view(browser, experiment, filtered)
        picture(browser, "compare", f"experiments/{experiment}/runs?compareRunsMode=CHART", 1000)
        picture(browser, "model", f"models/{quote(MODEL)}/versions/{champion}", 900)


def ask(path: str, query: dict) -> dict:
    answer = requests.get(f"{URL}/api/2.0/mlflow/{path}", params=query, timeout=60)
    answer.raise_for_status()
    return answer.json()


def weeks_of(experiment: str) -> list[str]:
    """The newest three sessions that are done."""
    query = {"experiment_ids": [experiment], "max_results": 100, "order_by": ["attributes.start_time DESC"]}
    query["filter"] = "tags.`weekahead.leader` != '' and attributes.status = 'FINISHED'"
    answer = requests.post(f"{URL}/api/2.0/mlflow/runs/search", json=query, timeout=60)
    answer.raise_for_status()
    return [run["info"]["run_id"] for run in answer.json()["runs"][:3]]


def keep(browser: Browser, key: str, value) -> None:
    """What the page remembers of its user."""
    browser.evaluate(f"localStorage.setItem({json.dumps(key)}, {json.dumps(json.dumps(value))})")


def keep_view(browser: Browser, experiment: str, view: dict) -> None:
    """How the page of an experiment was left; asked from elsewhere, since that page writes it, too."""
    browser.go(f"{URL}/#/")
    time.sleep(3)
    lines = {"xAxisKey": "step", "lineSmoothness": 0, "selectedXAxisMetricKey": ""}
    whole = {"searchFilter": "", "orderByKey": "attributes.start_time", "orderByAsc": False, "startTime": "ALL", "lifecycleFilter": "Active"}
    whole |= {"datasetsFilter": [], "modelVersionFilter": "All Runs", "selectedColumns": [], "columnOrder": [], "columnWidths": {}}
    whole |= {"runsExpanded": {}, "runsPinned": [], "runsHidden": [], "runsVisibilityMap": {}, "runsHiddenMode": "FIRST_20_RUNS"}
    whole |= {"viewMaximized": False, "runListHidden": False, "hideEmptyCharts": True, "groupBy": None, "groupsExpanded": {}}
    whole |= {"autoRefreshEnabled": False, "globalLineChartConfig": lines}
    keep(browser, f'MLflowLocalStorage-1.1-ExperimentPage-["{experiment}"]-ReactComponentState', {**whole, **view})


def picture(browser: Browser, name: str, page: str, height: int) -> None:
    browser.size(1600, height)
    browser.go(f"{URL}/#/{page}")
    time.sleep(0.5)
    # The address differs behind the # alone: the page is the same one, and would not read what was kept.
    browser.send("Page.reload")
    time.sleep(9)
    browser.evaluate(f"document.head.insertAdjacentHTML('beforeend', '<style>{HIDDEN}</style>')")
    time.sleep(0.5)
    size = save_picture(browser, REPOSITORY / f"docs/mlflow/{name}.png", PICTURE_BYTES)
    print(f"docs/mlflow/{name}.png  {size // 1000} kB")


if __name__ == "__main__":
    main()
