"""market_*: from the newest version of each bar."""

import numpy as np
import pandas as pd


# What is known of bars, and no column of market_daily.
EXTRA = ("dividend", "split", "version", "knowledge_time", "factor")


def market(read):
    bars = read(
        "select symbol, session, open, high, low, close, volume, dividend, split, version, knowledge_time from marts.bars "
        "order by symbol, session, version"
    )
    newest = bars.groupby(["symbol", "session"], as_index=False).last()
    daily = pd.concat([series(rows.copy()) for _, rows in newest.groupby("symbol")], ignore_index=True)
    latest = pd.DataFrame([standing(rows) for _, rows in daily.groupby("symbol")])
    order = latest.assign(traded=-latest.traded).sort_values(["traded", "symbol"]).index
    latest["liquidity_rank"] = pd.Series(range(1, len(latest) + 1), index=order)
    latest["last_knowledge_time"] = latest.symbol.map(bars.groupby("symbol").knowledge_time.max())
    daily["liquidity_rank"] = daily.symbol.map(latest.set_index("symbol").liquidity_rank)
    return {
        "_daily": daily,
        "_sessions": sorted(daily.session.unique()),
        "_ranks": latest.set_index("symbol").liquidity_rank,
        "market_daily": (["symbol", "session"], daily.drop(columns=[*EXTRA])),
        "market_latest": (["symbol"], latest.drop(columns="traded")),
        "market_monthly": (["symbol", "month"], monthly(daily)),
        "market_sessions": (["session"], by_session(daily)),
    }


def series(rows):
    """One symbol, in order of sessions."""
    before = rows.close.shift()
    step = (rows.split * before / (before - rows.dividend)).fillna(1)
    rows["factor"] = step.cumprod()
    rows["adj_close"] = rows.close * rows.factor
    rows["log_return"] = np.log(rows.adj_close).diff()
    rows["simple_return"] = rows.adj_close.pct_change()
    rows["dollar_volume"] = rows.close * rows.volume
    rows["growth"] = rows.adj_close / rows.adj_close.iloc[0] - 1
    rows["drawdown"] = rows.adj_close / rows.adj_close.cummax() - 1
    rows["volatility_20_annualised"] = rows.log_return.rolling(20).std() * np.sqrt(252)
    rows["ma_20"] = rows.adj_close.rolling(20).mean()
    rows["ma_50"] = rows.adj_close.rolling(50).mean()
    return rows


def standing(rows):
    """The newest session of one symbol beside those before it."""
    last, year, month = rows.iloc[-1], rows.tail(250), rows.tail(20)
    high, low = ((year[column] * year.factor / last.factor) for column in ("high", "low"))
    change = {
        f"return_{n}": last.adj_close / rows.adj_close.iloc[-1 - n] - 1 if len(rows) > n else np.nan for n in (1, 5, 20, 250)
    }
    return {
        "symbol": last.symbol,
        "last_session": last.session,
        "close": last.close,
        **change,
        "volatility_20_annualised": last.volatility_20_annualised,
        "volume": last.volume,
        "volume_vs_20": last.volume / month.volume.mean(),
        "high_250": high.max(),
        "low_250": low.min(),
        "place_in_range_250": (last.close - low.min()) / (high.max() - low.min()),
        "traded": month.dollar_volume.mean(),
    }


def monthly(daily):
    month = daily.session.dt.to_period("M").dt.to_timestamp().rename("month")
    ends = daily.groupby(["symbol", month]).adj_close.last()
    frame = ends.groupby("symbol").pct_change().rename("simple_return").reset_index()
    return frame.assign(year=frame.month.dt.year, month_number=frame.month.dt.month)


def by_session(daily):
    frame = daily.groupby("session").agg(
        symbols=("symbol", "size"),
        advancers=("log_return", lambda values: (values > 1e-12).sum()),
        decliners=("log_return", lambda values: (values < -1e-12).sum()),
        median_return=("log_return", "median"),
        dispersion=("log_return", "std"),
        dollar_volume=("dollar_volume", "sum"),
    )
    return frame.reset_index().assign(session_number=range(1, len(frame) + 1))
