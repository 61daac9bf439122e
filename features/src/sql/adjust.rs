//! From raw bars to chains of adjusted ones: the first `SELECT`s of every view.

/// Common table expressions from `raw_bars` to `adjusted`, which has besides the raw columns:
///
/// - `_chain`, which counts the series of a symbol that are chained in themselves, and `_row`, which counts the
///   sessions of a chain from 1;
/// - `_price_factor` and `_split_factor`: products, in order of session, of the few steps that are not 1. To the bit
///   what multiplying session by session gives, so that equal prices stay equal;
/// - `_known`: the latest knowledge time of what a row looks back on, other symbols' sessions included where it depends
///   on them.
pub(super) fn adjusted(bars: &str, look_back: usize, is_cross_sectional: bool) -> String {
    let before = look_back - 1;
    let known = if is_cross_sectional { KNOWN_TO_ALL } else { "" };
    let from = if is_cross_sectional { "known" } else { "chains" };
    format!(
        "{BARS}    FROM {bars}\n),\n{ACTIONS}        reach AS (PARTITION BY symbol ORDER BY session ROWS BETWEEN \
         {before} PRECEDING AND CURRENT ROW)\n),\n{CHAINS}{}{ADJUSTED}    FROM {from}\n    WINDOW\n        history AS \
         (PARTITION BY symbol, _chain ORDER BY session ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)\n)",
        known.replace("{before}", &before.to_string()),
    )
}

const BARS: &str = "\
raw_bars AS (
    SELECT symbol, session, open, high, low, close, volume, dividend, split, knowledge_time
";

const ACTIONS: &str = "\
/* The step of the price factor from the session before; where there is none, a new chain starts. */
actions AS (
    SELECT
        *,
        max(knowledge_time) OVER reach AS _known,
        lagInFrame(close, 1, nan) OVER history AS _previous_close,
        multiIf(
            dividend = 0, split,
            _previous_close > dividend, split * _previous_close / (_previous_close - dividend),
            0.0
        ) AS _price_step,
        isFinite(_price_step) AND _price_step > 0 AND isFinite(split) AND split > 0 AS _is_chainable,
        NOT _is_chainable OR row_number() OVER history = 1 AS _starts_chain
    FROM raw_bars
    WINDOW
        history AS (PARTITION BY symbol ORDER BY session ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
";

const CHAINS: &str = "\
chains AS (
    SELECT
        *,
        sum(_starts_chain) OVER history AS _chain
    FROM actions
    WINDOW
        history AS (PARTITION BY symbol ORDER BY session ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),
";

const KNOWN_TO_ALL: &str = "\
/* What depends on other symbols is known when the last of them is. */
sessions AS (
    SELECT * REPLACE max(_known) OVER (PARTITION BY session) AS _known
    FROM chains
),
known AS (
    SELECT * REPLACE max(_known) OVER reach AS _known
    FROM sessions
    WINDOW
        reach AS (PARTITION BY symbol ORDER BY session ROWS BETWEEN {before} PRECEDING AND CURRENT ROW)
),
";

const ADJUSTED: &str = "\
adjusted AS (
    SELECT
        *,
        toFloat64(row_number() OVER history) AS _row,
        groupArrayIf(_price_step, NOT _starts_chain AND _price_step != 1) OVER history AS _price_steps,
        groupArrayIf(split, NOT _starts_chain AND split != 1) OVER history AS _splits,
        /* Of no steps at all, arrayProduct would be 0. */
        arrayProduct(arrayPushFront(_price_steps, 1.0)) AS _price_factor,
        arrayProduct(arrayPushFront(_splits, 1.0)) AS _split_factor
";
