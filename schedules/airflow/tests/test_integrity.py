"""The DAGs as they are: they load, and have what every one of them must have."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from airflow.providers.standard.operators.bash import BashOperator
from airflow.serialization.serialized_objects import DagSerialization

NEW_YORK = ZoneInfo("America/New_York")
DAGS = ["forecast_weekly", "ingest_daily", "train_weekly"]
COMMANDS = {
    "ingest_daily": {"due": "schedule due ingest_daily", "ingest": "ingest", "features": "features build"},
    "train_weekly": {"due": "schedule due train_weekly", "train": "train"},
    "forecast_weekly": {"due": "schedule due forecast_weekly", "forecast": "forecast"},
}


def test_all_three_load_without_an_error(dag_bag):
    assert dag_bag.import_errors == {}
    assert sorted(dag_bag.dags) == DAGS


def test_loading_is_quick(dag_bag):
    assert all(file.duration < timedelta(seconds=5) for file in dag_bag.dagbag_stats)


@pytest.mark.parametrize(("dag_id", "runs"), [("ingest_daily", 1), ("train_weekly", 16), ("forecast_weekly", 16)])
def test_nothing_is_caught_up_and_every_update_has_its_run(dag_bag, dag_id, runs):
    dag = dag_bag.dags[dag_id]
    assert (dag.max_active_runs, dag.catchup) == (runs, False)
    assert dag.doc_md


@pytest.mark.parametrize("dag_id", DAGS)
def test_tasks_are_commands_with_retries_and_timeouts(dag_bag, dag_id):
    dag = dag_bag.dags[dag_id]
    assert set(dag.task_ids) == set(COMMANDS[dag_id])
    for task in dag.tasks:
        assert isinstance(task, BashOperator)
        assert task.retries == 3 and task.retry_exponential_backoff == 2
        assert task.retry_delay <= task.max_retry_delay == timedelta(hours=1)
        assert timedelta(minutes=5) <= task.execution_timeout <= timedelta(hours=6)
        assert task.max_active_tis_per_dag == 1, "no command runs twice at once"
        assert f"{{{{ program() }}}} {COMMANDS[dag_id][task.task_id]} " in task.bash_command
        assert list(task.skip_on_exit_code) == ([99] if task.task_id == "due" else [])


@pytest.mark.parametrize("dag_id", DAGS)
def test_the_calendar_is_asked_before_anything_is_done(dag_bag, dag_id):
    assert [task.task_id for task in dag_bag.dags[dag_id].topological_sort()] == list(COMMANDS[dag_id])
    assert [task.task_id for task in dag_bag.dags[dag_id].roots] == ["due"]


def test_assets_lead_from_quotes_to_forecasts(dag_bag):
    def updates(dag_id):
        with_outlets = [task for task in dag_bag.dags[dag_id].tasks if task.outlets]
        return {task.task_id: [asset.uri for asset in task.outlets] for task in with_outlets}

    def started_by(dag_id):
        return [asset.uri for asset in dag_bag.dags[dag_id].timetable.asset_condition.objects]

    features, champion = "weekahead://warehouse/features", "weekahead://models/champion"
    assert updates("ingest_daily") == {"ingest": ["weekahead://lake/quotes"], "features": [features]}
    assert started_by("train_weekly") == [features]
    assert updates("train_weekly") == {"train": [champion]}
    assert started_by("forecast_weekly") == [champion]
    assert updates("forecast_weekly") == {"forecast": ["weekahead://warehouse/forecasts"]}


def times(dag_bag, dag_id, first, last):
    """When the cron of the DAG runs between two dates, on New York's clock."""
    dag = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag_bag.dags[dag_id]))
    earliest, latest = (datetime.fromisoformat(day).replace(tzinfo=NEW_YORK) for day in (first, last))
    return [info.logical_date.astimezone(NEW_YORK) for info in dag.iter_dagrun_infos_between(earliest, latest)]


@pytest.mark.parametrize("change", ["2025-03-09", "2025-11-02", "2026-03-08", "2026-11-01"])
def test_the_time_in_new_york_stays_over_a_change_of_daylight_saving(dag_bag, change):
    sunday = datetime.fromisoformat(change)
    first, last = ((sunday + timedelta(days=days)).date().isoformat() for days in (-6, 6))
    runs = times(dag_bag, "ingest_daily", first, last)
    assert [(run.hour, run.minute) for run in runs] == [(18, 30)] * 10
    assert [run.weekday() for run in runs] == [0, 1, 2, 3, 4] * 2
    assert len({run.utcoffset() for run in runs}) == 2, "the clock changes within these weeks"


def test_the_weekly_crons_name_the_days_that_may_be_meant(dag_bag):
    train = times(dag_bag, "train_weekly", "2026-03-02", "2026-03-16")
    assert {(run.strftime("%a"), run.hour, run.minute) for run in train} == {("Thu", 18, 30), ("Fri", 18, 30)}
    forecast = times(dag_bag, "forecast_weekly", "2026-03-02", "2026-03-16")
    assert {(run.strftime("%a"), run.hour, run.minute) for run in forecast} == {("Fri", 6, 30), ("Sat", 6, 30)}
    assert (len(train), len(forecast)) == (4, 4)
