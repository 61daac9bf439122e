//! An answer as Yahoo writes it.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Serialize, Serializer};
use serde_json::json;

use super::adjust::Factors;
use super::{DayQuote, SymbolQuotes};

/// The answer for the days of `range`; prices are split-adjusted up to its end.
pub(super) fn render(symbol: &str, quotes: &SymbolQuotes, range: Range<usize>) -> Vec<u8> {
    let past = &quotes.days()[..range.end];
    let factors = Factors::of(past);
    let column = |value: &dyn Fn(usize, &DayQuote) -> f64| -> Vec<Number> {
        range.clone().map(|t| Number(value(t, &past[t]))).collect()
    };
    let chart = Chart {
        meta: json!({
            "currency": "USD", "symbol": symbol, "exchangeName": "NYQ", "instrumentType": "EQUITY",
            "firstTradeDate": quotes.opens_at().first(), "gmtoffset": -18_000, "timezone": "EST",
            "exchangeTimezoneName": "America/New_York", "dataGranularity": "1d", "range": "",
        }),
        timestamp: &quotes.opens_at()[range.clone()],
        events: Events::of(quotes, range.clone(), &factors),
        indicators: Indicators {
            quote: [Columns {
                open: column(&|t, day| day.bar.open / factors.split[t]),
                high: column(&|t, day| day.bar.high / factors.split[t]),
                low: column(&|t, day| day.bar.low / factors.split[t]),
                close: column(&|t, day| day.bar.close / factors.split[t]),
                volume: column(&|t, day| day.bar.volume * factors.split[t]),
            }],
            adjclose: [AdjustedClose {
                adjclose: column(&|t, day| day.bar.close / factors.split[t] * factors.dividend[t]),
            }],
        },
    };
    let answer = Answer { chart: Body { result: [chart], error: None } };
    serde_json::to_vec(&answer).unwrap_or_default()
}

/// The answer for a symbol nobody knows.
pub(super) fn not_found() -> String {
    refusal("Not Found", "No data found, symbol may be delisted")
}

/// The answer for a range without data.
pub(super) fn no_data(period1: i64, period2: i64) -> String {
    refusal("Bad Request", &format!("Data doesn't exist for startDate = {period1}, endDate = {period2}"))
}

fn refusal(code: &str, description: &str) -> String {
    json!({ "chart": { "result": null, "error": { "code": code, "description": description } } }).to_string()
}

#[derive(Serialize)]
struct Answer<'a> {
    chart: Body<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
    result: [Chart<'a>; 1],
    error: Option<()>,
}

#[derive(Serialize)]
struct Chart<'a> {
    meta: serde_json::Value,
    timestamp: &'a [i64],
    #[serde(skip_serializing_if = "Events::is_empty")]
    events: Events,
    indicators: Indicators,
}

#[derive(Serialize)]
struct Indicators {
    quote: [Columns; 1],
    adjclose: [AdjustedClose; 1],
}

#[derive(Serialize)]
struct Columns {
    open: Vec<Number>,
    high: Vec<Number>,
    low: Vec<Number>,
    close: Vec<Number>,
    volume: Vec<Number>,
}

#[derive(Serialize)]
struct AdjustedClose {
    adjclose: Vec<Number>,
}

#[derive(Serialize)]
struct Events {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    dividends: BTreeMap<i64, serde_json::Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    splits: BTreeMap<i64, serde_json::Value>,
}

impl Events {
    fn of(quotes: &SymbolQuotes, range: Range<usize>, factors: &Factors) -> Self {
        let mut events = Self { dividends: BTreeMap::new(), splits: BTreeMap::new() };
        for t in range {
            let (date, action) = (quotes.opens_at()[t], quotes.days()[t].action);
            if action.dividend > 0.0 {
                let amount = action.dividend / factors.split[t];
                events.dividends.insert(date, json!({ "amount": amount, "date": date }));
            }
            if action.split != 1.0 {
                let (new, old) = ratio(action.split);
                let text = format!("{new}:{old}");
                let split = json!({ "date": date, "numerator": new, "denominator": old, "splitRatio": text });
                events.splits.insert(date, split);
            }
        }
        events
    }

    fn is_empty(&self) -> bool {
        self.dividends.is_empty() && self.splits.is_empty()
    }
}

/// A split as numerator and denominator, whole when a small denominator makes it so.
fn ratio(split: f64) -> (f64, f64) {
    let whole = |n: f64| (n - n.round()).abs() < 1e-9 * n && n.round() >= 1.0;
    let old = (1..=100).map(f64::from).find(|old| whole(split * old));
    old.map_or((split, 1.0), |old| ((split * old).round(), old))
}

/// Whole numbers without a fraction, as Yahoo writes volumes; null for NaN.
struct Number(f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 && self.0.abs() < 9e15 {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_written_in_whole_numbers() {
        assert_eq!(ratio(2.0), (2.0, 1.0));
        assert_eq!(ratio(1.5), (3.0, 2.0));
        assert_eq!(ratio(0.1), (1.0, 10.0));
        assert_eq!(ratio(7.0), (7.0, 1.0));
        assert_eq!(ratio(1.0 / 3.0), (1.0, 3.0));
        assert_eq!(ratio(1.234567891), (1.234567891, 1.0));
    }
}
