#!/usr/bin/env bash
# Brings the tools that are not Rust into the checkout: .venv (dbt, MLflow, sample quotes), .deps/chdb (the
# ClickHouse engine as a library) and .deps/onnxruntime. Every step is skipped when it is done already.
set -euo pipefail
cd "$(dirname "$0")/.."

chdb_version=26.7.3-stable.1
chromium_version=147.0.0
axe_version=4.14.1
cache="${XDG_CACHE_HOME:-$HOME/.cache}/weekahead"

say() { printf 'setup        %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 2; }

need_tools() {
    command -v cargo >/dev/null || die "cargo is missing: install Rust (rustup) and try again"
    command -v python3 >/dev/null || die "python3 is missing: install Python 3.10 or later and try again"
    command -v npm >/dev/null || die "npm is missing: install Node.js with npm and try again"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        die "$(python3 --version) is too old: Python 3.10 or later is needed"
    python3 -c 'import venv, ensurepip' 2>/dev/null ||
        die "this Python has no venv module: install it (Debian: apt-get install python3-venv) and try again"
}

python_environment() {
    local wanted have=""
    wanted="$(cksum <deploy/requirements.txt)"
    [ -f .venv/requirements.stamp ] && have="$(cat .venv/requirements.stamp)"
    [ "$wanted" = "$have" ] && return
    say "Python environment (dbt, MLflow, sample quotes) into .venv: a few minutes the first time"
    [ -x .venv/bin/python ] || python3 -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r deploy/requirements.txt
    printf '%s\n' "$wanted" >.venv/requirements.stamp
}

chdb_package() {
    case "$(uname -s)-$(uname -m)" in
        Linux-x86_64) echo lib-linux-x64-gnu ;;
        Linux-aarch64 | Linux-arm64) echo lib-linux-arm64-gnu ;;
        Darwin-arm64) echo lib-darwin-arm64 ;;
        Darwin-x86_64) echo lib-darwin-x64 ;;
        *) die "no ClickHouse library exists for $(uname -s) $(uname -m): point warehouse.url at a server instead" ;;
    esac
}

clickhouse_library() {
    local package folder work
    package="$(chdb_package)"
    folder="$cache/chdb-$chdb_version-$package"
    [ -f .deps/chdb/libchdb.so ] && [ "$(readlink .deps/chdb/libchdb.so)" = "$folder/libchdb.so" ] && return
    if [ ! -f "$folder/libchdb.so" ]; then
        say "ClickHouse as a library (180 MB, unpacks to 570 MB) into $folder"
        mkdir -p "$folder"
        work="$(mktemp -d "$folder/unpack.XXXXXX")"
        (cd "$work" && npm pack --silent "@chdb/$package@$chdb_version" >/dev/null && tar xzf ./*.tgz)
        mv "$(find "$work" -name 'libchdb.so' | head -n 1)" "$folder/libchdb.so"
        rm -rf "$work"
    fi
    mkdir -p .deps/chdb
    ln -sf "$folder/libchdb.so" .deps/chdb/libchdb.so
}

onnx_runtime() {
    [ -f .deps/onnxruntime/libonnxruntime.so ] && return
    local library
    library="$(.venv/bin/python -c '
import glob, importlib.util, os
package = os.path.dirname(importlib.util.find_spec("onnxruntime").origin)
found = glob.glob(os.path.join(package, "capi", "libonnxruntime*.so*"))
found += glob.glob(os.path.join(package, "capi", "libonnxruntime*.dylib"))
print(next(f for f in sorted(found) if "providers" not in os.path.basename(f)))')"
    say "ONNX Runtime from $library"
    mkdir -p .deps/onnxruntime
    ln -sf "$library" .deps/onnxruntime/libonnxruntime.so
}

# A headless Chromium whose package holds all of it: browser, fonts and the libraries that a bare machine lacks.
browser() {
    local folder="$cache/chromium-$chromium_version" work
    case "$(uname -s)-$(uname -m)" in
        Linux-x86_64) ;;
        *) say "no packaged Chromium for $(uname -s) $(uname -m): the page's test takes WEEKAHEAD_CHROMIUM or one on the PATH"
           return ;;
    esac
    [ -x .deps/chromium/chromium ] && [ "$(readlink .deps/chromium)" = "$folder" ] && return
    if [ ! -x "$folder/chromium" ]; then
        say "headless Chromium for the page's test (68 MB, unpacks to 200 MB) into $folder"
        mkdir -p "$cache"
        work="$(mktemp -d "$cache/unpack.XXXXXX")"
        (cd "$work" && npm pack --silent "@sparticuz/chromium@$chromium_version" >/dev/null && tar xzf ./*.tgz)
        node deploy/unpack-chromium.mjs "$work/package/bin" "$work/chromium"
        rm -rf "$folder"
        mv "$work/chromium" "$folder"
        rm -rf "$work"
    fi
    mkdir -p .deps
    ln -sfn "$folder" .deps/chromium
}

accessibility_checker() {
    local folder=".deps/axe" work
    [ -f "$folder/axe.min.js" ] && [ "$(cat "$folder/version" 2>/dev/null)" = "$axe_version" ] && return
    say "axe-core, for the page's test, into $folder"
    mkdir -p "$folder"
    work="$(mktemp -d)"
    (cd "$work" && npm pack --silent "axe-core@$axe_version" >/dev/null && tar xzf ./*.tgz)
    mv "$work/package/axe.min.js" "$folder/axe.min.js"
    rm -rf "$work"
    printf '%s\n' "$axe_version" >"$folder/version"
}

# The peers that `make bench` measures, each in an environment with those that it gets along with.
bench_environment() {
    local name="$1" requirements="bench/peers/requirements-$1.txt" folder=".deps/bench/$1" wanted have=""
    wanted="$(cksum <"$requirements")"
    [ -f "$folder/requirements.stamp" ] && have="$(cat "$folder/requirements.stamp")"
    [ "$wanted" = "$have" ] && return
    say "Python environment of the benchmarks' peers ($name) into $folder"
    [ -x "$folder/bin/python" ] || python3 -m venv "$folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements"
    printf '%s\n' "$wanted" >"$folder/requirements.stamp"
}

# The load generator of `make bench`: the one that is installed, or Debian's, unpacked without being installed.
load_generator() {
    [ -x .deps/wrk/wrk ] && return
    mkdir -p .deps/wrk
    if command -v wrk >/dev/null; then
        ln -sf "$(command -v wrk)" .deps/wrk/wrk
        return
    fi
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || die "wrk is missing: install it and try again"
    say "wrk, the load generator, into .deps/wrk"
    local library
    (cd .deps/wrk && apt-get download -qq wrk libluajit-5.1-2 && for package in ./*.deb; do dpkg-deb -x "$package" .; done) ||
        die "wrk cannot be downloaded: run apt-get update, or install wrk, and try again"
    rm .deps/wrk/*.deb
    library="$(cd .deps/wrk && dirname "$(find usr/lib -name 'libluajit-5.1.so.2' | head -n 1)")"
    printf '#!/bin/sh\nhere="$(dirname "$0")"\nLD_LIBRARY_PATH="$here/%s" exec "$here/usr/bin/wrk" "$@"\n' "$library" >.deps/wrk/wrk
    chmod +x .deps/wrk/wrk
}

need_tools
python_environment
clickhouse_library
onnx_runtime
browser
accessibility_checker
if [ "${1:-}" = bench ]; then
    for peers in tables qlib feast models series serving; do bench_environment "$peers"; done
    load_generator
fi
