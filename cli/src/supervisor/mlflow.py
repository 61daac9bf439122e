"""Runs the MLflow server until its standard input closes: its lifeline to the process that started it."""

import os
import signal
import sys
import threading
import time


def stop_with_parent():
    while os.read(0, 64):
        pass
    # The server runs its workers as children: the whole group stops.
    os.killpg(0, signal.SIGTERM)
    time.sleep(5)
    os.killpg(0, signal.SIGKILL)


threading.Thread(target=stop_with_parent, daemon=True).start()
sys.argv = ["mlflow", *sys.argv[1:]]
from mlflow.cli import cli  # noqa: E402

cli()
