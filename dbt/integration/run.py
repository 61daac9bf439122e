"""Runs the dbt project against a real lake and a real warehouse and checks every mart against plain Python.

    run.py [--bootstrap] [--target-path DIR]

The warehouse is named as for dbt (WEEKAHEAD_WAREHOUSE_HOST, _PORT, _USER, _PASSWORD, _SECURE), the lake by
WEEKAHEAD_LAKE_ENDPOINT, _BUCKET (lake), _ACCESS_KEY_ID, _SECRET_ACCESS_KEY, _REGION (us-east-1). Both must be empty:
the warehouse migrated, or with --bootstrap prepared here. Exit code 0 when every step held.
"""

import argparse
import os
import sys
import tempfile

from lake import Lake
from story import Story
from warehouse import Dbt, Warehouse


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", action="store_true", help="make what the warehouse's migrations would make")
    parser.add_argument("--target-path", help="where dbt puts its files; a temporary directory by default")
    arguments = parser.parse_args()
    lake = Lake(
        os.environ["WEEKAHEAD_LAKE_ENDPOINT"],
        os.environ.get("WEEKAHEAD_LAKE_BUCKET", "lake"),
        os.environ["WEEKAHEAD_LAKE_ACCESS_KEY_ID"],
        os.environ["WEEKAHEAD_LAKE_SECRET_ACCESS_KEY"],
        os.environ.get("WEEKAHEAD_LAKE_REGION", "us-east-1"),
    )
    lake.create()
    if not lake.is_empty():
        sys.exit(f"the lake {lake.url} holds loads; this script wants an empty one and writes into it")
    warehouse = Warehouse()
    if arguments.bootstrap:
        warehouse.bootstrap(lake)
    with tempfile.TemporaryDirectory(prefix="weekahead-dbt-") as temporary:
        Story(lake, warehouse, Dbt(arguments.target_path or temporary)).run()


if __name__ == "__main__":
    main()
