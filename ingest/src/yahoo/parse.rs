//! An answer's bytes into good rows and rejects. Never panics, whatever the bytes.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use weekahead_market::{Bar, CorporateAction, Session};

use super::actions::Actions;
use super::answer::{Answer, ChartResult, QuoteColumns};
use super::columns::Column;
use super::exchange::{Exchange, Exchanges};
use super::refusal;
use super::unadjust::{as_traded, volume_as_traded};
use crate::{Error, Result};

/// What an answer holds.
///
/// # Shape
/// Every timestamp of the answer is counted once: `rows + rejects + null_rows + duplicate_rows + open_rows`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ParsedChart {
    /// Currency as the provider writes it (`GBp` is pence; prices are left in it).
    pub currency: String,
    /// The exchange's time zone.
    pub exchange_zone: String,
    /// Good rows, strictly increasing by session.
    pub rows: Vec<Quote>,
    /// Rows that cannot be used.
    pub rejects: Vec<Reject>,
    /// Rows without any price: the provider has no bar of that session.
    pub null_rows: u64,
    /// Rows of a session that came again later in the answer; the last one counts.
    pub duplicate_rows: u64,
    /// Rows whose session is not over, or not yet available, at the reader's present.
    pub open_rows: u64,
}

/// One good row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quote {
    /// The exchange's date.
    pub session: Session,
    /// The session's close.
    pub event_time: Timestamp,
    /// Raw prices and volume: the split adjustment is undone.
    pub bar: Bar,
    /// Dividends and splits of the session.
    pub action: CorporateAction,
}

/// One row that cannot be used.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reject {
    /// The exchange's date, when the timestamp has one.
    pub session: Option<Session>,
    /// Why, in one word.
    pub reason: String,
    /// The row as the provider said it, as JSON.
    pub detail: String,
}

/// A row with some of its values missing.
pub(crate) const PARTIAL: &str = "missing_values";
const NO_SESSION: &str = "timestamp_out_of_range";

/// Reads an answer that came with HTTP status `status` at `now`; bars are kept once `lag` has passed since their
/// session's close.
///
/// ```
/// use weekahead_ingest::yahoo::{Exchanges, parse_chart};
/// let answer = br#"{"chart":{"result":[{"meta":{"currency":"USD","exchangeTimezoneName":"America/New_York"},
///     "timestamp":[1359124200],"indicators":{"quote":[{"open":[451.69],"high":[456.23],"low":[435.0],
///     "close":[439.88],"volume":[43143800]}]}}],"error":null}}"#;
/// let now = "2013-01-25T23:00:00Z".parse().unwrap();
/// let chart = parse_chart("AAPL", 200, answer, &Exchanges::new(), now, std::time::Duration::ZERO).unwrap();
/// assert_eq!(chart.rows[0].session.to_string(), "2013-01-25");
/// assert_eq!(chart.rows[0].event_time.to_string(), "2013-01-25T21:00:00Z");
/// ```
///
/// # Errors
/// When there is no chart in it: what the provider said instead, or why the whole answer is rejected.
pub fn parse_chart(
    symbol: &str,
    status: u16,
    body: &[u8],
    exchanges: &Exchanges,
    now: Timestamp,
    lag: Duration,
) -> Result<ParsedChart> {
    let answer: Answer = match serde_json::from_slice(body) {
        Ok(answer) => answer,
        Err(error) => return Err(refusal::unreadable(symbol, status, body, &error)),
    };
    let chart = answer.chart.or(answer.finance);
    let (result, error) = chart.map_or((None, None), |chart| (chart.result, chart.error));
    if error.is_some() || status >= 400 {
        return Err(refusal::refused(symbol, status, error));
    }
    let malformed = |reason| Error::Malformed { symbol: symbol.to_owned(), reason };
    let result = result.and_then(|results| results.into_iter().next());
    let result = result.ok_or_else(|| malformed("it has neither a result nor an error".to_owned()))?;
    let closed_by = now.checked_sub(lag).unwrap_or(Timestamp::MIN);
    read_result(result, exchanges, closed_by).map_err(malformed)
}

fn read_result(
    result: ChartResult<'_>,
    exchanges: &Exchanges,
    closed_by: Timestamp,
) -> Result<ParsedChart, String> {
    let meta = result.meta;
    let mut chart = ParsedChart {
        currency: meta.currency.unwrap_or_default().into_owned(),
        exchange_zone: meta.exchange_timezone_name.unwrap_or_default().into_owned(),
        ..ParsedChart::default()
    };
    let timestamps = result.timestamp.unwrap_or_default();
    if timestamps.is_empty() {
        return Ok(chart);
    }
    if let Some(granularity) = meta.data_granularity.filter(|g| g != "1d") {
        return Err(format!("its bars are of {granularity}, not of a day"));
    }
    let regular_end = meta.current_trading_period.and_then(|p| p.regular).and_then(|p| p.end);
    let exchange = exchanges.get(&chart.exchange_zone, regular_end);
    let exchange = exchange.ok_or_else(|| format!("`{}` is no known time zone", chart.exchange_zone))?;
    let quote = result.indicators.quote.into_iter().next().unwrap_or_default();
    let columns = Columns::new(quote, timestamps.len())?;
    let actions = Actions::read(result.events.unwrap_or_default(), &exchange)?;
    let reader = RowReader { exchange, actions, closed_by };
    chart.rows.reserve(timestamps.len());
    for (index, timestamp) in timestamps.into_iter().enumerate() {
        reader.read(timestamp, columns.row(index), &mut chart);
    }
    chart.duplicate_rows = keep_last_of_each_session(&mut chart.rows);
    reader.actions.lay_on(&mut chart.rows);
    Ok(chart)
}

struct RowReader {
    exchange: Arc<Exchange>,
    actions: Actions,
    closed_by: Timestamp,
}

impl RowReader {
    /// Puts one row where it belongs.
    fn read(&self, timestamp: i64, said: Bar, chart: &mut ParsedChart) {
        let reject = |session, reason: &str| Reject {
            session,
            reason: reason.to_owned(),
            detail: detail(timestamp, &said),
        };
        let Some((session, event_time)) = self.exchange.session(timestamp) else {
            return chart.rejects.push(reject(None, NO_SESSION));
        };
        let prices = [said.open, said.high, said.low, said.close];
        let missing = prices.iter().filter(|price| price.is_nan()).count();
        if event_time > self.closed_by {
            chart.open_rows += 1;
        } else if missing == prices.len() && (said.volume.is_nan() || said.volume == 0.0) {
            chart.null_rows += 1;
        } else if missing > 0 || said.volume.is_nan() {
            chart.rejects.push(reject(Some(session), PARTIAL));
        } else {
            let bar = self.unadjusted(session, &said);
            match bar.fault() {
                Some(fault) => chart.rejects.push(reject(Some(session), &fault.to_string())),
                None => chart.rows.push(Quote { session, event_time, bar, action: CorporateAction::NONE }),
            }
        }
    }

    fn unadjusted(&self, session: Session, said: &Bar) -> Bar {
        let factor = self.actions.splits.factor_after(session);
        Bar {
            open: as_traded(said.open, factor),
            high: as_traded(said.high, factor),
            low: as_traded(said.low, factor),
            close: as_traded(said.close, factor),
            volume: volume_as_traded(said.volume, factor),
        }
    }
}

/// The answer's columns, all of the timestamps' length.
struct Columns {
    open: Vec<f64>,
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    volume: Vec<f64>,
}

impl Columns {
    fn new(quote: QuoteColumns, rows: usize) -> Result<Self, String> {
        let of_length = |name: &str, column: Option<Column>| {
            let values = column.unwrap_or_default().0;
            let found = values.len();
            if found == rows {
                Ok(values)
            } else {
                Err(format!("it has {rows} timestamps but {found} of {name}"))
            }
        };
        Ok(Self {
            open: of_length("open", quote.open)?,
            high: of_length("high", quote.high)?,
            low: of_length("low", quote.low)?,
            close: of_length("close", quote.close)?,
            volume: of_length("volume", quote.volume)?,
        })
    }

    /// As the provider said it; NaN where it said null.
    fn row(&self, i: usize) -> Bar {
        Bar {
            open: self.open[i],
            high: self.high[i],
            low: self.low[i],
            close: self.close[i],
            volume: self.volume[i],
        }
    }
}

/// Sorts by session where needed; returns how many rows were dropped.
fn keep_last_of_each_session(rows: &mut Vec<Quote>) -> u64 {
    if rows.is_sorted_by(|a, b| a.session < b.session) {
        return 0;
    }
    let before = rows.len();
    rows.sort_by_key(|row| row.session);
    rows.reverse();
    rows.dedup_by_key(|row| row.session);
    rows.reverse();
    (before - rows.len()) as u64
}

/// NaN becomes null again.
fn detail(timestamp: i64, said: &Bar) -> String {
    let Bar { open, high, low, close, volume } = *said;
    json!({ "timestamp": timestamp, "open": open, "high": high, "low": low, "close": close, "volume": volume }).to_string()
}
