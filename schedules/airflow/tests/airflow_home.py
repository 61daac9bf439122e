"""An Airflow of the tests' own: a home in a temporary directory, the DAGs of this checkout, nothing else.

Airflow reads its environment when it is imported: this module comes before it.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DAGS = Path(__file__).resolve().parents[1] / "dags"
AIRFLOW = str(Path(sys.executable).with_name("airflow"))

HOME = Path(tempfile.mkdtemp(prefix="weekahead-airflow-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
for inherited in [name for name in os.environ if name.startswith(("AIRFLOW_", "WEEKAHEAD_AIRFLOW_"))]:
    del os.environ[inherited]
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "PYTHONDONTWRITEBYTECODE": "1",
    # Failures are waited for: five minutes the first time, where this is not set.
    "WEEKAHEAD_AIRFLOW_RETRY_SECONDS": "0",
}


def run_airflow(*arguments: str, timeout: int = 900, **environment: str) -> subprocess.CompletedProcess:
    """An `airflow` command; its output, errors included, is in `stdout`."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL, "text": True}
    return subprocess.run(
        [AIRFLOW, *arguments], env=os.environ | environment, timeout=timeout, check=False, **streams
    )


def migrate(**environment: str) -> None:
    """A database that knows the DAGs."""
    for arguments in (["db", "migrate"], ["dags", "reserialize"]):
        done = run_airflow(*arguments, **environment)
        assert done.returncode == 0, done.stdout
