"""A Feast repository with the newest row of every symbol in its online store, for `feast serve`.

feast_repository.py FEATURES FOLDER --features KMID,MA20,...

FEATURES has symbol, event_timestamp and the features.
"""

import argparse

from feast_store import materialize_newest, open_store


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("source")
    arguments.add_argument("folder")
    arguments.add_argument("--features", required=True)
    arguments = arguments.parse_args()
    store = open_store(arguments.folder, arguments.source, arguments.features.split(","))
    materialize_newest(store, arguments.source)


if __name__ == "__main__":
    main()
