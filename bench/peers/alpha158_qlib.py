"""Qlib's Alpha158 by Qlib itself: D.features of its own 158 expressions, a worker a core, no cache on disk.

alpha158_qlib.py PANEL [--sample OUT --every N]

The panel is first put into Qlib's own files, which are then in the page cache. Neither that, imports nor qlib.init is counted.
Prints one JSON line.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy
import pandas
import qlib
from measured import add_sample_arguments, say
from qlib.contrib.data.loader import Alpha158DL
from qlib.data import D

FIELDS = ("open", "high", "low", "close", "volume", "vwap")


def write_provider(panel: pandas.DataFrame, folder: Path):
    """The layout of Qlib's dump_bin.py: 32-bit floats, headed by the place of the first in the calendar."""
    days = pandas.DatetimeIndex(panel["date"].unique()).sort_values()
    (folder / "calendars").mkdir()
    (folder / "instruments").mkdir()
    (folder / "calendars" / "day.txt").write_text("\n".join(days.strftime("%Y-%m-%d")) + "\n")
    instruments = []
    for symbol, bars in panel.groupby("symbol", sort=True):
        first, last = bars["date"].iloc[0], bars["date"].iloc[-1]
        instruments.append(f"{symbol}\t{first:%Y-%m-%d}\t{last:%Y-%m-%d}\n")
        files = folder / "features" / symbol.lower()
        files.mkdir(parents=True)
        for field in FIELDS:
            numpy.append(days.get_loc(first), bars[field]).astype("<f4").tofile(files / f"{field}.day.bin")
    (folder / "instruments" / "all.txt").write_text("".join(instruments))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("panel")
    add_sample_arguments(arguments)
    arguments = arguments.parse_args()
    panel = pandas.read_parquet(arguments.panel)
    panel["date"] = pandas.to_datetime(panel["date"])
    panel["vwap"] = (panel["high"] + panel["low"] + panel["close"]) / 3
    expressions, names = Alpha158DL.get_feature_config()
    assert len(expressions) == 158
    with tempfile.TemporaryDirectory() as folder:
        write_provider(panel, Path(folder))
        del panel
        workers = len(os.sched_getaffinity(0))
        caches = {"expression_cache": None, "dataset_cache": None}
        qlib.init(provider_uri=folder, region="us", kernels=workers, logging_level=40, **caches)
        started = time.perf_counter()
        features = D.features(D.instruments("all"), expressions, freq="day")
        seconds = time.perf_counter() - started
    features.columns = names
    if arguments.sample:
        rows = features.iloc[:: arguments.every].reset_index()
        rows.rename(columns={"instrument": "symbol", "datetime": "date"}).to_parquet(arguments.sample)
    say(len(features), seconds)


if __name__ == "__main__":
    main()
