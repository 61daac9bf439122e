"""A week of the real platform by `airflow dags test`: real quotes, real features, a real training, real forecasts.

The tests are steps of one story, in the order of the file.
"""

import pytest

from platform_up import Platform

SESSION = "2013-01-25"
OF_THE_WEEK = f"FROM forecasts.forecasts FINAL WHERE origin = '{SESSION}' ORDER BY symbol"
FORECASTS = f"SELECT symbol, horizon, model_version, toDate(as_of) {OF_THE_WEEK}"
PROMOTIONS = "SELECT model_name, model_version, promoted FROM ops.promotions FINAL"
SESSIONS = "SELECT symbol, max(session) FROM features.weekly_core FINAL GROUP BY symbol ORDER BY symbol"


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    """The embedded platform, empty at first."""
    with Platform(tmp_path_factory.mktemp("platform")) as running:
        yield running


@pytest.fixture(scope="module")
def dags_test(airflow, platform):
    """Runs a DAG for the session, with each task tried once; what it printed, and whether it ended well."""

    def run(dag_id: str, session: str = SESSION) -> tuple[bool, str]:
        done = airflow("dags", "test", dag_id, session, **platform.settings, WEEKAHEAD_AIRFLOW_RETRIES="0")
        return done.returncode == 0, done.stdout

    return run


def test_a_day_of_quotes_becomes_features(dags_test, platform):
    well, output = dags_test("ingest_daily")
    assert well, output
    assert platform.query(SESSIONS) == [["IBM", SESSION], ["MSFT", SESSION]]


def test_without_a_champion_the_forecast_fails_and_so_does_its_run(dags_test, platform):
    well, output = dags_test("forecast_weekly")
    assert not well, output
    assert "DagRun failed" in output
    assert platform.query(FORECASTS) == []


def test_the_training_decides_about_a_champion(dags_test, platform):
    well, output = dags_test("train_weekly")
    assert well, output
    assert platform.query(PROMOTIONS) == [["weekahead-weekly", "1", "true"]]


def test_the_champion_forecasts_the_week_ahead(dags_test, platform):
    well, output = dags_test("forecast_weekly")
    assert well, output
    assert platform.query(FORECASTS) == [[symbol, "5", "1", SESSION] for symbol in ("IBM", "MSFT")]


def test_the_same_week_again_is_the_same_forecasts(dags_test, platform):
    made = f"SELECT forecast_id {OF_THE_WEEK}"
    before = platform.query(made)
    well, output = dags_test("forecast_weekly")
    assert well, output
    assert platform.query(made) == before


def test_a_day_without_a_session_is_left_alone(dags_test, platform):
    well, output = dags_test("train_weekly", "2013-01-24")
    assert well, output
    assert len(platform.query(PROMOTIONS)) == 1
