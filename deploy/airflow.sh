#!/usr/bin/env bash
# Apache Airflow in the checkout: an environment of its own in .deps/airflow, with the DAGs of schedules/airflow.
#   deploy/airflow.sh                   sets it up; quick the second time
#   deploy/airflow.sh airflow ...       sets it up and runs an `airflow` command, as in `airflow standalone`
#   deploy/airflow.sh test [...]        sets it up and runs the DAGs' tests (with options of pytest)
# AIRFLOW_HOME (.deps/airflow/home), WEEKAHEAD_BIN (target/release/weekahead), WEEKAHEAD_DIR (the checkout) can be set.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=.deps/airflow
requirements=deploy/requirements-airflow.txt

say() { printf 'airflow      %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 2; }

python_environment() {
    local wanted have=""
    wanted="$(cksum <"$requirements")"
    [ -f "$environment/requirements.stamp" ] && have="$(cat "$environment/requirements.stamp")"
    [ "$wanted" = "$have" ] && return
    command -v python3 >/dev/null || die "python3 is missing: install Python 3.10 or later and try again"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        die "$(python3 --version) is too old: Python 3.10 or later is needed"
    python3 -c 'import venv, ensurepip' 2>/dev/null ||
        die "this Python has no venv module: install it (Debian: apt-get install python3-venv) and try again"
    say "Python environment (Airflow, 300 MB) into $environment: a minute or two the first time"
    [ -x "$environment/bin/python" ] || python3 -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements"
    printf '%s\n' "$wanted" >"$environment/requirements.stamp"
}

# What every `airflow` command here runs with.
settings() {
    export AIRFLOW_HOME="${AIRFLOW_HOME:-$PWD/$environment/home}"
    export AIRFLOW__CORE__DAGS_FOLDER="${AIRFLOW__CORE__DAGS_FOLDER:-$PWD/schedules/airflow/dags}"
    export AIRFLOW__CORE__LOAD_EXAMPLES="${AIRFLOW__CORE__LOAD_EXAMPLES:-False}"
    # For this machine alone, beside the port that weekahead serves on.
    export AIRFLOW__API__HOST="${AIRFLOW__API__HOST:-127.0.0.1}"
    export AIRFLOW__API__PORT="${AIRFLOW__API__PORT:-8081}"
    export AIRFLOW__API__BASE_URL="${AIRFLOW__API__BASE_URL:-http://localhost:$AIRFLOW__API__PORT}"
    export WEEKAHEAD_DIR="${WEEKAHEAD_DIR:-$PWD}"
    # `airflow standalone` starts programs that it looks for on the path.
    export PATH="$PWD/$environment/bin:$PATH"
}

database() {
    local stamp="$AIRFLOW_HOME/migrated.stamp"
    [ -f "$stamp" ] && cmp -s "$stamp" "$environment/requirements.stamp" && return
    say "database of Airflow into $AIRFLOW_HOME"
    mkdir -p "$AIRFLOW_HOME"
    airflow db migrate >"$AIRFLOW_HOME/migrate.log" 2>&1 ||
        die "the database cannot be migrated: see $AIRFLOW_HOME/migrate.log"
    cp "$environment/requirements.stamp" "$stamp"
}

absolute() {
    case "$1" in
        /*) printf '%s\n' "$1" ;;
        *) printf '%s\n' "$PWD/$1" ;;
    esac
}

mode="${1:-setup}"
[ $# -eq 0 ] || shift
python_environment
WEEKAHEAD_BIN="$(absolute "${WEEKAHEAD_BIN:-${CARGO_TARGET_DIR:-target}/release/weekahead}")"
export WEEKAHEAD_BIN
case "$mode" in
    setup)
        settings
        database
        say "ready: deploy/airflow.sh airflow standalone, deploy/airflow.sh airflow dags test ingest_daily 2013-01-25"
        ;;
    airflow)
        settings
        database
        exec airflow "$@"
        ;;
    test)
        [ -x "$WEEKAHEAD_BIN" ] || die "$WEEKAHEAD_BIN is missing: \`make build\` makes it"
        python="$PWD/$environment/bin/python"
        cd schedules/airflow
        PYTHONDONTWRITEBYTECODE=1 exec "$python" -m pytest "$@"
        ;;
    *) die "no such thing as '$mode': leave it out, or say 'airflow' or 'test'" ;;
esac
