"""statsforecast's automatic models on series of closes, with 80 and 95 % intervals."""

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ["NIXTLA_ID_AS_COL"] = "1"
# Its workers are processes: threads of their libraries would only be in each other's way.
for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[library] = "1"

import numpy
import pandas
from measured import say
from statsforecast import StatsForecast
from statsforecast.models import AutoETS, AutoTheta

LEVELS = [80, 95]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--model", choices=["AutoETS", "AutoTheta"])
    arguments.add_argument("--jobs", type=int)
    arguments.add_argument("--learned", type=int)
    arguments.add_argument("--steps", type=int)
    arguments = arguments.parse_args()
    closes = numpy.load(arguments.folder / "closes.npy")[:, : arguments.learned]
    count, learned = closes.shape
    days = pandas.bdate_range("2020-01-01", periods=learned)
    frame = pandas.DataFrame(
        {"unique_id": numpy.repeat([f"S{index:04d}" for index in range(count)], learned),
         "ds": numpy.tile(days, count), "y": closes.ravel()}
    )  # fmt: skip
    model = {"AutoETS": AutoETS, "AutoTheta": AutoTheta}[arguments.model](season_length=1)
    # Two series first: what happens once in a process is not counted.
    warm = StatsForecast(models=[model], freq="B", n_jobs=1)
    warm.forecast(df=frame[frame["unique_id"] < "S0002"], h=arguments.steps, level=LEVELS)
    forecaster = StatsForecast(models=[model], freq="B", n_jobs=arguments.jobs)
    started = time.perf_counter()
    forecasts = forecaster.forecast(df=frame, h=arguments.steps, level=LEVELS)
    seconds = time.perf_counter() - started
    say(count, seconds, forecasts=[float(value) for value in forecasts[arguments.model]])


if __name__ == "__main__":
    main()
