"""scikit-learn's random forest and LightGBM's gradient boosting on raw features."""

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy
from measured import say


def model_of(name):
    if name == "random_forest":
        from sklearn.ensemble import RandomForestRegressor

        return RandomForestRegressor(n_estimators=100, max_depth=8, max_features=0.3, n_jobs=os.cpu_count(), random_state=0)
    from lightgbm import LGBMRegressor

    return LGBMRegressor(n_estimators=200, num_leaves=63, learning_rate=0.05, n_jobs=os.cpu_count(), random_state=0, verbose=-1)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--model", choices=["random_forest", "gradient_boosting"])
    arguments = arguments.parse_args()
    load = {path.stem: numpy.load(path) for path in arguments.folder.glob("*.npy")}
    x, held_out = load["learned_x"], load["held_out_x"]
    x[~numpy.isfinite(x)], held_out[~numpy.isfinite(held_out)] = numpy.nan, numpy.nan
    if arguments.model == "random_forest":
        x, held_out = numpy.nan_to_num(x), numpy.nan_to_num(held_out)
    model = model_of(arguments.model)
    started = time.perf_counter()
    model.fit(x, load["learned_y"])
    seconds = time.perf_counter() - started
    errors = (load["held_out_y"] - model.predict(held_out)) ** 2
    by_session = errors.reshape(-1, int(load["symbols"][0])).mean(axis=1)
    say(len(x), seconds, squared_errors=by_session.tolist(), nothing=float((load["held_out_y"] ** 2).mean()))


if __name__ == "__main__":
    main()
