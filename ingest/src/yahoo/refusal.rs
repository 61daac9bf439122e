//! Answers without a chart: what they mean.

use serde_json::error::Category;

use super::answer::ProviderError;
use crate::Error;

/// How much of a foreign page goes into a message.
const EXCERPT_CHARS: usize = 80;

/// What bytes that are no answer are.
pub(super) fn unreadable(symbol: &str, status: u16, body: &[u8], error: &serde_json::Error) -> Error {
    let symbol = symbol.to_owned();
    let is_json = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if status >= 400 {
        return refused(&symbol, status, None);
    }
    match error.classify() {
        Category::Eof if is_json => Error::CutOff { symbol, reason: error.to_string() },
        Category::Data if is_json => Error::Malformed { symbol, reason: error.to_string() },
        _ => Error::NotJson { symbol, status, excerpt: excerpt(body) },
    }
}

/// What the provider's refusal means.
pub(super) fn refused(symbol: &str, status: u16, error: Option<ProviderError<'_>>) -> Error {
    let symbol = symbol.to_owned();
    let (code, description) = match error {
        Some(error) => (error.code.into_owned(), error.description.into_owned()),
        None => ("no code".to_owned(), "it gave no reason".to_owned()),
    };
    match (status, code.as_str()) {
        (429, _) => Error::RateLimited { symbol, retry_after: None },
        (408 | 425 | 500.., _) => Error::Unavailable { symbol, status, retry_after: None },
        (404, _) | (..400, "Not Found") => Error::NotFound { symbol, description },
        _ if description.starts_with("Data doesn't exist") => Error::NoData { symbol, description },
        _ => Error::Refused { symbol, status, code, description },
    }
}

fn excerpt(body: &[u8]) -> String {
    let head = &body[..body.len().min(4 * EXCERPT_CHARS)];
    String::from_utf8_lossy(head)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(EXCERPT_CHARS)
        .collect()
}
