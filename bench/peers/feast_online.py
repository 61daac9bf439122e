"""Feast's online store read in its own process: one entity's features out of SQLite.

feast_online.py FEATURES --features KMID,MA20,... [--reads N]

FEATURES has symbol, event_timestamp and the features; the newest row of every symbol is materialized first. Every read is
timed on its own, of another symbol each. Prints one JSON line: rows in the store, seconds of the median read.
"""

import argparse
import statistics
import tempfile
import time

import pyarrow.compute
import pyarrow.parquet
from feast_store import VIEW, materialize_newest, open_store
from measured import say


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("source")
    arguments.add_argument("--features", required=True)
    arguments.add_argument("--reads", type=int, default=2_000)
    arguments = arguments.parse_args()
    names = arguments.features.split(",")
    keys = pyarrow.parquet.read_table(arguments.source, columns=["symbol"])
    symbols = [str(symbol) for symbol in pyarrow.compute.unique(keys["symbol"]).to_pylist()]
    wanted = [f"{VIEW}:{name}" for name in names]
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder, arguments.source, names)
        materialize_newest(store, arguments.source)

        def read(at):
            entity = [{"symbol": symbols[at % len(symbols)]}]
            started = time.perf_counter()
            answer = store.get_online_features(features=wanted, entity_rows=entity).to_dict()
            seconds = time.perf_counter() - started
            assert all(answer[name][0] is not None for name in names), answer
            return seconds

        for at in range(100):
            read(at)
        seconds = statistics.median(read(at) for at in range(arguments.reads))
    say(len(symbols), seconds)


if __name__ == "__main__":
    main()
