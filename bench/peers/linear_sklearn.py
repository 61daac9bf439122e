"""scikit-learn's linear models on a matrix of standardised features."""

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy
from measured import say
from sklearn.linear_model import ElasticNet, Ridge


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--model", choices=["ridge", "elastic_net"])
    arguments.add_argument("--alpha", type=float)
    arguments.add_argument("--l1-ratio", type=float, default=0.5)
    arguments = arguments.parse_args()
    x = numpy.load(arguments.folder / "x.npy")
    y = numpy.load(arguments.folder / "y.npy")
    if arguments.model == "ridge":
        x, model = x.astype(numpy.float64), Ridge(alpha=arguments.alpha)
    else:
        y, model = y.astype(numpy.float32), ElasticNet(alpha=arguments.alpha, l1_ratio=arguments.l1_ratio, precompute=True)
    started = time.perf_counter()
    model.fit(x, y)
    seconds = time.perf_counter() - started
    say(len(x), seconds, forecasts=[float(value) for value in model.predict(x[:2_000])])


if __name__ == "__main__":
    main()
