//! What a provider does wrong, on purpose and on schedule.

use std::path::Path;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use weekahead_market::{Session, Symbol};

use super::SymbolQuotes;
use crate::{Error, Result};

/// Faults in order; the first rule that applies to a request is the one that happens.
///
/// ```
/// use weekahead_ingest::replay::{Fault, FaultPlan};
/// let toml = "[[faults]]\nsymbol = \"AAPL\"\ntimes = 2\nkind = \"status\"\nstatus = 503\n";
/// let plan = FaultPlan::parse(toml).unwrap();
/// let symbol = "AAPL".parse().unwrap();
/// assert_eq!(plan, FaultPlan::default().on(&symbol, 2, Fault::status(503)));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FaultPlan {
    /// The rules.
    #[serde(default)]
    pub faults: Vec<FaultRule>,
}

/// One fault, and when it happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultRule {
    /// The symbol; any when absent.
    pub symbol: Option<Symbol>,
    /// How many requests it spoils; every one when absent.
    pub times: Option<u32>,
    /// What happens.
    #[serde(flatten)]
    pub fault: Fault,
}

/// What can go wrong with one request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// Another status, with a body of choice.
    Status {
        /// HTTP status.
        status: u16,
        /// The body.
        #[serde(default)]
        body: String,
        /// Seconds in `Retry-After`; no such header when absent.
        retry_after_s: Option<u64>,
    },
    /// Success with another body.
    Body {
        /// The body.
        body: String,
    },
    /// The right answer, late.
    Delay {
        /// How late.
        delay_ms: u64,
    },
    /// The right answer's beginning, as if it were all of it.
    CutOff {
        /// How much of it.
        keep_bytes: usize,
    },
    /// The right answer's beginning, then the connection breaks.
    HangUp {
        /// How much of it.
        keep_bytes: usize,
    },
    /// A page of something in between, with status 200.
    Html,
    /// All values of one session are null.
    NullRow {
        /// The session.
        session: Session,
    },
    /// The close of one session is null.
    PartialRow {
        /// The session.
        session: Session,
    },
    /// The last session comes twice.
    DuplicateRow,
    /// The prices of one session are others than in the file.
    Restate {
        /// The session.
        session: Session,
        /// What they are multiplied by.
        factor: f64,
    },
}

impl Fault {
    /// Another status, with an empty body.
    pub fn status(status: u16) -> Self {
        Self::Status { status, body: String::new(), retry_after_s: None }
    }

    /// Applies the fault to the right answer.
    pub(super) async fn spoil(&self, right: Bytes, quotes: &SymbolQuotes) -> Response {
        match self {
            Self::Status { status, body, retry_after_s } => refuse(*status, body, *retry_after_s),
            Self::Body { body } => json(Bytes::from(body.clone())),
            Self::Delay { delay_ms } => {
                tokio::time::sleep(Duration::from_millis(*delay_ms)).await;
                json(right)
            }
            Self::CutOff { keep_bytes } => json(right.slice(..right.len().min(*keep_bytes))),
            Self::HangUp { keep_bytes } => {
                let head = right.slice(..right.len().min(*keep_bytes));
                let broken = std::io::Error::other("a planned fault");
                json(Body::from_stream(stream::iter([Ok(head), Err(broken)])))
            }
            Self::Html => ([(CONTENT_TYPE, "text/html")], "<html><body>Will be right back...</body></html>")
                .into_response(),
            Self::NullRow { session } => {
                let all = ["open", "high", "low", "close", "volume"];
                json(edit(&right, quotes, *session, &all, |_| Value::Null))
            }
            Self::PartialRow { session } => json(edit(&right, quotes, *session, &["close"], |_| Value::Null)),
            Self::DuplicateRow => json(repeat_last(&right)),
            Self::Restate { session, factor } => {
                let scale =
                    |price: &Value| price.as_f64().map_or(Value::Null, |price| (price * factor).into());
                json(edit(&right, quotes, *session, &["open", "high", "low", "close"], scale))
            }
        }
    }
}

impl FaultPlan {
    /// Reads a plan: TOML with `[[faults]]` tables.
    ///
    /// # Errors
    /// What the text lacks.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|e| e.to_string())
    }

    /// Reads a plan from a file.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn read(path: &Path) -> Result<Self> {
        let unusable = |reason: String| Error::File { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|e| unusable(e.to_string()))?;
        Self::parse(&text).map_err(unusable)
    }

    /// Adds a fault for the next `times` requests of a symbol.
    pub fn on(mut self, symbol: &Symbol, times: u32, fault: Fault) -> Self {
        self.faults.push(FaultRule { symbol: Some(symbol.clone()), times: Some(times), fault });
        self
    }

    /// Adds a fault for every request of a symbol.
    pub fn always(mut self, symbol: &Symbol, fault: Fault) -> Self {
        self.faults.push(FaultRule { symbol: Some(symbol.clone()), times: None, fault });
        self
    }

    /// The fault of the next request, which is used up by it.
    pub(super) fn next(&mut self, symbol: &Symbol) -> Option<Fault> {
        let applies =
            |rule: &&mut FaultRule| rule.symbol.as_ref().is_none_or(|s| s == symbol) && rule.times != Some(0);
        let rule = self.faults.iter_mut().find(applies)?;
        rule.times = rule.times.map(|times| times - 1);
        Some(rule.fault.clone())
    }
}

/// An answer of the chart API.
pub(super) fn json(body: impl Into<Body>) -> Response {
    ([(CONTENT_TYPE, "application/json;charset=utf-8")], body.into()).into_response()
}

fn refuse(status: u16, body: &str, retry_after_s: Option<u64>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, body.to_owned()).into_response();
    if let Some(seconds) = retry_after_s {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The right answer with some values of one session changed.
/// The answer with its last row once more.
fn repeat_last(right: &Bytes) -> Vec<u8> {
    let mut answer: Value = serde_json::from_slice(right).unwrap_or_default();
    let result = &mut answer["chart"]["result"][0];
    let again = |column: &mut Value| {
        if let Some(column) = column.as_array_mut()
            && let Some(last) = column.last().cloned()
        {
            column.push(last);
        }
    };
    again(&mut result["timestamp"]);
    for name in ["open", "high", "low", "close", "volume"] {
        again(&mut result["indicators"]["quote"][0][name]);
    }
    again(&mut result["indicators"]["adjclose"][0]["adjclose"]);
    answer.to_string().into_bytes()
}

fn edit(
    right: &Bytes,
    quotes: &SymbolQuotes,
    session: Session,
    columns: &[&str],
    change: impl Fn(&Value) -> Value,
) -> Vec<u8> {
    let mut answer: Value = serde_json::from_slice(right).unwrap_or_default();
    let opens_at = quotes.days().iter().position(|day| day.session == session).map(|t| quotes.opens_at()[t]);
    let result = &mut answer["chart"]["result"][0];
    let row =
        result["timestamp"].as_array().and_then(|times| times.iter().position(|t| t.as_i64() == opens_at));
    for column in columns {
        let value = row.and_then(|row| result["indicators"]["quote"][0][*column].get_mut(row));
        if let Some(value) = value {
            *value = change(value);
        }
    }
    answer.to_string().into_bytes()
}
