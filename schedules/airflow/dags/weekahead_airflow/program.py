"""Which program the tasks run, and in which directory: set by an Airflow Variable or the worker's environment."""

import os
import shlex

from airflow.sdk import Variable


def setting(name: str, otherwise: str) -> str:
    """The Variable `weekahead_<name>`, else `WEEKAHEAD_<NAME>`. Asked by tasks that run, never while DAGs are parsed."""
    told = Variable.get(f"weekahead_{name}", default=None)
    return told or os.environ.get(f"WEEKAHEAD_{name.upper()}") or otherwise


def program() -> str:
    """The weekahead binary, quoted for a shell."""
    return shlex.quote(setting("bin", "weekahead"))


def directory() -> str:
    """Where `weekahead.toml` is: relative paths of the settings start here."""
    return setting("dir", os.getcwd())
