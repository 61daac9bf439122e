"""What the DAGs ask of weekahead, and what they make of its answers: runs of Airflow's own `dag.test`."""

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest

from waiting import wait_until

from airflow.sdk.api.datamodels._generated import DagRunType

FRIDAY = datetime(2013, 1, 25, tzinfo=timezone.utc)
THURSDAY = datetime(2013, 1, 24, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def database(airflow):
    """Each of these runs is a run of the database's."""


def outcome(dag_bag, dag_id, logical_date, **conf):
    """The state of the run, and of its tasks."""
    finished = dag_bag.dags[dag_id].test(logical_date=logical_date, run_conf=conf or None)
    return finished.state, {task.task_id: task.state for task in finished.get_task_instances()}


def test_a_day_of_quotes(dag_bag, stand_in):
    state, _ = outcome(dag_bag, "ingest_daily", FRIDAY)
    assert state == "success"
    assert stand_in.calls() == [
        "schedule due ingest_daily --as-of 2013-01-25",
        "ingest --as-of 2013-01-25",
        "features build --as-of 2013-01-25",
    ]


def test_the_weekly_runs_ask_the_calendar_and_stand_in_the_past(dag_bag, stand_in):
    assert outcome(dag_bag, "train_weekly", FRIDAY)[0] == "success"
    assert outcome(dag_bag, "forecast_weekly", FRIDAY)[0] == "success"
    assert stand_in.calls() == [
        "schedule due train_weekly --as-of 2013-01-25",
        "train --as-of 2013-01-25",
        "schedule due forecast_weekly --as-of 2013-01-25",
        "forecast --as-of 2013-01-25",
    ]


def test_a_live_run_says_no_as_of(dag_bag, stand_in):
    assert outcome(dag_bag, "ingest_daily", None, force=True)[0] == "success"
    assert stand_in.calls() == ["ingest", "features build"]


def test_a_day_that_is_not_due_is_skipped_unless_forced(dag_bag, stand_in):
    state, tasks = outcome(dag_bag, "train_weekly", THURSDAY)
    assert (state, tasks) == ("success", {"due": "skipped", "train": "skipped"})
    assert stand_in.work() == []
    assert outcome(dag_bag, "train_weekly", THURSDAY, force=True) == ("success", {"due": "success", "train": "success"})
    assert stand_in.work() == ["train --as-of 2013-01-24"]


def test_a_failure_is_tried_again_and_fails_the_run(dag_bag, stand_in):
    stand_in.fails("train", 2)
    state, tasks = outcome(dag_bag, "train_weekly", FRIDAY)
    assert (state, tasks) == ("failed", {"due": "success", "train": "failed"})
    assert stand_in.work() == ["train --as-of 2013-01-25"] * 4


def test_what_fails_keeps_what_comes_after_it_from_running(dag_bag, stand_in):
    stand_in.fails("ingest", 2)
    state, tasks = outcome(dag_bag, "ingest_daily", FRIDAY)
    assert (state, tasks["features"]) == ("failed", "upstream_failed")
    assert set(stand_in.work()) == {"ingest --as-of 2013-01-25"}


def test_a_calendar_that_fails_is_no_day_off(dag_bag, stand_in):
    stand_in.fails("schedule", 2)
    state, tasks = outcome(dag_bag, "train_weekly", FRIDAY)
    assert (state, tasks) == ("failed", {"due": "failed", "train": "upstream_failed"})


def test_a_command_that_takes_too_long_is_stopped(dag_bag, stand_in):
    stand_in.hangs("train")
    dag_bag.dags["train_weekly"].get_task("train").execution_timeout = timedelta(seconds=2)
    state, tasks = outcome(dag_bag, "train_weekly", FRIDAY)
    assert (state, tasks["train"]) == ("failed", "failed")
    wait_until(lambda: not stand_in.still_hangs(), 10, lambda: "the program runs on")


def test_the_cron_of_the_training_is_for_backfills_alone(dag_bag, monkeypatch):
    monkeypatch.setenv("AIRFLOW_VAR_WEEKAHEAD_BIN", "weekahead")
    task = dag_bag.dags["train_weekly"].get_task("due")

    def asks(run_type):
        run = SimpleNamespace(run_type=run_type, logical_date=FRIDAY, consumed_asset_events=[])
        return task.render_template(task.bash_command, {"dag_run": run, "params": {"force": False}})

    assert asks(DagRunType.SCHEDULED).endswith("; exit 99")
    for run_type in (DagRunType.BACKFILL, DagRunType.MANUAL, DagRunType.ASSET_TRIGGERED):
        assert asks(run_type).endswith(" schedule due train_weekly --as-of 2013-01-25")


def test_lost_symbols_are_tried_again_and_then_left_out(dag_bag, stand_in):
    stand_in.fails("ingest", 3)
    state, tasks = outcome(dag_bag, "ingest_daily", FRIDAY)
    assert (state, tasks["ingest"], tasks["features"]) == ("success", "success", "success")
    assert stand_in.work() == ["ingest --as-of 2013-01-25"] * 4 + ["features build --as-of 2013-01-25"]


def test_the_program_and_its_directory_can_be_variables(dag_bag, stand_in, tmp_path, monkeypatch):
    monkeypatch.setenv("WEEKAHEAD_BIN", "/nowhere/weekahead")
    monkeypatch.setenv("AIRFLOW_VAR_WEEKAHEAD_BIN", "./weekahead")
    monkeypatch.setenv("AIRFLOW_VAR_WEEKAHEAD_DIR", str(tmp_path))
    assert outcome(dag_bag, "forecast_weekly", FRIDAY)[0] == "success"
    assert stand_in.work() == ["forecast --as-of 2013-01-25"]
