//! What a request asks for, read or refused: the extractors of this API, whose refusals are problems.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts};
use axum::http::StatusCode;
use weekahead_market::{AsOf, Session, Symbol};

use super::words::is_dated;
use super::{Api, Problem};

/// The query of a request.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub struct Query<T>(pub T);

/// What the path of a request names.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub struct Path<T>(pub T);

/// The JSON body of a request.
#[derive(Debug, FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub struct Body<T>(pub T);

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(rejection.status(), "malformed", "The query is no such request", rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::new(rejection.status(), "malformed", "The path is no such request", rejection.body_text())
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), "malformed", "The body is no such request", rejection.body_text())
    }
}

/// A request that was read and that asks for what cannot be.
pub(super) fn unprocessable(code: &str, title: &str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, title, detail)
}

/// Where a reader stands: at the instant that is named, or now.
pub(super) fn standing(api: &Api, as_of: Option<&str>) -> Result<AsOf, Problem> {
    let now = AsOf::now(&*api.clock);
    let Some(text) = as_of else { return Ok(now) };
    if !is_dated(text) {
        return Err(crate::Error::from(weekahead_market::Error::AsOf { text: text.to_owned() }).into());
    }
    let as_of: AsOf = text.parse().map_err(crate::Error::from)?;
    if as_of > now {
        let detail = format!("{as_of} lies ahead: leave as_of out to stand at the present");
        return Err(unprocessable("future_as_of", "Not known yet", detail));
    }
    // Stores know the years of the exchange's calendar, and not every instant that can be written.
    api.forecaster.calendar().last_closed(as_of.instant()).map_err(crate::Error::from)?;
    Ok(as_of)
}

/// A session that is named, in the years that stores know.
pub(super) fn session(text: &str) -> Result<Session, Problem> {
    if !is_dated(text) || text.len() > "YYYY-MM-DD".len() {
        return Err(crate::Error::from(weekahead_market::Error::Session { text: text.to_owned() }).into());
    }
    let session: Session = text.parse().map_err(crate::Error::from)?;
    if (1900..2300).contains(&session.date().year()) {
        return Ok(session);
    }
    Err(unprocessable("invalid", "The request is not valid", format!("{session} lies outside 1900 to 2299")))
}

/// That at least one symbol is named, and not more than are taken.
pub(super) fn check_count(count: usize, most: usize) -> Result<(), Problem> {
    if (1..=most).contains(&count) {
        return Ok(());
    }
    let detail = format!("{count} symbols were named: name 1 to {most}");
    Err(unprocessable("symbol_count", "Too few or too many", detail))
}

/// Symbols with commas between them.
pub(super) fn symbols(text: &str, most: usize) -> Result<Vec<Symbol>, Problem> {
    let read = text.split(',').map(|name| Symbol::new(name.trim_matches(' ')));
    let mut symbols = read.collect::<Result<Vec<_>, _>>().map_err(crate::Error::from)?;
    symbols.sort_unstable();
    symbols.dedup();
    if symbols.len() > most {
        let detail = format!("{} symbols were named: name at most {most}", symbols.len());
        return Err(unprocessable("symbol_count", "Too few or too many", detail));
    }
    Ok(symbols)
}
