"""The embedded platform with real quotes of 2006 to 2013, on ports of its own, for as long as a test needs it."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, closing
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
BINARY = os.environ.get("WEEKAHEAD_BIN", str(CHECKOUT / "target" / "release" / "weekahead"))
START_SECONDS = 120


class Platform:
    """Lake, warehouse, tracker and a provider that replays quotes; `settings` is the environment that leads to them."""

    def __init__(self, folder: Path):
        lake, warehouse, tracker, provider, serving = (f"127.0.0.1:{port}" for port in free_ports(5))
        self.settings = {
            "WEEKAHEAD_BIN": BINARY,
            "WEEKAHEAD_DIR": str(CHECKOUT),
            "WEEKAHEAD_HOME": str(folder / "home"),
            "WEEKAHEAD_LAKE__ENDPOINT": f"http://{lake}",
            "WEEKAHEAD_WAREHOUSE__URL": f"http://{warehouse}",
            "WEEKAHEAD_TRACKER__URL": f"http://{tracker}",
            "WEEKAHEAD_PROVIDER__URL": f"http://{provider}",
            "WEEKAHEAD_SERVING__ADDR": serving,
            "WEEKAHEAD_UNIVERSE__SYMBOLS": "IBM,MSFT",
            "WEEKAHEAD_UNIVERSE__SINCE": "2006-01-03",
        }
        self._log = folder / "platform.log"
        replay = ["replay-provider", "--addr", provider, "--quotes", str(sample_quotes())]
        self._commands = [["up", "--no-serving"], replay]
        self._processes: list[subprocess.Popen] = []

    def __enter__(self) -> "Platform":
        with ExitStack() as undo:
            undo.callback(self._stop)
            with self._log.open("w") as log:
                for words in self._commands:
                    self._processes.append(self._run(words, subprocess.Popen, log))
            self._wait()
            undo.pop_all()
        return self

    def __exit__(self, *_) -> None:
        self._stop()

    def query(self, sql: str) -> list[list[str]]:
        """The rows of a question to the warehouse."""
        request = urllib.request.Request(self.settings["WEEKAHEAD_WAREHOUSE__URL"], data=f"{sql} FORMAT TSV".encode())
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return [line.split("\t") for line in answer.read().decode().splitlines()]
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{sql}: {refused.read().decode()}") from refused

    def _run(self, words, start, log, **more):
        return start(
            [BINARY, *words], cwd=CHECKOUT, env=os.environ | self.settings, stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT, **more,
        )

    def _wait(self) -> None:
        """Until `weekahead doctor` finds nothing amiss."""
        until = time.monotonic() + START_SECONDS
        while self._run(["doctor"], subprocess.run, subprocess.DEVNULL, check=False).returncode != 0:
            ended = any(process.poll() is not None for process in self._processes)
            assert not ended and time.monotonic() < until, f"the platform does not start:\n{self._log.read_text()}"
            time.sleep(0.5)

    def _stop(self) -> None:
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    with ExitStack() as held:
        sockets = [held.enter_context(closing(socket.socket())) for _ in range(count)]
        for free in sockets:
            free.bind(("127.0.0.1", 0))
        return [free.getsockname()[1] for free in sockets]


def sample_quotes() -> Path:
    """The sample of quotes that `make setup` brings."""
    environment = Path(os.environ.get("WEEKAHEAD_TOOLS__VENV", CHECKOUT / ".venv"))
    found = list(environment.glob("lib/python3*/site-packages/bokeh_sampledata/_data/stocks.csv.gz"))
    assert found, f"no sample of quotes in {environment}: `make setup` brings it"
    return found[0]
