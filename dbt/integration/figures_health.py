"""freshness, pipeline_*, dbt_*, feature_drift: from loads, builds and steps as they were recorded."""

import numpy as np
import pandas as pd


def health(read, known):
    listed = pipeline_loads(read("select *, symbols.symbol as names, symbols.outcome as outcomes from staging.stg_loads final"))
    fresh, results = freshness(known), dbt_results(read("select * from ops.dbt_results final"))
    drift = feature_drift(read("select * from ops.feature_stats final"))
    return {
        "freshness": (["symbol"], fresh),
        "pipeline_loads": (["load_id"], listed),
        "pipeline_steps": (["pipeline_run_id", "step"], steps(read("select * from ops.pipeline_runs final"))),
        "dbt_results": (["invocation_id", "unique_id"], results),
        "dbt_runs": (["invocation_id"], dbt_runs(results)),
        "feature_drift": (["view", "feature", "as_of"], drift),
        "pipeline_health": (["loads"], at_a_glance(fresh, listed, results, drift, known)),
    }


def freshness(known):
    sessions = {session: number for number, session in enumerate(known["_sessions"])}
    frame = known["market_latest"][1][["symbol", "last_session", "last_knowledge_time"]].copy()
    frame["newest_session"] = known["_sessions"][-1]
    frame["sessions_behind"] = len(sessions) - 1 - frame.last_session.map(sessions)
    written = known["_written"]
    frame["last_forecast_origin"] = frame.symbol.map(written[~written.shadow].groupby("symbol").origin.max())
    frame["status"] = np.select([frame.sessions_behind == 0, frame.sessions_behind <= 10], ["fresh", "late"], "stale")
    return frame


def pipeline_loads(loads):
    kept = ["load_id", "ingested_at", "source", "rows_accepted", "rows_rejected", "symbols_ok", "symbols_empty", "symbols_failed"]
    frame = loads[[*kept, "size_bytes"]].copy()
    seen = loads.rows_accepted + loads.rows_rejected
    frame["day"] = loads.ingested_at.dt.normalize()
    frame["rejected_share"] = (loads.rows_rejected / seen).fillna(0)
    failed = [[name for name, outcome in zip(row.names, row.outcomes) if outcome == "failed"] for row in loads.itertuples()]
    frame["failed_symbols"] = [", ".join(names[:20] + ["..."] * (len(names) > 20)) for names in failed]
    none, all_of_them = loads.symbols_failed == 0, loads.symbols_failed == loads.symbol_count
    frame["status"] = np.select([none, all_of_them], ["ok", "failed"], "partial")
    return frame


def steps(runs):
    if runs.empty:
        return runs
    frame = runs.copy()
    frame["run_started_at"] = runs.groupby("pipeline_run_id").started_at.transform("min")
    frame["seconds"] = (runs.finished_at - runs.started_at).dt.total_seconds().where(runs.status != "running")
    return frame


def dbt_results(recorded):
    if recorded.empty:
        return recorded.assign(is_latest=[])
    whole = recorded[recorded.whole].invoked_at.max()
    last = recorded.sort_values(["invoked_at", "invocation_id"]).groupby("unique_id").tail(1)
    last = last[(last.invoked_at >= whole) | pd.isna(whole)]
    return recorded.drop(columns="whole").assign(is_latest=recorded.index.isin(last.index))


def dbt_runs(results):
    lines = []
    for invocation_id, rows in results.groupby("invocation_id"):
        count = lambda kind, *statuses: ((rows.kind == kind) & rows.status.isin(statuses)).sum()
        lines.append({
            "invocation_id": invocation_id,
            "invoked_at": rows.invoked_at.iloc[0],
            "finished_at": rows.finished_at.max(),
            "seconds": (rows.finished_at.max() - rows.invoked_at.iloc[0]).total_seconds(),
            "models_built": count("model", "success"),
            "models_failed": count("model", "error", "partial success"),
            "models_skipped": count("model", "skipped"),
            "tests_passed": count("test", "pass"),
            "tests_warned": count("test", "warn"),
            "tests_failed": count("test", "fail", "error"),
            "tests_skipped": count("test", "skipped"),
        })  # fmt: skip
    frame = pd.DataFrame(lines)
    return frame if frame.empty else frame.assign(is_latest=frame.invoked_at == frame.invoked_at.max())


def feature_drift(stats):
    if stats.empty:
        return stats
    stats = stats.sort_values(["written_at", "view_version"]).groupby(["view", "feature", "as_of"], as_index=False).tail(1)
    frame = stats[["view", "view_version", "feature", "as_of"]].copy()
    for column in ("psi", "null_rate", "training_null_rate", "mean", "training_mean"):
        frame[column] = stats[column].where(np.isfinite(stats[column]))
    places = [frame.psi.isna(), frame.psi < 0.1, frame.psi < 0.25]
    frame["status"] = np.select(places, ["unknown", "stable", "shifting"], "drifted")
    frame["is_latest"] = frame.as_of == frame.groupby("view").as_of.transform("max")
    order = frame[frame.is_latest].sort_values(["psi", "view", "feature"], ascending=[False, True, True], na_position="last")
    return frame.assign(psi_rank=pd.Series(range(1, len(order) + 1), index=order.index))


def at_a_glance(fresh, loads, results, drift, known):
    last = loads.sort_values(["ingested_at", "load_id"]).iloc[-1]
    tests = results[results.is_latest.astype(bool) & (results.kind == "test")]
    written = known["_written"][~known["_written"].shadow]
    latest = drift[drift.is_latest] if len(drift) else drift
    line = {
        "loads": len(loads), "symbols": len(fresh), "newest_session": known["_sessions"][-1],
        **{f"symbols_{status}": (fresh.status == status).sum() for status in ("fresh", "late", "stale")},
        "fresh_share": (fresh.status == "fresh").mean(),
        "last_load_at": last.ingested_at, "last_load_status": last.status,
        "last_load_rows_accepted": last.rows_accepted, "last_load_rejected_share": last.rejected_share,
        "rows_accepted": loads.rows_accepted.sum(), "rows_rejected": loads.rows_rejected.sum(),
        "tests_passed": (tests.status == "pass").sum(), "tests_failed": tests.status.isin(["fail", "error"]).sum(),
        "features_watched": len(latest), "features_drifted": (latest.status == "drifted").sum() if len(latest) else 0,
        "newest_forecast_origin": written.origin.max(), "forecasts_written": len(written),
        "forecasts_scored": written.realised.notna().sum(),
    }  # fmt: skip
    return pd.DataFrame([line])
