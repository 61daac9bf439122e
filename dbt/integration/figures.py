"""Compares every figure of the dashboards' marts with pandas, on whatever the warehouse holds.

    figures.py

The warehouse is named as for dbt. It must be filled, and built since the last load and forecast. Exit code 0 when all agree.
"""

import sys

import numpy as np
import pandas as pd

from figures_accuracy import accuracy
from figures_forecasts import forecasts
from figures_health import health
from figures_market import market
from warehouse import Warehouse


def table(warehouse, sql):
    """A query's rows; dates and instants in UTC without saying so, NULL as NaN or NaT."""
    answer = warehouse.client.query(sql, column_oriented=True)
    columns = answer.result_columns or [[] for _ in answer.column_names]
    frame = pd.DataFrame({name: list(values) for name, values in zip(answer.column_names, columns)})
    for name, kind in zip(answer.column_names, answer.column_types):
        if kind.name.removeprefix("Nullable(").startswith("Date"):
            frame[name] = pd.to_datetime(frame[name], utc=True).dt.tz_localize(None).astype("datetime64[us]")
    return frame


def compare(warehouse, mart, key, want):
    """The mart's rows are those of `want`, in the columns that it has."""
    rows = warehouse.value(f"select count() from marts.{mart}")
    assert len(want) == rows, f"{mart}: {len(want)} rows expected, {rows} found"
    if not rows:
        return 0
    got = table(warehouse, f"select {', '.join(want.columns)} from marts.{mart}")
    want, got = (frame.set_index(key).sort_index() for frame in (want, got))
    assert got.index.is_unique and want.index.is_unique, f"{mart}: {key} is no key"
    strays = want.index.symmetric_difference(got.index)
    assert strays.empty, f"{mart}: {len(strays)} rows on one side, such as {strays[:3].tolist()}"
    for column in want:
        one, other = want[column], got[column].reindex(want.index)
        if one.dtype.kind in "fiub" or other.dtype.kind in "fiub":
            one, other = one.astype(float), other.astype(float)
            # What summing in another order may cost, more where nearly all cancels.
            same = np.isclose(one, other, rtol=1e-9, atol=1e-9, equal_nan=True)
        else:
            same = (one == other) | (one.isna() & other.isna())
        wrong = want.index[~np.asarray(same)]
        if not wrong.empty:
            first = (frame.loc[wrong[0], column] for frame in (want, got))
            raise AssertionError("{}.{}: {} differ: at {} {} expected, {} found".format(mart, column, len(wrong), wrong[0], *first))
    return want.size


def check(warehouse):
    """Every mart; how many values were compared."""
    known = market(lambda sql: table(warehouse, sql))
    known |= forecasts(lambda sql: table(warehouse, sql), known)
    known |= accuracy(lambda sql: table(warehouse, sql), known)
    known |= health(lambda sql: table(warehouse, sql), known)
    return {mart: compare(warehouse, mart, *expected) for mart, expected in known.items() if not mart.startswith("_")}


if __name__ == "__main__":
    for mart, values in check(Warehouse()).items():
        print(f"ok {mart} ({values} values)")
    sys.exit(0)
