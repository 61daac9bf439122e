"""forecasts_latest, forecast_fan, forecast_history; promotions and runs, which they are named by."""

import numpy as np
import pandas as pd

COLUMNS = (
    "run_id, model, model_kind, horizon, fold, symbol, origin, point, target, quantile_levels, quantile_values, written_at"
)
# Bounds of a forecast's intervals, by their levels.
BOUNDS = {
    "lower_90": 0.05, "lower_80": 0.1, "lower_50": 0.25, "median": 0.5, "upper_50": 0.75, "upper_80": 0.9, "upper_90": 0.95
}  # fmt: skip


def quantile(levels, values, q):
    """Linear between the levels around q; NaN where they do not reach it."""
    inside = len(levels) and levels[0] - 1e-9 <= q <= levels[-1] + 1e-9
    return float(np.interp(q, levels, values)) if inside else np.nan


def label(model, horizon):
    return model if horizon == 5 else f"{model}, {horizon} sessions"


def ahead(sessions, origin, horizon):
    """The session `horizon` sessions after `origin`; weekdays after the newest."""
    place = sessions.index(origin) + horizon
    if place < len(sessions):
        return sessions[place]
    return sessions[-1] + pd.offsets.BDay(place - len(sessions) + 1)


def forecasts(read, known):
    backtests = read(f"select {COLUMNS} from forecasts.backtests final where isFinite(point) and isFinite(target)")
    names = {row.run_id: label(row.model, row.horizon) for row in backtests.drop_duplicates("run_id").itertuples()}
    decisions = read("select * from ops.promotions final order by decided_at, model_version, run_id")
    written = read("select * from forecasts.forecasts final")
    written["model"] = [names.get(row.run_id, row.model_name) for row in written.itertuples()]
    outcomes(written, known)
    history = answered(written[~written.shadow])
    newest, fan = week_ahead(written[~written.shadow].copy(), known)
    return {
        "_backtests": backtests,
        "_written": written,
        "_champion_runs": champions(decisions, names)[0],
        "_champion_models": champions(decisions, names)[1],
        "promotions": (["model_name", "decided_at", "model_version", "run_id"], evidence(decisions)),
        "champion_history": (["model_name", "champion_from"], reigns(decisions, names, read)),
        "forecast_history": (["model_name", "symbol", "origin"], history),
        "forecasts_latest": (["model_name", "symbol"], newest),
        "forecast_fan": (["model_name", "symbol", "date"], fan),
    }


def outcomes(written, known):
    """Target sessions, and what came where the symbol traded at both ends."""
    sessions = known["_sessions"]
    closes = known["_daily"].set_index(["symbol", "session"]).adj_close
    written["week_ahead_date"] = [ahead(sessions, row.origin, row.horizon) for row in written.itertuples()]
    ends = [(row.symbol, row.week_ahead_date) for row in written.itertuples()]
    starts = [(row.symbol, row.origin) for row in written.itertuples()]
    if len(written):
        written["realised"] = np.log(closes.reindex(ends).to_numpy() / closes.reindex(starts).to_numpy())
    else:
        written["realised"] = pd.Series(dtype=float)
    written["come"] = written.week_ahead_date <= sessions[-1] if sessions else False
    for name, q in BOUNDS.items():
        written[name] = [quantile(row.quantile_levels, row.quantile_values, q) for row in written.itertuples()]


def answered(written):
    order = written.assign(waits=~written.come).sort_values(["waits", "written_at", "model_version", "horizon"])
    last = order.groupby(["model_name", "symbol", "origin"], as_index=False, dropna=False).tail(1).copy()
    inside = np.where((last.lower_80 <= last.realised) & (last.realised <= last.upper_80), "inside", "outside")
    unknown = last.realised.isna() | last.lower_80.isna() | last.upper_80.isna()
    kept = ["model_name", "symbol", "origin", "horizon", "model", "model_version", "run_id", "week_ahead_date", "origin_close"]
    frame = last[kept].copy()
    frame["target_session"] = last.week_ahead_date.where(last.come)
    frame["forecast_price"], frame["expected_move"] = last.origin_close * np.exp(last.point), np.expm1(last.point)
    for name in ("lower_80", "upper_80", "realised"):
        frame[f"{name}_price"], frame[f"{name}_move"] = last.origin_close * np.exp(last[name]), np.expm1(last[name])
    frame["inside_80"] = np.where(~last.come, "to come", np.where(unknown, "unknown", inside))
    frame["error_bps"] = 1e4 * (last.realised - last.point)
    return frame


def week_ahead(written, known):
    """The newest forecast of each symbol that is about a day after the newest origin of its model, and its picture."""
    newest = written.groupby("model_name").origin.transform("max")
    due = written[written.week_ahead_date > newest].sort_values(["origin", "written_at", "model_version", "horizon"])
    due = due.groupby(["model_name", "symbol"], as_index=False).tail(1)
    kept = ["model_name", "symbol", "model", "model_version", "horizon", "origin", "week_ahead_date", "origin_close", "run_id"]
    frame = due[[*kept, "written_at"]].copy()
    frame["point_price"] = due.origin_close * np.exp(due.point)
    frame["expected_move"] = np.expm1(due.point)
    for bound in BOUNDS:
        frame[f"{bound}_price"] = due.origin_close * np.exp(due[bound])
    frame["lower_80_move"], frame["upper_80_move"] = np.expm1(due.lower_80), np.expm1(due.upper_80)
    frame["width_80"] = frame.upper_80_move - frame.lower_80_move
    order = frame.assign(size=-frame.expected_move.abs()).sort_values(["model_name", "size", "symbol"])
    frame["move_rank"] = order.groupby("model_name").cumcount() + 1
    return frame, picture(frame, known)


def picture(newest, known):
    sessions, closes, rows = known["_sessions"], known["_daily"].set_index(["symbol", "session"]).adj_close, []
    for row in newest.itertuples():
        place = sessions.index(row.origin)
        for step in range(-min(59, place), row.horizon + 1):
            date = ahead(sessions, row.origin, step)
            close = row.origin_close * closes.get((row.symbol, date), np.nan) / closes.get((row.symbol, row.origin), np.nan)
            line = {"model_name": row.model_name, "symbol": row.symbol, "date": date, "origin": row.origin, "close": close}
            for bound in BOUNDS:
                end = getattr(row, f"{bound}_price")
                line[bound] = row.origin_close + (end - row.origin_close) * step / row.horizon if step >= 0 else np.nan
            rows.append(line)
    return pd.DataFrame(rows)


def champions(decisions, names):
    """Runs of the champions of now, and what their models are called."""
    last = decisions[decisions.promoted].groupby("model_name").tail(1)
    return set(last.run_id), {names.get(row.run_id, row.model_kind) for row in last.itertuples()}


def evidence(decisions):
    frame = decisions[["model_name", "decided_at", "model_version", "run_id", "model_kind", "promoted", "reason"]].copy()
    by_whom = {"by_hand": "by hand", "rollback": "rollback"}
    frame["decision"] = [by_whom.get(row.metric, "promoted" if row.promoted else "kept") for row in decisions.itertuples()]
    frame["previous_version"] = decisions.previous_version.where(decisions.previous_version > 0)
    for value in ("challenger_value", "champion_value", "p_value"):
        frame[value] = decisions[value].where(np.isfinite(decisions[value].astype(float)))
    frame["improvement"] = 1 - frame.challenger_value / frame.champion_value
    return frame


def reigns(decisions, names, read):
    made = decisions[decisions.promoted].copy()
    now = read("select max(ingested_at) as now from staging.stg_loads").now.iloc[0]
    frame = made[["model_name", "model_version", "model_kind", "run_id"]].copy()
    frame["champion_from"] = made.decided_at
    frame["champion_until"] = made.groupby("model_name").decided_at.shift(-1)
    frame["model"] = [names.get(row.run_id, row.model_kind) for row in made.itertuples()]
    frame["champion_until_or_now"] = frame.champion_until.fillna(frame.champion_from.clip(lower=now))
    frame["days"] = (frame.champion_until_or_now - frame.champion_from).dt.total_seconds() // 1 / 86400
    return frame
