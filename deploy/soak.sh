#!/usr/bin/env bash
# Five simulated years with 200 seeded faults, and the same years without: the tables must end alike.
#   deploy/soak.sh [seed]
set -euo pipefail
cd "$(dirname "$0")/.."

program="${CARGO_TARGET_DIR:-target}/release/weekahead"
work="$(mktemp -d "${TMPDIR:-/tmp}/weekahead-soak.XXXXXX")"
trap 'rm -rf "$work"' EXIT
life=("$program" simulate --from 2005-01-03 --to 2009-12-31 --symbols AAPL,GOOG,IBM,MSFT
    --faults simulation/plans/soak.toml --seed "${1:-42}")

"${life[@]}" --home "$work/undisturbed" --undisturbed --write "$work/hashes.json"
"${life[@]}" --home "$work/disturbed" --expect "$work/hashes.json"
echo "soak         the tables of both lives are the same"
