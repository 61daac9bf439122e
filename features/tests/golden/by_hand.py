"""Recomputes every golden value from its formula, in 50-digit decimals, without Qlib, pandas or numpy.

by_hand.py, in any Python from 3.11. Each operator is written here a second time, from the table in README.md and as
plainly as can be, so that neither Qlib's rounding nor a misread formula goes unnoticed. Prints the largest relative
difference of each kind of feature and of each operator; stops where one is above its bound.
"""

import ast
import csv
import operator
import pathlib
import re
import tomllib
from collections import defaultdict
from decimal import Decimal, getcontext
from functools import cache

HERE = pathlib.Path(__file__).parent
VIEW = HERE.parents[1] / "views" / "alpha158.toml"
getcontext().prec = 50

# Relative, and to MAGNITUDE for what is smaller: a difference of two nearly equal sums is small and all rounding.
BOUND, MAGNITUDE = 1e-6, Decimal("1e-3")
# At or below this deviation Corr and Rsquare are missing.
CONSTANT = Decimal("2e-5")


class Series:
    """The sessions of one symbol. Missing is None."""

    def __init__(self, rows):
        self.sessions = [row["session"] for row in rows]
        self.fields = {name: [float(row[name]) for row in rows] for name in ("open", "high", "low", "close", "volume")}
        high, low, close = (self.fields[name] for name in ("high", "low", "close"))
        self.fields["vwap"] = [sum(prices) / 3 for prices in zip(high, low, close)]
        self.value = cache(self.value)

    def value(self, source: str, at: int):
        """The value of an expression at a session, missing before the first."""
        return evaluate(self, parse(source), at) if at >= 0 else None

    def window(self, source: str, at: int, length: int):
        """The last `length` values, oldest first."""
        return [self.value(source, i) for i in range(at - length + 1, at + 1)]


@cache
def parse(source: str):
    return ast.parse(source, mode="eval").body


def evaluate(series, node, at):
    match node:
        case ast.Constant(value=number):
            return Decimal(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -evaluate(series, operand, at)
        case ast.Name(id=field):
            return Decimal(series.fields[field][at])
        case ast.BinOp(left=left, op=op, right=right):
            return pointwise(ARITHMETIC[type(op)], *(series.value(ast.unparse(side), at) for side in (left, right)))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            truth = pointwise(COMPARISON[type(op)], *(series.value(ast.unparse(side), at) for side in (left, right)))
            return None if truth is None else Decimal(truth)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return call(series, name, [ast.unparse(argument) for argument in arguments], at)
    raise ValueError(ast.dump(node))


def call(series, name, arguments, at):
    if name in POINTWISE:
        return pointwise(POINTWISE[name], *(series.value(argument, at) for argument in arguments))
    if name == "If":
        condition = series.value(arguments[0], at)
        return None if condition is None else series.value(arguments[1 if condition else 2], at)
    if name == "Ref":
        return series.value(arguments[0], at - int(arguments[1]))
    if name == "Delta":
        now, then = (series.value(arguments[0], at - back) for back in (0, int(arguments[1])))
        return pointwise(operator.sub, now, then)
    if name == "EMA":
        return ema(series.window(arguments[0], at, at + 1), int(arguments[1]))
    if name == "Count":
        return Decimal(sum(x is not None for x in series.window(arguments[0], at, int(arguments[1]))))
    if name == "Quantile":
        return full(quantile, series.window(arguments[0], at, int(arguments[1])), Decimal(float(arguments[2])))
    *inputs, length = arguments
    windows = [series.window(source, at, int(length)) for source in inputs]
    return None if any(x is None for window in windows for x in window) else ROLLING[name](*windows)


def pointwise(function, *values):
    return None if any(value is None for value in values) else function(*values)


def full(function, window, *others):
    return None if any(x is None for x in window) else function(window, *others)


def log(x):
    return x.ln() if x > 0 else None


def power(x, y):
    return None if x < 0 and y != int(y) else x**y


def sign(x):
    return Decimal((x > 0) - (x < 0))


def mean(xs):
    return sum(xs) / len(xs)


def moment(xs, k):
    m = mean(xs)
    return sum((x - m) ** k for x in xs)


def covariance(xs, ys):
    mx, my = mean(xs), mean(ys)
    return sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / (len(xs) - 1)


def deviation(xs):
    return covariance(xs, xs).sqrt()


def skewness(xs):
    n, m2 = Decimal(len(xs)), moment(xs, 2)
    return n * (n - 1).sqrt() / (n - 2) * moment(xs, 3) / (m2 * m2.sqrt()) if m2 else None


def kurtosis(xs):
    n, m2 = Decimal(len(xs)), moment(xs, 2)
    return (n - 1) / ((n - 2) * (n - 3)) * (n * (n + 1) * moment(xs, 4) / m2**2 - 3 * (n - 1)) if m2 else None


def correlation(xs, ys):
    if deviation(xs) <= CONSTANT or deviation(ys) <= CONSTANT:
        return None
    return covariance(xs, ys) / (covariance(xs, xs) * covariance(ys, ys)).sqrt()


def positions(xs):
    return [Decimal(i) for i in range(1, len(xs) + 1)]


def slope(xs):
    return covariance(positions(xs), xs) / covariance(positions(xs), positions(xs))


def residual(xs):
    return xs[-1] - (mean(xs) + slope(xs) * (len(xs) - mean(positions(xs))))


def rsquare(xs):
    r = correlation(positions(xs), xs)
    return None if r is None else r * r


def quantile(xs, level):
    xs, h = sorted(xs), level * (len(xs) - 1)
    below = int(h)
    above = min(below + 1, len(xs) - 1)
    return xs[below] + (xs[above] - xs[below]) * (h - below)


def rank(xs):
    less, equal = sum(x < xs[-1] for x in xs), sum(x == xs[-1] for x in xs)
    return (less + Decimal(equal + 1) / 2) / len(xs)


def wma(xs):
    return sum(i * x for i, x in zip(positions(xs), xs)) / sum(positions(xs)) / len(xs)


def ema(history, span):
    history = history[next(i for i, x in enumerate(history) if x is not None) :]
    decay = 1 - Decimal(2) / (span + 1)
    weights = [decay**age for age in reversed(range(len(history)))]
    return sum(w * x for w, x in zip(weights, history)) / sum(weights)


ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
COMPARISON = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
POINTWISE = {"Abs": abs, "Sign": sign, "Log": log, "Power": power, "Greater": max, "Less": min}
ROLLING = {
    "Sum": sum,
    "Mean": mean,
    "Var": lambda xs: covariance(xs, xs),
    "Std": deviation,
    "Skew": skewness,
    "Kurt": kurtosis,
    "Mad": lambda xs: mean([abs(x - mean(xs)) for x in xs]),
    "Max": max,
    "Min": min,
    "IdxMax": lambda xs: Decimal(1 + xs.index(max(xs))),
    "IdxMin": lambda xs: Decimal(1 + xs.index(min(xs))),
    "Med": lambda xs: quantile(xs, Decimal("0.5")),
    "Rank": rank,
    "Slope": slope,
    "Rsquare": rsquare,
    "Resi": residual,
    "WMA": wma,
    "Corr": correlation,
    "Cov": covariance,
}


def main():
    with open(HERE / "bars.csv", newline="") as file:
        rows = defaultdict(list)
        for row in csv.DictReader(file):
            rows[row["symbol"]].append(row)
    symbols = {symbol: Series(rows) for symbol, rows in rows.items()}
    worst = defaultdict(lambda: (0.0, 0))
    compare_alpha158(symbols, worst)
    compare_operators(symbols["AAPL"], worst)
    for kind, (difference, count) in worst.items():
        print(f"{kind:<12} {count:>6} values, largest difference {difference:.1e}")


def compare_alpha158(symbols, worst):
    features = {feature["name"]: feature["expr"] for feature in tomllib.loads(VIEW.read_text())["feature"]}
    with open(HERE / "alpha158.csv", newline="") as file:
        for row in csv.DictReader(file):
            series = symbols[row["symbol"]]
            at = series.sessions.index(row["session"])
            for name, expression in features.items():
                kind = re.sub(r"\d+$", "", name)
                compare(worst, kind, expression, row[name], series.value(expression, at), row["session"])


def compare_operators(series, worst):
    with open(HERE / "operators.csv", newline="") as file:
        for row in csv.DictReader(file):
            expression, at = row["expression"], series.sessions.index(row["session"])
            kind = re.match(r"(\w+)\(", expression)
            kind = kind[1] if kind else "infix"
            compare(worst, kind, expression, row["value"], series.value(expression, at), row["session"])


def compare(worst, kind, expression, golden, exact, session):
    where = f"{expression} at {session}: Qlib {golden or 'missing'}, by hand {exact}"
    assert (golden == "") == (exact is None), where
    largest, count = worst[kind]
    if exact is not None:
        difference = float(abs(Decimal(float(golden)) - exact) / max(abs(exact), MAGNITUDE))
        assert difference <= BOUND, f"{where}, difference {difference:.1e}"
        largest = max(largest, difference)
    worst[kind] = (largest, count + 1)


if __name__ == "__main__":
    main()
