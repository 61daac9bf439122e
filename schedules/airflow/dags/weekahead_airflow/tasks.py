"""The tasks: each is one command of weekahead, tried again with growing patience, and given up after a while."""

import os
from datetime import timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import Param

from weekahead_airflow.program import directory, program
from weekahead_airflow.stand import stand

RETRIES = int(os.environ.get("WEEKAHEAD_AIRFLOW_RETRIES", "3"))
RETRY_DELAY = timedelta(seconds=int(os.environ.get("WEEKAHEAD_AIRFLOW_RETRY_SECONDS", "300")))

# Of `weekahead schedule due`: the calendar does not mean this day.
NOT_DUE = 99
# Of `weekahead ingest` and `weekahead forecast`: some symbols failed, the others are done.
PARTIAL = 3


def as_of_option(dag_run, params) -> str:
    """`--as-of <instant>` for a run of the past, nothing for a live one."""
    as_of = stand(dag_run, params).as_of
    return f"--as-of {as_of}" if as_of else ""


def instant(dag_run, params) -> str:
    """The instant that the run is about."""
    return stand(dag_run, params).instant


# Of a DAG that updates start. At its limit of runs Airflow keeps but the first update and lets later ones wait for the
# one after them, so that a Friday's could wait for Monday's: there is room for a run of each.
ROOM_FOR_UPDATES = 16

# What every DAG is made with.
COMMON = {
    "catchup": False,
    "tags": ["weekahead"],
    "params": {
        "as_of": Param(
            None,
            type=["null", "string"],
            description="Stand at this date or instant (2013-01-25, 2013-01-25T23:30:00Z), not where the run is by itself",
        ),
        "force": Param(False, type="boolean", description="Run on a day that the calendar does not mean, too"),
    },
    "user_defined_macros": {
        "program": program,
        "directory": directory,
        "as_of_option": as_of_option,
        "instant": instant,
    },
}


def due(job: str, only_by_updates: bool = False) -> BashOperator:
    """Skips the run unless the calendar means its day; `only_by_updates` skips those that the cron starts as well."""
    check = f"{{{{ program() }}}} schedule due {job} --as-of {{{{ instant(dag_run, params) }}}}"
    command = f"{{% if params.force %}}echo 'forced: the calendar is not asked'{{% else %}}{check}{{% endif %}}"
    if only_by_updates:
        skip = f"echo 'updated assets start it, not the cron'; exit {NOT_DUE}"
        command = f"{{% if dag_run.run_type == 'scheduled' %}}{skip}{{% else %}}{command}{{% endif %}}"
    return _task("due", command, timedelta(minutes=5), skip_on_exit_code=NOT_DUE)


def run(task_id: str, words: str, timeout: timedelta, outlets=(), may_be_partial: bool = False) -> BashOperator:
    """`weekahead <words>`, at `--as-of` where the run is about the past. A partial outcome is tried again, and taken in
    the end: one symbol that its provider has lost must not keep the others from being forecast."""
    command = f"{{{{ program() }}}} {words} {{{{ as_of_option(dag_run, params) }}}}"
    if may_be_partial:
        last_try = "[ {{ ti.try_number }} -gt {{ ti.max_tries }} ]"
        taken = "echo 'some symbols failed, as told above: going on with the others'"
        command = f"{command} || {{ code=$?; [ $code -eq {PARTIAL} ] && {last_try} && {taken} || exit $code; }}"
    return _task(task_id, command, timeout, skip_on_exit_code=None, outlets=list(outlets))


def _task(task_id: str, command: str, timeout: timedelta, **more) -> BashOperator:
    return BashOperator(
        task_id=task_id,
        bash_command=command,
        cwd="{{ directory() }}",
        execution_timeout=timeout,
        retries=RETRIES,
        retry_delay=RETRY_DELAY,
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(hours=1),
        # No command runs twice at once, whatever started its runs: backfills do not heed max_active_runs of a DAG.
        max_active_tis_per_dag=1,
        do_xcom_push=False,
        post_execute=announce,
        **more,
    )


def announce(context, result=None) -> None:
    """Tells those that the task's assets start where this run stood."""
    stands = stand(context["dag_run"], context["params"])._asdict()
    for asset in context["task"].outlets:
        context["outlet_events"][asset].extra = stands
