"""Writes what statsforecast says of some series: `python series.py` with requirements-series.txt installed."""

import csv
from pathlib import Path

import numpy
from statsforecast.ets import ets_f, forecast_ets
from statsforecast.theta import auto_theta, compute_pi_samples, forecast_theta

FOLDER = Path(__file__).parent
STEPS, LEVELS, DRAWS = 5, (80, 95), 100_000


def walk(random, count, volatility=0.015, drift=0.0003):
    """Closes: a walk whose volatility comes and goes."""
    excess, returns = 0.0, []
    for shock, other in random.standard_normal((count, 2)):
        deviation = volatility * numpy.exp(excess)
        returns.append(drift - deviation**2 / 2 + deviation * shock)
        excess = 0.97 * excess + 0.12 * (-0.4 * shock + 0.84**0.5 * other)
    return numpy.exp(random.normal(3.8, 0.8) + numpy.cumsum(returns))


def noise(random, count, deviation):
    return deviation * random.standard_normal(count)


def jumps(random, count):
    """A walk with three jumps of a tenth to a third, as after news or a split that nobody adjusted for."""
    series = walk(random, count)
    for at in random.integers(count // 5, count, size=3):
        series[at:] *= numpy.exp(random.choice([-1, 1]) * random.uniform(0.1, 0.3))
    return series


def fading(random, count):
    """A rise that ends."""
    time = numpy.arange(count)
    return 100 + 40 * (1 - numpy.exp(-time / (count / 3))) + noise(random, count, 0.5)


def reverting(random, count):
    """A spread about 0: no multiplicative errors here."""
    series = [0.0]
    for shock in noise(random, count - 1, 0.5):
        series.append(0.9 * series[-1] + shock)
    return numpy.array(series)


def smooth(random, count):
    """A slope that wanders, with little noise."""
    return 200 + numpy.cumsum(0.2 + numpy.cumsum(noise(random, count, 0.05))) + noise(random, count, 0.3)


KINDS = {
    "walk": lambda random: walk(random, 254),
    "year_and_half": lambda random: walk(random, 382, 0.025),
    "rising": lambda random: walk(random, 254, 0.01, 0.003),
    "short": lambda random: walk(random, 25),
    "shorter": lambda random: walk(random, 17),
    "line": lambda random: 50 + 0.3 * numpy.arange(150) + noise(random, 150, 1.0),
    "growing": lambda random: 20 * numpy.exp(0.01 * numpy.arange(150) + noise(random, 150, 0.03)),
    "fading": lambda random: fading(random, 120),
    "smooth": lambda random: smooth(random, 120),
    "level": lambda random: 1000 + noise(random, 100, 5.0),
    "jumps": lambda random: jumps(random, 254),
    "reverting": lambda random: reverting(random, 200),
    "tiny": lambda random: 1e-5 * walk(random, 150),
    "huge": lambda random: 1e7 * walk(random, 150),
    "constant": lambda random: numpy.full(40, round(random.uniform(1, 100), 2)),
}


def series():
    for number, (kind, make) in enumerate(KINDS.items()):
        for repeat in range(4):
            values = make(numpy.random.default_rng([20, number, repeat]))
            yield f"{kind}_{repeat}", numpy.array([float(f"{value:.7g}") for value in values])


def bounds(forecast):
    return [forecast[f"{side}-{level}"] for level in LEVELS for side in ("lo", "hi")]


def ets(values):
    model = ets_f(values, m=1, model="ZZZ")
    forecast = forecast_ets(model, STEPS + 1, LEVELS)
    mean = forecast["mean"]
    if model["components"][3] == "D":
        # The sum phi + phi^2 + .. starts with phi twice there: from step 2 on, each step lies where the one before it should.
        moved = mean[2:] - mean[1] + mean[0] - mean[1:-1]
        for key in forecast:
            if key.startswith(("lo-", "hi-")):
                forecast[key][1:-1] += moved
        mean[1:-1] += moved
    return model.get("method", "ETS(A,N,N)"), model["aicc"], mean[:STEPS], [bound[:STEPS] for bound in bounds(forecast)]


def theta(values):
    model = auto_theta(values, m=1)
    mean = forecast_theta(model, STEPS)["mean"]
    errors, parameters = model["residuals"][3:], model["par"]
    # The method's own paths, but more of them than its 200, for bounds that do not depend on the draw.
    paths = compute_pi_samples(
        n=len(values), h=STEPS, states=model["states"], sigma=numpy.std(errors, ddof=1), alpha=parameters["alpha"],
        theta=parameters["theta"], mean_y=model["mean_y"], n_samples=DRAWS,
    )  # fmt: skip
    shares = [share for level in LEVELS for share in (0.5 - level / 200, 0.5 + level / 200)]
    lines = [numpy.quantile(paths.astype(float), share, axis=1) for share in shares]
    return f"Theta({model['modeltype']})", numpy.mean(errors**2), mean, lines


def write(name, lines):
    with (FOLDER / name).open("w", newline="") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows(lines)


def main():
    steps = [f"{what}_{step}" for what in ("mean", "lo80", "hi80", "lo95", "hi95") for step in range(1, STEPS + 1)]
    forecasts, made = [["series", "model", "criterion", *steps]], dict(series())
    for name, values in made.items():
        for method in (ets, theta):
            model, criterion, mean, lines = method(values[:-STEPS])
            numbers = [f"{number:.10g}" for number in numpy.concatenate([[criterion], mean, *lines])]
            forecasts.append([name, model, *numbers])
    write("series_values.tsv", ([name, *(f"{value:.7g}" for value in values)] for name, values in made.items()))
    write("series_forecasts.tsv", forecasts)


if __name__ == "__main__":
    main()
