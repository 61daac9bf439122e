"""What the tests share: Airflow's commands, the DAGs, and a program in weekahead's place."""

import pytest

from airflow_home import DAGS, migrate, run_airflow
from stand_in import StandIn


@pytest.fixture(scope="session")
def airflow():
    """Runs `airflow` commands, with the home of these tests."""
    migrate()
    return run_airflow


@pytest.fixture
def dag_bag():
    """The DAGs as Airflow's own parser finds them; for each test anew, since a run leaves its parameters in its DAG."""
    from airflow.dag_processing.dagbag import BundleDagBag

    return BundleDagBag(dag_folder=str(DAGS), bundle_path=DAGS, bundle_name="dags-folder")


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A program in weekahead's place that keeps what it was asked, for tests of what DAGs ask."""
    program = StandIn(tmp_path)
    monkeypatch.setenv("WEEKAHEAD_BIN", str(program.path))
    return program
