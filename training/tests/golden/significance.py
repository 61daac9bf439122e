"""Writes what statsmodels and scipy say of some loss differentials: `python significance.py` with requirements.txt installed."""

import csv
import math
from pathlib import Path

import numpy
import statsmodels.api as sm
from scipy import stats

FOLDER = Path(__file__).parent
LAGS = (0, 1, 2, 4, 7)
TRIALS = (1, 2, 10, 100)
VARIANCE_OF_TRIALS = 0.01


def series():
    """Differentials of some 1e-3, as those of weekly log returns are."""
    random = numpy.random.default_rng(45)
    noise = 1e-3 * random.normal(size=400)
    persistent = [0.0]
    for value in noise:
        persistent.append(0.6 * persistent[-1] + value)
    return {
        "independent": noise - 1e-4,
        "overlapping": noise[1:] + 0.8 * noise[:-1] - 1e-4,
        "persistent": numpy.array(persistent[1:]) - 2e-4,
        "heavy_tails": 1e-3 * random.standard_t(3, size=300) - 1e-4,
        "short": noise[:24] - 5e-4,
        "worse": noise[100:160] + 6e-4,
    }


def standard_error(values, lag):
    """Of the mean: a regression on a constant."""
    model = sm.OLS(values, numpy.ones(len(values)))
    return model.fit(cov_type="HAC", cov_kwds={"maxlags": lag, "kernel": "bartlett", "use_correction": False}).bse[0]


def lag_of(n, overlap):
    overlapping = math.ceil(1.5 * (overlap + 1)) if overlap else 0
    return max(math.floor(4 * (n / 100) ** (2 / 9)), overlapping)


def diebold_mariano(values, overlap):
    n, h, lag = len(values), overlap + 1, lag_of(len(values), overlap)
    correction = math.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
    statistic = correction * numpy.mean(values) / standard_error(values, lag)
    student = stats.t(df=n - 1)
    return lag, statistic, student.cdf(statistic), 2 * student.sf(abs(statistic))


def expected_maximum(trials, variance):
    if trials < 2:
        return 0.0
    first, second = stats.norm.ppf(1 - 1 / trials), stats.norm.ppf(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * ((1 - numpy.euler_gamma) * first + numpy.euler_gamma * second)


def skill(values):
    """Skill is the differential with the other sign."""
    values = -values
    ratio = numpy.mean(values) / numpy.std(values, ddof=1)
    skewness, kurtosis = stats.skew(values), stats.kurtosis(values, fisher=False)
    spread = math.sqrt(1 - skewness * ratio + (kurtosis - 1) / 4 * ratio**2)
    above = lambda benchmark: stats.norm.cdf((ratio - benchmark) * math.sqrt(len(values) - 1) / spread)
    return ratio, skewness, kurtosis, [above(expected_maximum(trials, VARIANCE_OF_TRIALS)) for trials in TRIALS]


def write(name, header, lines):
    text = lambda cell: cell if isinstance(cell, str) else repr(int(cell) if isinstance(cell, int) else float(cell))
    with (FOLDER / name).open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *([text(cell) for cell in line] for line in lines)])


def main():
    known = series()
    write("differentials.csv", ["series", "value"], ((name, v) for name, values in known.items() for v in values))
    errors = ((name, lag, standard_error(values, lag)) for name, values in known.items() for lag in LAGS)
    write("hac.csv", ["series", "lag", "standard_error"], errors)
    tests = ((name, overlap, *diebold_mariano(values, overlap)) for name, values in known.items() for overlap in range(3))
    write("diebold_mariano.csv", ["series", "overlap", "lag", "statistic", "p_better", "p_two_sided"], tests)
    lines = []
    for name, values in known.items():
        ratio, skewness, kurtosis, above = skill(values)
        lines += [(name, ratio, skewness, kurtosis, n, VARIANCE_OF_TRIALS, p) for n, p in zip(TRIALS, above)]
    write("skill.csv", ["series", "ratio", "skewness", "kurtosis", "trials", "variance", "probability"], lines)


if __name__ == "__main__":
    main()
