"""accuracy_*, calibration, training_runs: from backtests and outcomes, one forecast at a time."""

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from figures_forecasts import label, quantile


def accuracy(read, known):
    runs = training_runs(known)
    scores = all_scores(known, runs)
    weekly = pd.concat([weeks(rows) for _, rows in scores.groupby(["source", "model"])]) if len(scores) else pd.DataFrame()
    return {
        "training_runs": (["run_id"], runs.drop(columns="is_random_walk")),
        "accuracy_weekly": (["source", "model", "week"], weekly),
        "accuracy_by_model": (["source", "model"], by_model(scores, weekly, known)),
        "accuracy_by_symbol": (["source", "model", "symbol"], by_symbol(scores, known)),
        "calibration": (["source", "model", "level"], calibration(scores)),
    }


def judged(rows):
    """Forecasts with `point` and `realised`: what each is judged by."""
    rows = rows.copy()
    at = lambda q: np.array([quantile(row.quantile_levels, row.quantile_values, q) for row in rows.itertuples()])
    ends = {"inside_80": (at(0.1), at(0.9)), "inside_90": (at(0.05), at(0.95))}
    rows["error"] = rows.realised - rows.point
    rows["abs_error"], rows["walk"] = rows.error.abs(), rows.realised.abs()
    right = np.where(rows.point == 0, 0.5, np.sign(rows.point) == np.sign(rows.realised))
    rows["hit"] = np.where(rows.realised == 0, np.nan, right)
    for name, (low, high) in ends.items():
        rows[name] = np.where(np.isnan(low) | np.isnan(high), np.nan, (low <= rows.realised) & (rows.realised <= high))
    rows["width"] = ends["inside_80"][1] - ends["inside_80"][0]
    rows["pinball"] = [pinball(row.quantile_levels, row.quantile_values, row.realised) for row in rows.itertuples()]
    rows["week"] = rows.origin - pd.to_timedelta(rows.origin.dt.weekday, unit="D")
    return rows


def pinball(levels, values, realised):
    losses = [max(q * (realised - value), (q - 1) * (realised - value)) for q, value in zip(levels, values)]
    return np.mean(losses) if losses else np.nan


def role(champion, walk):
    return "champion" if champion else "random walk" if walk else "challenger"


def means(rows):
    return {
        "n": len(rows),
        "mae_bps": 1e4 * rows.abs_error.mean(),
        "random_walk_mae_bps": 1e4 * rows.walk.mean(),
        "mase": rows.abs_error.sum() / rows.walk.sum(),
        "skill": 1 - rows.abs_error.sum() / rows.walk.sum(),
        "hit_rate": rows.hit.mean(),
        "coverage_80": rows.inside_80.mean(),
    }


def training_runs(known):
    lines = []
    for run_id, rows in known["_backtests"].groupby("run_id"):
        first, rows = rows.iloc[0], judged(rows.rename(columns={"target": "realised"}))
        figures = means(rows)
        figures.pop("random_walk_mae_bps")
        lines.append({
            "run_id": run_id,
            "model": label(first.model, first.horizon),
            "model_kind": first.model_kind,
            "horizon": first.horizon,
            "written_at": rows.written_at.max(),
            "first_origin": rows.origin.min(),
            "last_origin": rows.origin.max(),
            "folds": rows.fold.nunique(),
            "symbols": rows.symbol.nunique(),
            **figures,
            "pinball_bps": 1e4 * rows.pinball.mean(),
            "is_random_walk": first.model_kind == "random_walk",
            "role": role(run_id in known["_champion_runs"], first.model_kind == "random_walk"),
        })  # fmt: skip
    frame = pd.DataFrame(lines)
    newest = frame.sort_values(["written_at", "run_id"]).groupby("model").tail(1).run_id
    return frame.assign(is_latest=frame.run_id.isin(newest))


def all_scores(known, runs):
    """The newest backtest of each model; live forecasts of each model, its shadow's apart, and all answers once more."""
    walks = dict(zip(runs.run_id, runs.is_random_walk))
    newest = runs[runs.is_latest].set_index("run_id").model
    tested = known["_backtests"][known["_backtests"].run_id.isin(newest.index)]
    tested = tested.assign(source="backtest", model=tested.run_id.map(newest)).rename(columns={"target": "realised"})
    live = known["_written"]
    live = live[live.realised.notna() & np.isfinite(live.point)].assign(source="live")
    called = {row.run_id: row.model for row in runs.itertuples()}
    live["model"] = [called.get(row.run_id, label(row.model_name, row.horizon)) for row in live.itertuples()]
    live["model"] += np.where(live.shadow, " (shadow)", "")
    answers = live[~live.shadow]
    answers = answers.assign(model=[label("champion", row.horizon) for row in answers.itertuples()], run_id="")
    parts = [judged(part) for part in (tested, live, answers) if len(part)]
    scores = pd.concat(parts)
    return scores.assign(is_random_walk=[walks.get(run_id, False) for run_id in scores.run_id])


def rank_ic(rows):
    if len(rows) < 3 or rows.point.nunique() < 2 or rows.realised.nunique() < 2:
        return np.nan
    return spearmanr(rows.point, rows.realised).statistic


def weeks(rows):
    first, lines = rows.iloc[0], []
    ranks = rows.groupby(["week", "origin"])[["point", "realised"]].apply(rank_ic).groupby("week").mean()
    gain = 0
    for week, of_week in rows.groupby("week"):
        figures = means(of_week)
        figures.pop("skill")
        quarter = rows[(rows.week <= week) & (rows.week > week - pd.Timedelta(weeks=13))]
        gain += figures["random_walk_mae_bps"] - figures["mae_bps"]
        lines.append({
            "source": first.source, "model": first.model, "week": week, **figures,
            "mase_13w": quarter.abs_error.sum() / quarter.walk.sum(),
            "cumulative_gain_bps": gain,
            "hit_rate_13w": quarter.hit.mean(),
            "coverage_80_13w": quarter.inside_80.mean(),
            "coverage_90_13w": quarter.inside_90.mean(),
            "rank_ic": ranks[week],
            "cumulative_rank_ic": ranks[:week].sum(min_count=1),
            "pinball_bps": 1e4 * of_week.pinball.mean(),
        })  # fmt: skip
    return pd.DataFrame(lines)


def by_model(scores, weekly, known):
    lines = []
    for (source, model), rows in scores.groupby(["source", "model"]):
        champion = (source == "live" and model.startswith("champion")) or model in known["_champion_models"]
        walk = bool(rows.is_random_walk.any())
        lines.append({
            "source": source, "model": model, **means(rows),
            "first_week": rows.week.min(), "last_week": rows.week.max(),
            "coverage_90": rows.inside_90.mean(),
            "pinball_bps": 1e4 * rows.pinball.mean(),
            "mean_rank_ic": weekly[(weekly.source == source) & (weekly.model == model)].rank_ic.mean(),
            "is_random_walk": walk, "is_champion": champion,
            "role": role(champion, walk),
        })  # fmt: skip
    return pd.DataFrame(lines)


def by_symbol(scores, known):
    lines = [
        {
            "source": source, "model": model, "symbol": symbol, **means(rows),
            "bias_bps": 1e4 * rows.error.mean(),
            "width_80_bps": 1e4 * rows.width.mean(),
            "liquidity_rank": known["_ranks"].get(symbol, np.nan),
        }
        for (source, model, symbol), rows in scores.groupby(["source", "model", "symbol"])
    ]  # fmt: skip
    return pd.DataFrame(lines)


def calibration(scores):
    points = [
        (row.source, row.model, round(level, 9), row.realised <= value)
        for row in scores.itertuples()
        for level, value in zip(row.quantile_levels, row.quantile_values)
    ]
    frame = pd.DataFrame(points, columns=["source", "model", "level", "below"])
    shares = frame.groupby(["source", "model", "level"]).below.agg(n="size", share_below="mean").reset_index()
    return shares.assign(gap=shares.share_below - shares.level)
