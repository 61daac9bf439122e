"""Pulls Yahoo-shaped quotes into Parquet with dlt, or with requests and pyarrow alone.

ingest.py URL SYMBOLS_FILE OUT --mode dicts|arrow|raw

dicts: a Python dict a bar, the usual dlt code. arrow: a pyarrow table a document, dlt's fast path. raw: no dlt.
Prints one JSON line: rows, seconds (imports and set-up excluded), peak_rss_bytes.
"""

import argparse
import os
import sys
import time

from measured import say

arguments = argparse.ArgumentParser()
arguments.add_argument("url")
arguments.add_argument("symbols")
arguments.add_argument("out")
arguments.add_argument("--mode", choices=["dicts", "arrow", "raw"], default="dicts")
arguments = arguments.parse_args()
out = os.path.abspath(arguments.out)
os.environ.update(
    {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
        "DLT_DATA_DIR": f"{out}/home",
        "DESTINATION__FILESYSTEM__BUCKET_URL": f"file://{out}/out",
        "EXTRACT__WORKERS": "2",
        "NORMALIZE__WORKERS": "2",
    }
)

import pyarrow  # noqa: E402
import pyarrow.parquet  # noqa: E402
import requests  # noqa: E402

NAMES = ("ts", "open", "high", "low", "close", "adj_close", "volume")


def columns(session, symbol):
    query = {"period1": 0, "period2": 4102444800, "interval": "1d", "events": "div,split"}
    answer = session.get(f"{arguments.url}/v8/finance/chart/{symbol}", params=query).json()["chart"]["result"][0]
    quote = answer["indicators"]["quote"][0]
    adjusted = answer["indicators"]["adjclose"][0]["adjclose"]
    return answer["timestamp"], quote["open"], quote["high"], quote["low"], quote["close"], adjusted, quote["volume"]


def dicts(session, symbols):
    for symbol in symbols:
        yield [{"symbol": symbol, **dict(zip(NAMES, bar))} for bar in zip(*columns(session, symbol))]


def tables(session, symbols):
    for symbol in symbols:
        found = columns(session, symbol)
        yield pyarrow.table({"symbol": pyarrow.array([symbol] * len(found[0])), **dict(zip(NAMES, map(pyarrow.array, found)))})


def main():
    symbols = open(arguments.symbols).read().split()
    session = requests.Session()
    os.makedirs(f"{out}/out", exist_ok=True)
    if arguments.mode == "raw":
        started = time.perf_counter()
        table = pyarrow.concat_tables(tables(session, symbols))
        pyarrow.parquet.write_table(table, f"{out}/out/bars.parquet")
        rows = table.num_rows
    else:
        import dlt

        pipeline = dlt.pipeline("bars", destination="filesystem", dataset_name="quotes", pipelines_dir=f"{out}/pipelines")
        rows_of = dicts if arguments.mode == "dicts" else tables
        started = time.perf_counter()
        resource_ = dlt.resource(
            lambda: rows_of(session, symbols), name="bars", write_disposition="append", primary_key=("symbol", "ts")
        )
        pipeline.run(resource_, loader_file_format="parquet")
        rows = None
    seconds = time.perf_counter() - started
    if rows is None:
        files = [os.path.join(d, f) for d, _, fs in os.walk(f"{out}/out/quotes/bars") for f in fs if f.endswith(".parquet")]
        rows = sum(pyarrow.parquet.read_metadata(file).num_rows for file in files)
    say(rows, seconds)


if __name__ == "__main__":
    sys.exit(main())
