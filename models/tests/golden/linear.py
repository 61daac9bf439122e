"""Writes what scikit-learn's linear models say of some rows: `python linear.py` with requirements.txt installed."""

import csv
from pathlib import Path

import numpy
from sklearn.cross_decomposition import PLSRegression
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDER = Path(__file__).parent
ROWS, FEATURES, LEARNED = 120, 8, 90


def rows():
    """Features that depend on each other, of very different sizes, one in twenty missing."""
    random = numpy.random.default_rng(20)
    hidden = random.normal(size=(ROWS, 3))
    x = hidden @ random.normal(size=(3, FEATURES)) + 0.5 * random.normal(size=(ROWS, FEATURES))
    y = 0.01 * (hidden @ [1.0, -0.5, 0.2]) + 0.02 * random.normal(size=ROWS)
    x = (x * 10.0 ** numpy.arange(-4, FEATURES - 4) + 3.0).astype(numpy.float32)
    x[random.random(x.shape) < 0.05] = numpy.nan
    return x, y, random.uniform(0.2, 3.0, size=ROWS)


def scaled(x):
    return make_pipeline(SimpleImputer(strategy="median"), StandardScaler()).fit(x)


def repeated(model, z, y, weights):
    """PLSRegression knows no weights: rows of centred moments are weighed by the roots of theirs."""
    root = numpy.sqrt(weights)[:, None]
    z_mean, y_mean = numpy.average(z, axis=0, weights=weights), numpy.average(y, weights=weights)
    # Each row with both signs has mean 0, so that the model's own centring changes nothing.
    rows_z, rows_y = (z - z_mean) * root, (y - y_mean) * root[:, 0]
    fitted = model.fit(numpy.vstack([rows_z, -rows_z]), numpy.concatenate([rows_y, -rows_y]))
    return lambda new: y_mean + ((new - z_mean) @ fitted.coef_.T)[:, 0]


def fitted(model, z, y, weights):
    if isinstance(model, PLSRegression):
        return repeated(model, z, y, numpy.ones(len(y)) if weights is None else weights)
    return model.fit(z, y, sample_weight=weights).predict


MODELS = {
    "ridge:0.5": Ridge(alpha=0.5),
    "ridge:50": Ridge(alpha=50.0),
    "elastic_net:0.0005:0.5": ElasticNet(alpha=5e-4, l1_ratio=0.5, tol=1e-14, max_iter=1_000_000),
    "elastic_net:0.002:1": ElasticNet(alpha=2e-3, l1_ratio=1.0, tol=1e-14, max_iter=1_000_000),
    "pls:1": PLSRegression(n_components=1, scale=False),
    "pls:3": PLSRegression(n_components=3, scale=False),
    "pls:8": PLSRegression(n_components=8, scale=False),
}


def write(name, header, lines):
    with (FOLDER / name).open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *lines])


def main():
    x, y, weights = rows()
    names = [f"x{column}" for column in range(FEATURES)]
    lines = ([*map(repr, map(float, row)), repr(float(y)), repr(float(w))] for row, y, w in zip(x, y, weights))
    write("linear_rows.csv", [*names, "y", "weight"], lines)
    prepare = scaled(x[:LEARNED])
    z = prepare.transform(x[:LEARNED].astype(numpy.float64))
    columns = {}
    for name, model in MODELS.items():
        for kind, given in (("", None), (":weighted", weights[:LEARNED])):
            predict = fitted(model, z, y[:LEARNED], given)
            columns[name + kind] = predict(prepare.transform(x[LEARNED:].astype(numpy.float64)))
    write("linear_forecasts.csv", columns, ([repr(float(v)) for v in row] for row in zip(*columns.values())))


if __name__ == "__main__":
    main()
