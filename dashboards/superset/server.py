"""A Superset of one's own for a while: in a fresh home, on a free port."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import requests

from browser import wait

HERE = Path(__file__).parent


class Server:
    """Prepared, started and answering inside its `with`."""

    def __init__(self, home: Path):
        self.home = home

    def __enter__(self):
        ours = {"SUPERSET_HOME": str(self.home), "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py")}
        environment = {**os.environ, **ours}
        with open(self.home / "prepare.log", "w") as log:
            subprocess.run([sys.executable, HERE / "prepare.py"], env=environment, stdout=log, stderr=log, check=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.log = open(self.home / "server.log", "w")
        gunicorn = [Path(sys.executable).with_name("gunicorn"), "--bind", f"127.0.0.1:{port}", "--threads", "8"]
        command = [*gunicorn, "--timeout", "120", "superset.app:create_app()"]
        self.process = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)
        wait(self.answers, 120, f"Superset does not start: {self.home / 'server.log'}")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    @property
    def password(self) -> str:
        return (self.home / "admin_password").read_text().strip()

    def answers(self) -> bool:
        assert self.process.poll() is None, f"Superset ended: {self.home / 'server.log'}"
        try:
            return requests.get(f"{self.url}/health", timeout=5).ok
        except requests.RequestException:
            return False
