"""Makes the golden files with the real Qlib, and checks that our view of Alpha158 is Qlib's.

generate.py, in a venv of requirements.txt. Writes bars.csv, alpha158.csv and operators.csv beside itself; the same
versions write the same bytes. Stops with a message when features/views/alpha158.toml is not Qlib's Alpha158.

Qlib's parser, operators and compiled kernels compute. Only the storage is ours: Qlib's files and the last step of
its expression provider are 32-bit, and rounding there would hide what the golden files are to show.
"""

import csv
import gzip
import math
import pathlib
import re
import tempfile
import tomllib
import warnings

import bokeh_sampledata
import numpy
import pandas
import qlib
from qlib.contrib.data.loader import Alpha158DL
from qlib.data.data import ExpressionD, FeatureD, FeatureProvider

from operators import EXPRESSIONS

HERE = pathlib.Path(__file__).parent
VIEW = HERE.parents[1] / "views" / "alpha158.toml"

# A crash with a split left in the prices, another crash, a calm year; the first session of 400 each.
STARTS = {"AAPL": "2000-03-01", "IBM": "2008-01-02", "MSFT": "2011-07-28"}
SESSIONS = 400
PRICES = ("open", "high", "low", "close")

# Alpha158 reaches 60 sessions back: every 8th session from the first that has them.
LOOK_BACK, EVERY = 60, 8
# Operators one by one: low prices in cents have ties, and 280 sessions are before the first for EMA's tail.
OPERATORS_SYMBOL, OPERATORS_SESSIONS = "AAPL", 120


class Quotes(FeatureProvider):
    """Hands 64-bit columns to Qlib's engine, by position in the symbol's own sessions."""

    def __init__(self, quotes: dict[str, pandas.DataFrame]):
        self.quotes = quotes

    def feature(self, instrument, field, start_index, end_index, freq):
        assert freq == "day"
        return self.quotes[instrument][field.removeprefix("$")].loc[start_index:end_index]


def main():
    warnings.filterwarnings("ignore", category=RuntimeWarning)
    bars = read_bars()
    write("bars.csv", ["symbol", "session", *PRICES, "volume"], [bar for rows in bars.values() for bar in rows])
    with tempfile.TemporaryDirectory() as nothing:
        qlib.init(provider_uri=nothing, expression_cache=None, dataset_cache=None, logging_level=40)
    FeatureD.register(Quotes({symbol: columns(rows) for symbol, rows in bars.items()}))
    expressions, names = Alpha158DL.get_feature_config()
    check_view(names, expressions)
    write("alpha158.csv", ["symbol", "session", *names], alpha158(bars, expressions))
    write("operators.csv", ["expression", "session", "value"], operators(bars))


def read_bars() -> dict[str, list[list[str]]]:
    """The rows of bars.csv by symbol, numbers as the source wrote them."""
    path = pathlib.Path(bokeh_sampledata.__file__).parent / "_data" / "stocks.csv.gz"
    bars = {symbol: [] for symbol in STARTS}
    with gzip.open(path, "rt", newline="") as lines:
        for row in csv.DictReader(lines):
            symbol, session = row["Ticker"], row["Date"]
            if session >= STARTS.get(symbol, "9") and len(bars[symbol]) < SESSIONS:
                bars[symbol].append([symbol, session, *(row[name.title()] for name in (*PRICES, "volume"))])
    for rows in bars.values():
        assert len(rows) == SESSIONS
    return bars


def columns(rows: list[list[str]]) -> pandas.DataFrame:
    """The columns of one symbol that expressions can name."""
    numbers = numpy.array([[float(text) for text in row[2:]] for row in rows])
    frame = pandas.DataFrame(numbers, columns=[*PRICES, "volume"])
    frame["vwap"] = (frame["high"] + frame["low"] + frame["close"]) / 3
    body = frame[["open", "close"]]
    assert frame["high"].ge(body.max(axis=1)).all() and frame["low"].le(body.min(axis=1)).all()
    assert frame["volume"].gt(0).all()
    return frame


def evaluate(symbol: str, expression: str) -> list[float]:
    """The values of an expression in Qlib's own spelling, over all sessions of a symbol."""
    series = ExpressionD.get_expression_instance(expression).load(symbol, 0, SESSIONS - 1, "day")
    assert len(series) == SESSIONS
    values = [float(value) for value in series]
    assert not any(map(math.isinf, values[LOOK_BACK:])), f"{expression} is infinite"
    return values


def alpha158(bars, expressions):
    """The rows of alpha158.csv."""
    for symbol, rows in bars.items():
        values = [evaluate(symbol, expression) for expression in expressions]
        for at in range(LOOK_BACK, SESSIONS, EVERY):
            yield [symbol, rows[at][1], *(text(column[at]) for column in values)]


def operators(bars):
    """The rows of operators.csv."""
    rows = bars[OPERATORS_SYMBOL]
    assert len(EXPRESSIONS) == len(set(EXPRESSIONS))
    for expression in EXPRESSIONS:
        values = evaluate(OPERATORS_SYMBOL, with_dollars(expression))
        for at in range(SESSIONS - OPERATORS_SESSIONS, SESSIONS):
            yield [expression, rows[at][1], text(values[at])]


def check_view(names, expressions):
    """The view has Qlib's names and definitions, in Qlib's order."""
    view = tomllib.loads(VIEW.read_text())
    ours = [(feature["name"], bare(feature["expr"])) for feature in view["feature"]]
    theirs = [(name, bare(expression)) for name, expression in zip(names, expressions, strict=True)]
    assert len(theirs) == 158
    for our, their in zip(ours, theirs):
        assert our == their, f"{VIEW.name}: {our} is {their} in Qlib"
    assert view["name"] == "alpha158" and len(ours) == len(theirs), f"{VIEW.name} has {len(ours)} features"


def bare(expression: str) -> str:
    """Without `$` and blanks."""
    return re.sub(r"[\s$]", "", expression)


def with_dollars(expression: str) -> str:
    """With Qlib's `$` before each field."""
    return re.sub(r"\b(open|high|low|close|volume|vwap)\b", r"$\1", expression)


def text(value: float) -> str:
    """The shortest decimal that reads back the same; nothing for a missing value."""
    return "" if math.isnan(value) else repr(value).removesuffix(".0")


def write(name: str, header: list[str], rows):
    with open(HERE / name, "w", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(header)
        lines.writerows(rows)


if __name__ == "__main__":
    main()
