"""What the marts must hold, computed from the committed loads in plain Python."""

import math
import statistics


def bars(loads):
    """(symbol, session, version) -> (close, knowledge_time, ingested_at, load_id)."""
    observations = {}
    for load in sorted(loads, key=lambda l: (l.ingested_at, l.load_id)):
        for quote in load.quotes:
            observations.setdefault((quote.symbol, quote.session), []).append((quote, load))
    versions = {}
    for (symbol, session), seen in observations.items():
        version, previous = 0, None
        for quote, load in seen:
            if quote.content_hash == previous:
                continue
            previous, version = quote.content_hash, version + 1
            known = quote.available_at if version == 1 else load.ingested_at
            versions[symbol, session, version] = (quote.close, known, load.ingested_at, load.load_id)
    return versions


def prices(loads):
    """(symbol, session) -> (session_number, close, adj_close, log_return, volatility_20)."""
    newest = {}
    for load in sorted(loads, key=lambda l: (l.ingested_at, l.load_id)):
        for quote in load.quotes:
            newest.setdefault(quote.symbol, {})[quote.session] = quote
    rows = {}
    for symbol, by_session in newest.items():
        factor, before, returns = 1.0, None, []
        for number, session in enumerate(sorted(by_session), 1):
            quote, log_return = by_session[session], None
            if before is not None:
                step = quote.split * before / (before - quote.dividend)
                log_return = math.log(step * quote.close / before)
                returns.append(log_return)
                factor *= step
            volatility = statistics.stdev(returns[-20:]) if len(returns) >= 20 else None
            rows[symbol, session] = (number, quote.close, quote.close * factor, log_return, volatility)
            before = quote.close
    return rows


def pinball(levels, values, realised):
    return statistics.mean(max(q * (realised - v), (q - 1) * (realised - v)) for q, v in zip(levels, values))
