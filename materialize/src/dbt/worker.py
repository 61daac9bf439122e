"""Runs dbt once for each line of standard input, a JSON list of arguments. One process: the project is parsed once.

The first argument is a lock file, held while dbt runs: two runs on one warehouse would meet in its temporary tables. The
process ends when standard input does, in the midst of a run if need be: whoever asked is gone.
"""

import fcntl
import json
import os
import queue
import sys
import threading

runs = queue.Queue()


def listen():
    for line in sys.stdin:
        runs.put(json.loads(line))
    os._exit(1)


def run(arguments, manifest):
    """The outcome, and the parsed project for the next run."""
    from dbt.cli.main import dbtRunner  # seconds: a program without dbt says so in an answer

    if manifest is None:
        command = arguments.index("--log-level") + 2
        options = arguments.index("--project-dir")
        parsed = dbtRunner().invoke([*arguments[:command], "parse", *arguments[options:]])
        if not parsed.success:
            return parsed, None
        manifest = parsed.result
    return dbtRunner(manifest=manifest).invoke(arguments), manifest


threading.Thread(target=listen, daemon=True).start()
manifest = None
while True:
    arguments = runs.get()
    with open(sys.argv[1], "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        outcome, manifest = run(arguments, manifest)
    said = str(outcome.exception) if outcome.exception else ""
    print(json.dumps({"run_ended": {"success": outcome.success, "said": said}}), flush=True)
