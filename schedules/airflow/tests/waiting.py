"""Waiting for what happens in other processes."""

import time
from collections.abc import Callable


def wait_until(happened: Callable[[], bool], seconds: float, story: Callable[[], str]) -> None:
    """Looks twice a second; when it takes too long, the test fails and tells the story."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, f"not within {seconds} seconds:\n{story()}"
        time.sleep(0.5)
