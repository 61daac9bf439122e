"""Qlib's Alpha158 in polars' lazy rolling expressions, over a panel that is in memory already.

alpha158_polars.py PANEL --by over|group [--sample OUT --every N]

over: each window is `.over("symbol")`, as the polars manual has it. group: one group_by over the symbols, exploded, which
needs a third of the memory. Features are missing until their window is full. vwap is (high + low + close) / 3.
Prints one JSON line; reading the panel and imports are not counted.
"""

import argparse
import os
import time

os.environ.setdefault("POLARS_MAX_THREADS", str(len(os.sched_getaffinity(0))))

import numpy  # noqa: E402
import polars  # noqa: E402
from measured import add_sample_arguments, say  # noqa: E402
from polars import col  # noqa: E402

WINDOWS = (5, 10, 20, 30, 60)
TINY = 1e-12


def with_inputs(bars, each):
    """The columns that windows run over; `each` makes an expression run symbol by symbol."""
    number = polars.Float64
    last = bars.with_columns(
        volume=col("volume").cast(number),
        last_close=each(col("close").shift(1)),
        last_volume=each(col("volume").cast(number).shift(1)),
        at=each(polars.int_range(polars.len()).cast(number)),
    )
    steps = last.with_columns(
        vwap=(col("high") + col("low") + col("close")) / 3,
        ratio=col("close") / col("last_close"),
        rise=col("close") - col("last_close"),
        volume_rise=col("volume") - col("last_volume"),
        log_volume=(col("volume") + 1).log(),
        log_volume_ratio=(col("volume") / col("last_volume") + 1).log(),
        close_at=col("close") * col("at"),
    )
    return steps.with_columns(
        up=(col("ratio") > 1).cast(number),
        down=(col("ratio") < 1).cast(number),
        gain=col("rise").clip(0, None),
        loss=(-col("rise")).clip(0, None),
        move=col("rise").abs(),
        volume_gain=col("volume_rise").clip(0, None),
        volume_loss=(-col("volume_rise")).clip(0, None),
        volume_move=col("volume_rise").abs(),
        weighted=(col("ratio") - 1).abs() * col("volume"),
    )


def candle():
    open_, high, low, close = (col(name) for name in ("open", "high", "low", "close"))
    top, bottom, span = polars.max_horizontal(open_, close), polars.min_horizontal(open_, close), high - low + TINY
    return {
        "KMID": (close - open_) / open_,
        "KLEN": (high - low) / open_,
        "KMID2": (close - open_) / span,
        "KUP": (high - top) / open_,
        "KUP2": (high - top) / span,
        "KLOW": (bottom - low) / open_,
        "KLOW2": (bottom - low) / span,
        "KSFT": (2 * close - high - low) / open_,
        "KSFT2": (2 * close - high - low) / span,
        "OPEN0": open_ / close,
        "HIGH0": high / close,
        "LOW0": low / close,
        "VWAP0": col("vwap") / close,
    }


def place(name: str, window: int, extreme: str):
    """1..window: where the extreme stands. Polars has no rolling arg_max, so numpy finds it, without a copy."""

    def find(series):
        values, found = series.to_numpy(), numpy.full(len(series), numpy.nan)
        if len(values) >= window:
            windows = numpy.lib.stride_tricks.sliding_window_view(values, window)
            found[window - 1 :] = getattr(windows, extreme)(axis=1) + 1
        return polars.Series(found)

    return col(name).map_batches(find, return_dtype=polars.Float64)


def trend(window: int, each):
    """Least squares on 1..window by rolling sums: slope, R squared, residual of the last point."""
    total = each(col("close").rolling_sum(window))
    moment = each(col("close_at").rolling_sum(window)) - (col("at") - window) * total
    sum_x, sum_xx = window * (window + 1) / 2, window * (window + 1) * (2 * window + 1) / 6
    spread = window * sum_xx - sum_x**2
    slope = (window * moment - sum_x * total) / spread
    variance = each(col("close").rolling_var(window, ddof=0))
    residual = col("close") - (total / window + slope * (window - sum_x / window))
    return slope, slope * slope * (spread / window**2) / variance, residual


def windowed(window: int, each):
    close, volume = col("close"), col("volume")

    def rolling(name, function, **options):
        return each(getattr(col(name), function)(window_size=window, **options))

    def total(name):
        return rolling(name, "rolling_sum")

    slope, rsquare, residual = trend(window, each)
    high, low = rolling("high", "rolling_max"), rolling("low", "rolling_min")
    high_at, low_at = each(place("high", window, "argmax")), each(place("low", window, "argmin"))
    up, down = rolling("up", "rolling_mean"), rolling("down", "rolling_mean")
    gain, loss, move = total("gain"), total("loss"), total("move") + TINY
    volume_gain, volume_loss, volume_move = total("volume_gain"), total("volume_loss"), total("volume_move") + TINY
    features = {
        "ROC": each(close.shift(window)) / close,
        "MA": rolling("close", "rolling_mean") / close,
        "STD": rolling("close", "rolling_std") / close,
        "BETA": slope / close,
        "RSQR": rsquare,
        "RESI": residual / close,
        "MAX": high / close,
        "MIN": low / close,
        "QTLU": rolling("close", "rolling_quantile", quantile=0.8, interpolation="linear") / close,
        "QTLD": rolling("close", "rolling_quantile", quantile=0.2, interpolation="linear") / close,
        "RANK": rolling("close", "rolling_rank", method="average") / window,
        "RSV": (close - low) / (high - low + TINY),
        "IMAX": high_at / window,
        "IMIN": low_at / window,
        "IMXD": (high_at - low_at) / window,
        "CORR": each(polars.rolling_corr(close, col("log_volume"), window_size=window)),
        "CORD": each(polars.rolling_corr(col("ratio"), col("log_volume_ratio"), window_size=window)),
        "CNTP": up,
        "CNTN": down,
        "CNTD": up - down,
        "SUMP": gain / move,
        "SUMN": loss / move,
        "SUMD": (gain - loss) / move,
        "VMA": rolling("volume", "rolling_mean") / (volume + TINY),
        "VSTD": rolling("volume", "rolling_std") / (volume + TINY),
        "WVMA": rolling("weighted", "rolling_std") / (rolling("weighted", "rolling_mean") + TINY),
        "VSUMP": volume_gain / volume_move,
        "VSUMN": volume_loss / volume_move,
        "VSUMD": (volume_gain - volume_loss) / volume_move,
    }
    return {f"{name}{window}": value for name, value in features.items()}


def alpha158(each):
    features = candle() | {k: v for window in WINDOWS for k, v in windowed(window, each).items()}
    assert len(features) == 158
    return [value.cast(polars.Float32).alias(name) for name, value in features.items()]


def by_over(bars):
    def each(value):
        return value.over("symbol")

    return with_inputs(bars, each).select("symbol", "date", *alpha158(each))


def by_group(bars):
    inputs = with_inputs(bars, lambda value: value.over("symbol"))
    groups = inputs.group_by("symbol", maintain_order=True).agg("date", *alpha158(lambda value: value))
    return groups.explode(polars.all().exclude("symbol"))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("panel")
    arguments.add_argument("--by", choices=["over", "group"], default="over")
    add_sample_arguments(arguments)
    arguments = arguments.parse_args()
    panel = polars.read_parquet(arguments.panel)
    started = time.perf_counter()
    plan = by_over if arguments.by == "over" else by_group
    features = plan(panel.lazy()).collect()
    seconds = time.perf_counter() - started
    if arguments.sample:
        features.gather_every(arguments.every).write_parquet(arguments.sample)
    say(features.height, seconds)


if __name__ == "__main__":
    main()
