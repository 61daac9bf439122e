//! The shape of an answer, as far as it is used; everything else is skipped without being kept.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::columns::Column;

/// The top of every answer: `chart`, or `finance` when authorization fails.
#[derive(Debug, Deserialize)]
pub(super) struct Answer<'a> {
    #[serde(borrow)]
    pub chart: Option<Chart<'a>>,
    #[serde(borrow)]
    pub finance: Option<Chart<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Chart<'a> {
    #[serde(borrow)]
    pub result: Option<Vec<ChartResult<'a>>>,
    #[serde(borrow)]
    pub error: Option<ProviderError<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ProviderError<'a> {
    #[serde(borrow, default)]
    pub code: Cow<'a, str>,
    #[serde(borrow, default)]
    pub description: Cow<'a, str>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ChartResult<'a> {
    #[serde(borrow)]
    pub meta: Meta<'a>,
    pub timestamp: Option<Vec<i64>>,
    pub events: Option<Events>,
    #[serde(default)]
    pub indicators: Indicators,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta<'a> {
    #[serde(borrow)]
    pub currency: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub exchange_timezone_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub data_granularity: Option<Cow<'a, str>>,
    pub current_trading_period: Option<TradingPeriods>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TradingPeriods {
    pub regular: Option<TradingPeriod>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TradingPeriod {
    pub end: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Indicators {
    #[serde(default)]
    pub quote: Vec<QuoteColumns>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct QuoteColumns {
    pub open: Option<Column>,
    pub high: Option<Column>,
    pub low: Option<Column>,
    pub close: Option<Column>,
    pub volume: Option<Column>,
}

/// Both maps are keyed by epoch seconds as text; a key may be negative and may differ from the inner date.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Events {
    #[serde(default)]
    pub dividends: BTreeMap<String, DividendEvent>,
    #[serde(default)]
    pub splits: BTreeMap<String, SplitEvent>,
}

#[derive(Debug, Deserialize)]
pub(super) struct DividendEvent {
    pub amount: Option<f64>,
    pub date: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SplitEvent {
    pub date: Option<i64>,
    pub numerator: Option<f64>,
    pub denominator: Option<f64>,
}
