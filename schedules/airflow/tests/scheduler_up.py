"""Airflow's scheduler with what it needs (the parser of DAGs, the API of tasks), for as long as a test needs it."""

import os
import signal
import subprocess
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from airflow_home import AIRFLOW
from platform_up import free_ports
from waiting import wait_until


class Scheduler:
    """The three processes, in a home that is migrated already; their logs go into the folder."""

    def __init__(self, folder: Path, home: dict[str, str]):
        api, logs = free_ports(2)
        self._health = f"http://127.0.0.1:{api}/api/v2/monitor/health"
        self._folder = folder
        self._environment = os.environ | home | {
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(api),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{api}/execution/",
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(logs),
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        }
        self._processes: list[subprocess.Popen] = []

    def __enter__(self) -> "Scheduler":
        with ExitStack() as undo:
            undo.callback(self._stop)
            for command in ("api-server", "dag-processor", "scheduler"):
                self._start(command)
            wait_until(self._answers, 120, self.told)
            undo.pop_all()
        return self

    def __exit__(self, *_) -> None:
        self._stop()

    def told(self) -> str:
        """The end of what the processes have printed."""
        return "\n".join(f"== {log.stem}\n{log.read_text()[-4000:]}" for log in sorted(self._folder.glob("*.log")))

    def _start(self, command: str) -> None:
        with (self._folder / f"{command}.log").open("w") as log:
            # A session of its own: these programs have children, which must not outlive the test.
            process = subprocess.Popen(
                [AIRFLOW, command], env=self._environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )
        self._processes.append(process)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self._health, timeout=5) as answer:
                return b'"scheduler":{"status":"healthy"' in answer.read().replace(b" ", b"")
        except (urllib.error.URLError, OSError):
            return False

    def _stop(self) -> None:
        for process in reversed(self._processes):
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                pass
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
