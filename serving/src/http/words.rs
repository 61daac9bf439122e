//! What texts and numbers of requests may look like, for the OpenAPI document: each is checked where it is read.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A symbol: a letter or digit at least, and signs that go into URLs and object keys.
pub(super) const SYMBOL: &str = "^[.=^/&_-]*[A-Za-z0-9][A-Za-z0-9.=^/&_-]*$";
/// A date, or an instant that begins with one.
pub(super) const AS_OF: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ].+)?$";

/// A symbol.
#[derive(Debug)]
pub struct SymbolText;

/// An instant, or a date for the end of that day in UTC.
#[derive(Debug)]
pub struct AsOfText;

/// The level of a quantile.
#[derive(Debug)]
pub struct LevelNumber;

impl PartialSchema for SymbolText {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(SYMBOL));
        text.max_length(Some(32)).description(Some("A symbol, as the quote provider spells it.")).into()
    }
}

impl PartialSchema for AsOfText {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(AS_OF));
        text.description(Some("RFC 3339, or a date for the end of that day in UTC.")).into()
    }
}

impl PartialSchema for LevelNumber {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Number);
        let number = number.exclusive_minimum(Some(0)).exclusive_maximum(Some(1));
        number.description(Some("The level of a quantile.")).into()
    }
}

impl ToSchema for SymbolText {}
impl ToSchema for AsOfText {}
impl ToSchema for LevelNumber {}

/// Whether a text begins as a date does, `YYYY-MM-DD`, and goes on as an instant, if at all.
pub(super) fn is_dated(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some((date, rest)) = bytes.split_at_checked("YYYY-MM-DD".len()) else { return false };
    let fits =
        |(at, byte): (usize, &u8)| if matches!(at, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() };
    date.iter().enumerate().all(fits) && rest.first().is_none_or(|byte| matches!(byte, b'T' | b't' | b' '))
}

#[cfg(test)]
mod tests {
    use super::is_dated;

    #[test]
    fn what_the_document_forbids_is_no_date() {
        for text in ["2013-01-25", "2013-01-25T23:00:00Z", "2013-01-25 23:00:00+01:00"] {
            assert!(is_dated(text), "{text}");
        }
        for text in ["", "20130125", "+002013-01-25", "2013-01-25x", "2013-1-25", "\u{fc}013-01-25"] {
            assert!(!is_dated(text), "{text}");
        }
    }
}
