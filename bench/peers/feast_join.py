"""Feast's point-in-time join, with its DuckDB offline store.

feast_join.py FEATURES ENTITIES OUT --features KMID,MA20,...

FEATURES has symbol, event_timestamp and the features, ENTITIES has symbol and as_of. Only get_historical_features is
counted: not imports, not the repository's set-up, not a first join that warms up, not reading ENTITIES, not writing OUT.
Prints one JSON line.
"""

import argparse
import tempfile
import time

import pandas
import pyarrow.parquet
from feast_store import VIEW, open_store
from measured import say


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("source")
    arguments.add_argument("entities")
    arguments.add_argument("out")
    arguments.add_argument("--features", required=True)
    arguments = arguments.parse_args()
    names = arguments.features.split(",")
    entities = pandas.read_parquet(arguments.entities).rename(columns={"as_of": "event_timestamp"})
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder, arguments.source, names)

        def join(rows):
            job = store.get_historical_features(entity_df=rows, features=[f"{VIEW}:{name}" for name in names])
            return job.to_arrow()

        # The first join of a process loads what Feast and DuckDB load when they are first needed.
        join(entities.head(10).copy())
        started = time.perf_counter()
        joined = join(entities)
        seconds = time.perf_counter() - started
    pyarrow.parquet.write_table(joined, arguments.out)
    say(joined.num_rows, seconds)


if __name__ == "__main__":
    main()
