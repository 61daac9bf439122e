"""Qlib's Alpha158 in ClickHouse's window functions, by chdb, over a table in the order of the windows.

alpha158_clickhouse.py PANEL [--sample OUT --every N]

The features are computed and thrown away (format Null): nothing is counted but the query. Prints one JSON line.
"""

import argparse
import os
import time

import chdb.session
from measured import add_sample_arguments, say

WINDOWS = (5, 10, 20, 30, 60)
TINY = "1e-12"

CANDLE = {
    "KMID": "(close - open) / open",
    "KLEN": "(high - low) / open",
    "KMID2": f"(close - open) / (high - low + {TINY})",
    "KUP": "(high - greatest(open, close)) / open",
    "KUP2": f"(high - greatest(open, close)) / (high - low + {TINY})",
    "KLOW": "(least(open, close) - low) / open",
    "KLOW2": f"(least(open, close) - low) / (high - low + {TINY})",
    "KSFT": "(2 * close - high - low) / open",
    "KSFT2": f"(2 * close - high - low) / (high - low + {TINY})",
    "OPEN0": "open / close",
    "HIGH0": "high / close",
    "LOW0": "low / close",
    "VWAP0": "(high + low + close) / 3 / close",
}

# Name of the aggregate -> over the window's rows.
AGGREGATES = {
    "mean": "avg(close)",
    "std": "stddevSamp(close)",
    "highest": "max(high)",
    "lowest": "min(low)",
    "highest_at": "argMax(at, high)",
    "lowest_at": "argMin(at, low)",
    "line": "simpleLinearRegression(at, close)",
    "line_corr": "corr(at, close)",
    "quantiles": "quantilesExactInclusive(0.2, 0.8)(close)",
    "closes": "groupArray(close)",
    "corr": "corr(close, log_volume)",
    "ratio_corr": "corr(ratio, log_volume_ratio)",
    "up": "avg(ratio > 1)",
    "down": "avg(ratio < 1)",
    "gain": "sum(greatest(rise, 0))",
    "loss": "sum(greatest(-rise, 0))",
    "move": "sum(abs(rise))",
    "volume_mean": "avg(volume)",
    "volume_std": "stddevSamp(volume)",
    "volume_gain": "sum(greatest(volume_rise, 0))",
    "volume_loss": "sum(greatest(-volume_rise, 0))",
    "volume_move": "sum(abs(volume_rise))",
    "weighted_mean": "avg(weighted)",
    "weighted_std": "stddevSamp(weighted)",
}

# Name of the feature -> of the window's aggregates; N is the window, an aggregate's name ends in _N.
WINDOWED = {
    "ROC": "before_N / close",
    "MA": "mean_N / close",
    "STD": "std_N / close",
    "BETA": "line_N.1 / close",
    "RSQR": "line_corr_N * line_corr_N",
    "RESI": "(close - line_N.1 * at - line_N.2) / close",
    "MAX": "highest_N / close",
    "MIN": "lowest_N / close",
    "QTLU": "quantiles_N[2] / close",
    "QTLD": "quantiles_N[1] / close",
    "RANK": "(arrayCount(x -> x < close, closes_N) + (arrayCount(x -> x = close, closes_N) + 1) / 2) / N",
    "RSV": f"(close - lowest_N) / (highest_N - lowest_N + {TINY})",
    "IMAX": "(highest_at_N - at + N) / N",
    "IMIN": "(lowest_at_N - at + N) / N",
    "IMXD": "(highest_at_N - lowest_at_N) / N",
    "CORR": "corr_N",
    "CORD": "ratio_corr_N",
    "CNTP": "up_N",
    "CNTN": "down_N",
    "CNTD": "up_N - down_N",
    "SUMP": f"gain_N / (move_N + {TINY})",
    "SUMN": f"loss_N / (move_N + {TINY})",
    "SUMD": f"(gain_N - loss_N) / (move_N + {TINY})",
    "VMA": f"volume_mean_N / (volume + {TINY})",
    "VSTD": f"volume_std_N / (volume + {TINY})",
    "WVMA": f"weighted_std_N / (weighted_mean_N + {TINY})",
    "VSUMP": f"volume_gain_N / (volume_move_N + {TINY})",
    "VSUMN": f"volume_loss_N / (volume_move_N + {TINY})",
    "VSUMD": f"(volume_gain_N - volume_loss_N) / (volume_move_N + {TINY})",
}

BY = "PARTITION BY symbol ORDER BY date"


def query() -> str:
    aggregates, windows = [], [f"longest AS ({BY} ROWS BETWEEN {max(WINDOWS)} PRECEDING AND CURRENT ROW)"]
    features = dict(CANDLE)
    for n in WINDOWS:
        windows.append(f"w{n} AS ({BY} ROWS BETWEEN {n - 1} PRECEDING AND CURRENT ROW)")
        aggregates += [f"{value} OVER w{n} AS {name}_{n}" for name, value in AGGREGATES.items()]
        aggregates.append(f"lagInFrame(close, {n}) OVER longest AS before_{n}")
        features |= {f"{name}{n}": value.replace("_N", f"_{n}").replace("N", str(n)) for name, value in WINDOWED.items()}
    assert len(features) == 158
    columns = ", ".join(f"toFloat32({value}) AS {name}" for name, value in features.items())
    return f"""
        SELECT symbol, date, {columns} FROM (
            SELECT symbol, date, open, high, low, close, volume, at, {", ".join(aggregates)} FROM (
                SELECT *, close - last_close AS rise, volume - last_volume AS volume_rise, close / last_close AS ratio,
                    log(volume + 1) AS log_volume, log(volume / last_volume + 1) AS log_volume_ratio,
                    abs(close / last_close - 1) * volume AS weighted
                FROM (
                    SELECT symbol, date, open, high, low, close, volume,
                        lagInFrame(toNullable(close)) OVER last AS last_close,
                        lagInFrame(toNullable(volume)) OVER last AS last_volume,
                        toFloat64(row_number() OVER (PARTITION BY symbol ORDER BY date)) AS at
                    FROM bars WINDOW last AS ({BY} ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)))
            WINDOW {", ".join(windows)})"""


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("panel")
    add_sample_arguments(arguments)
    arguments = arguments.parse_args()
    session = chdb.session.Session()
    session.query("CREATE DATABASE panel ENGINE = Atomic")
    session.query("USE panel")
    session.query(
        "CREATE TABLE bars (symbol LowCardinality(String), date Date32, open Float64, high Float64, low Float64,"
        " close Float64, volume Float64) ENGINE = MergeTree ORDER BY (symbol, date)"
    )
    columns = "symbol, date, open, high, low, close, volume"
    session.query(f"INSERT INTO bars SELECT {columns} FROM file('{os.path.abspath(arguments.panel)}', Parquet)")
    rows = int(session.query("SELECT count() FROM bars", "CSV").data())
    # Blocks that stay in the processor's cache with all their columns: a fifth less work than the default's.
    settings = f"SETTINGS max_threads = {len(os.sched_getaffinity(0))}, max_block_size = 4096"
    started = time.perf_counter()
    session.query(f"{query()} {settings}", "Null")
    seconds = time.perf_counter() - started
    if arguments.sample:
        sample = f"SELECT * EXCEPT nth FROM (SELECT *, row_number() OVER (ORDER BY symbol, date) AS nth FROM ({query()}))"
        sample += f" WHERE (nth - 1) % {arguments.every} = 0 ORDER BY symbol, date"
        file = f"file('{os.path.abspath(arguments.sample)}', Parquet)"
        session.query(f"INSERT INTO FUNCTION {file} {sample} {settings}")
    say(rows, seconds)


if __name__ == "__main__":
    main()
