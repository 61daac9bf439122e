#!/usr/bin/env bash
# The dashboards in a Superset of the checkout: sets it up in .deps/superset, keeps what it keeps in the platform's home,
# imports dashboards/superset/bundle, starts it on loopback. Every step is skipped when it is done already.
#   deploy/dashboards.sh [up]           sets it up, imports what is new, starts it
#   deploy/dashboards.sh import         the same, and imports over what was changed there
#   deploy/dashboards.sh stop
#   deploy/dashboards.sh setup          the Python environment alone
#   deploy/dashboards.sh test [...]     a Superset of its own over the warehouse that WEEKAHEAD_WAREHOUSE__URL names, or over a
#                                       simulated year of its own (with options of dashboards/superset/test_dashboards.py)
set -euo pipefail
cd "$(dirname "$0")/.."

addr="${WEEKAHEAD_DASHBOARDS_ADDR:-127.0.0.1:8088}"
warehouse="${WEEKAHEAD_WAREHOUSE__URL:-http://127.0.0.1:8123}"
program="${WEEKAHEAD_BIN:-${CARGO_TARGET_DIR:-target}/release/weekahead}"
mkdir -p "${WEEKAHEAD_HOME:-.weekahead}"
SUPERSET_HOME="$(cd "${WEEKAHEAD_HOME:-.weekahead}" && pwd)/superset"
SUPERSET_CONFIG_PATH="$PWD/dashboards/superset/superset_config.py"
export SUPERSET_HOME SUPERSET_CONFIG_PATH PYTHONDONTWRITEBYTECODE=1
environment=.deps/superset
pid_file="$SUPERSET_HOME/superset.pid"

say() { printf 'dashboards   %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 2; }

# The first Python that Superset's own pins have wheels for.
python_program() {
    local python
    for python in python3 python3.12 python3.11 python3.10; do
        "$python" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null || continue
        echo "$python"
        return
    done
    die "Superset needs Python 3.10 to 3.12 with its venv module (Debian: apt-get install python3-venv): install it and try again"
}

python_environment() {
    local wanted have="" python
    wanted="$(cksum <deploy/requirements-superset.txt)"
    [ -f "$environment/requirements.stamp" ] && have="$(cat "$environment/requirements.stamp")"
    [ "$wanted" = "$have" ] && return
    python="$(python_program)"
    say "Superset into $environment: 830 MB, a few minutes the first time"
    [ -x "$environment/bin/python" ] || "$python" -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check -r deploy/requirements-superset.txt
    printf '%s\n' "$wanted" >"$environment/requirements.stamp"
}

answers() { python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5)' "$1" 2>/dev/null; }

need_warehouse() {
    answers "${warehouse%/}/ping" ||
        die "no warehouse answers at $warehouse: start it with \`weekahead up\`, or name yours in WEEKAHEAD_WAREHOUSE__URL"
}

need_program() {
    [ -x "$program" ] || die "$program is not there: run \`make build\`"
    # It carries the bundle that it imports.
    [ -z "$(find dashboards/superset/bundle -name '*.yaml' -newer "$program")" ] ||
        die "dashboards/superset/bundle has changed since $program was built: run \`make build\`"
}

free_ports() {
    python3 -c '
import socket
sockets = [socket.socket() for _ in range(5)]
for one in sockets: one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in sockets])'
}

# A platform that has lived through a year, in a temporary home on free ports; it ends with this script, however that ends.
begin_year() {
    local lake tracker provider serving ridge
    year_home="$(mktemp -d "${TMPDIR:-/tmp}/weekahead-year.XXXXXX")"
    trap end_year EXIT
    trap 'exit 130' INT TERM
    read -r lake warehouse tracker provider serving <<<"$(free_ports)"
    warehouse="http://127.0.0.1:$warehouse"
    export WEEKAHEAD_WAREHOUSE__URL="$warehouse" WEEKAHEAD_LAKE__ENDPOINT="http://127.0.0.1:$lake"
    export WEEKAHEAD_TRACKER__URL="http://127.0.0.1:$tracker" WEEKAHEAD_PROVIDER__URL="http://127.0.0.1:$provider"
    export WEEKAHEAD_SERVING__ADDR="127.0.0.1:$serving"
    say "a simulated year for the dashboards to show: some minutes"
    "$program" simulate --from 2012-03-01 --to 2013-02-22 --faults dashboards/superset/year.toml --stay \
        --experiment dashboards/superset/models.toml --home "$year_home/platform" >"$year_home/year.log" 2>&1 </dev/null &
    year_pid=$!
    # Nobody beats the random walk that year: in June somebody gives the ridge a trial, for its forecasts to be seen.
    year_reaches '^2012-06-01 '
    ridge="$("$program" models list --home "$year_home/platform" | awk '$2 ~ /^ridge/ && !found { found = $1 } END { print found }')"
    "$program" models promote "$ridge" --home "$year_home/platform" --as-of 2012-06-01T23:30:00Z >/dev/null \
        --reason "on trial: it ranks symbols better than chance, though its error is no smaller yet"
    year_reaches '^Ctrl-C stops'
    say "$(grep -o '^[0-9]* weeks in [0-9]* s' "$year_home/year.log")"
}

# Waits for a line of the year's log.
year_reaches() {
    until grep -q "$1" "$year_home/year.log"; do
        kill -0 "$year_pid" 2>/dev/null || { tail -n 20 "$year_home/year.log" >&2; die "the year could not be simulated"; }
        sleep 1
    done
}

end_year() {
    if [ -n "${year_pid:-}" ]; then
        kill "$year_pid" 2>/dev/null || true
        wait "$year_pid" 2>/dev/null || true
    fi
    rm -rf "$year_home"
}

# The secret key, the metadata database and the user `admin`.
home() {
    local wanted have=""
    wanted="$(cat deploy/requirements-superset.txt dashboards/superset/prepare.py | cksum)"
    [ -f "$SUPERSET_HOME/prepared.stamp" ] && have="$(cat "$SUPERSET_HOME/prepared.stamp")"
    [ "$wanted" = "$have" ] && return
    say "Superset's home in $SUPERSET_HOME: a minute the first time"
    mkdir -p "$SUPERSET_HOME"
    "$environment/bin/python" dashboards/superset/prepare.py >"$SUPERSET_HOME/prepare.log" 2>&1 ||
        die "Superset's home could not be made: see $SUPERSET_HOME/prepare.log"
    printf '%s\n' "$wanted" >"$SUPERSET_HOME/prepared.stamp"
}

running() { [ -f "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null; }

healthy() { answers "http://$addr/health"; }

need_port() {
    python3 -c 'import socket, sys; socket.create_connection(sys.argv[1].rsplit(":", 1), 5)' "$addr" 2>/dev/null || return 0
    die "something else listens at $addr: stop it, or choose another address in WEEKAHEAD_DASHBOARDS_ADDR"
}

start() {
    running && healthy && return
    running && stop
    need_port
    rm -f "$pid_file"
    nohup "$environment/bin/gunicorn" --bind "$addr" --threads 8 --timeout 120 --pid "$pid_file" 'superset.app:create_app()' \
        >"$SUPERSET_HOME/superset.log" 2>&1 </dev/null &
    for _ in $(seq 120); do
        healthy && return
        kill -0 $! 2>/dev/null || break
        sleep 1
    done
    die "Superset does not start: see $SUPERSET_HOME/superset.log"
}

stop() {
    running || return 0
    local pid
    pid="$(cat "$pid_file")"
    kill "$pid"
    for _ in $(seq 60); do
        kill -0 "$pid" 2>/dev/null || { rm -f "$pid_file"; return 0; }
        sleep 0.5
    done
    die "Superset (process $pid) does not end"
}

# The bundle takes the place of what was imported before; changes made in Superset are kept until it changes.
import() {
    local wanted have=""
    wanted="$(find dashboards/superset/bundle -name '*.yaml' -print0 | sort -z | xargs -0 cat | cksum) $warehouse"
    [ -f "$SUPERSET_HOME/imported.stamp" ] && have="$(cat "$SUPERSET_HOME/imported.stamp")"
    [ "${1:-}" != always ] && [ "$wanted" = "$have" ] && return
    SUPERSET_PASSWORD="$(cat "$SUPERSET_HOME/admin_password")" "$program" dashboards import --url "http://$addr" ||
        die "the dashboards could not be imported: see $SUPERSET_HOME/superset.log"
    printf '%s\n' "$wanted" >"$SUPERSET_HOME/imported.stamp"
}

case "${1:-up}" in
    setup) python_environment ;;
    stop) stop ;;
    test)
        shift
        python_environment
        if [[ " $* " != *" --static "* ]]; then
            need_program
            if [ -n "${WEEKAHEAD_WAREHOUSE__URL:-}" ]; then need_warehouse; else begin_year; fi
        fi
        WEEKAHEAD_BIN="$program" "$environment/bin/python" dashboards/superset/test_dashboards.py "$@"
        ;;
    up | import)
        need_program
        need_warehouse
        running || need_port
        python_environment
        home
        start
        if [ "${1:-up}" = import ]; then import always; else import; fi
        say "http://$addr/dashboard/list/   user admin, password $(cat "$SUPERSET_HOME/admin_password")"
        say "stop it with deploy/dashboards.sh stop"
        ;;
    *) die "no such thing as '$1': up, import, stop, setup or test" ;;
esac
