"""One DAG after the other, by Airflow's real scheduler: backfills, and updated assets that start what depends on them.

The stand-in's calendar knows the year 2013 alone: what the scheduler starts for the present is skipped. Backfills are
created before the scheduler starts: on SQLite, the database of these tests, the two would lock each other out.
"""

from functools import partial

import pytest

from airflow_home import migrate, run_airflow
from scheduler_up import Scheduler
from waiting import wait_until

# By then a backfill is through, on two busy cores.
PATIENCE_SECONDS = 300


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home that no other test has updated assets in, with DAGs that are not paused."""
    home = str(tmp_path_factory.mktemp("home"))
    environment = {"AIRFLOW_HOME": home, "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False"}
    migrate(**environment)
    return environment


@pytest.fixture
def airflow(home):
    """Runs `airflow` commands in that home."""
    return partial(run_airflow, **home)


def backfill(airflow, dag_id, first, last):
    """`airflow backfill create`, one run at a time, as the README has it."""
    dates = ["--from-date", first, "--to-date", last]
    done = airflow("backfill", "create", "--dag-id", dag_id, *dates, "--max-active-runs", "1")
    assert done.returncode == 0, done.stdout


def story(stand_in, scheduler):
    """What was asked and what the scheduler has printed, for a test that fails."""
    return lambda: "\n".join([*stand_in.calls(), scheduler.told()])


def test_quotes_start_the_training_and_that_the_forecasts(airflow, home, stand_in, tmp_path):
    thursday, friday, morning_in_summer = "2013-01-24T23:30:00Z", "2013-01-25T23:30:00Z", "2013-07-06T10:30:00Z"
    backfill(airflow, "ingest_daily", "2013-01-24", "2013-01-26")
    backfill(airflow, "forecast_weekly", "2013-07-04", "2013-07-07")
    forecasts = {f"forecast --as-of {friday}", f"forecast --as-of {morning_in_summer}"}
    with Scheduler(tmp_path, home) as scheduler:
        wait_until(lambda: forecasts <= set(stand_in.work()), PATIENCE_SECONDS, story(stand_in, scheduler))
    work = stand_in.work()
    assert [call for call in work if call != f"forecast --as-of {morning_in_summer}"] == [
        f"ingest --as-of {thursday}",
        f"features build --as-of {thursday}",
        f"ingest --as-of {friday}",
        f"features build --as-of {friday}",
        f"train --as-of {friday}",
        f"forecast --as-of {friday}",
    ]
    assert len(work) == 7, "each of them once"
    assert f"schedule due train_weekly --as-of {thursday}" in stand_in.calls()


def test_a_backfill_of_trainings_and_a_live_run(airflow, home, stand_in, tmp_path):
    friday = "2013-01-18T23:30:00Z"
    backfill(airflow, "train_weekly", "2013-01-17", "2013-01-19")
    with Scheduler(tmp_path, home) as scheduler:
        told = story(stand_in, scheduler)
        wait_until(lambda: f"forecast --as-of {friday}" in stand_in.work(), PATIENCE_SECONDS, told)
        assert stand_in.work() == [f"train --as-of {friday}", f"forecast --as-of {friday}"]

        before = len(stand_in.calls())
        force = ("dags", "trigger", "ingest_daily", "--conf", '{"force": true}')
        # Again where the scheduler holds the database.
        wait_until(lambda: airflow(*force).returncode == 0, 60, told)
        asked = "schedule due train_weekly --as-of 20"
        wait_until(lambda: any(call.startswith(asked) for call in stand_in.calls()[before:]), PATIENCE_SECONDS, told)
        assert stand_in.work()[2:] == ["ingest", "features build"]
