//! Numbers out of JSON, straight into one flat buffer: what the scoring and inference protocols have in common.
//!
//! The dialect is Python's, since Python's clients write it: `NaN` and `Infinity` are numbers. What is no number is read as numpy
//! reads it into an array of float32: null is missing, truth is 0 or 1, a text is what `float()` makes of it.

use axum::body::Bytes;
use jiter::{Jiter, JiterError, Peek};

/// The most rows of a request.
pub(super) const MAX_ROWS: usize = 100_000;
/// The largest body that is taken: 16 MiB.
pub(super) const MAX_BODY_BYTES: usize = 16 << 20;
/// Bodies above are read beside the threads that answer requests: 256 KiB.
const LARGE_BODY_BYTES: usize = 256 << 10;

/// Why a body is no matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not what it says: no JSON, no UTF-8, no CSV, or not of the protocol's shape.
    Unreadable(String),
    /// It can be read, but the model has no use for it.
    Unfit(String),
    /// It has more rows than are taken.
    TooManyRows,
}

impl Fault {
    pub(super) fn unreadable(reason: impl Into<String>) -> Self {
        Self::Unreadable(reason.into())
    }

    pub(super) fn unfit(reason: impl Into<String>) -> Self {
        Self::Unfit(reason.into())
    }

    /// What happened and what to do.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Unreadable(reason) | Self::Unfit(reason) => reason.clone(),
            Self::TooManyRows => format!("the request has more than {MAX_ROWS} rows: send it in parts"),
        }
    }
}

impl From<JiterError> for Fault {
    fn from(error: JiterError) -> Self {
        Self::Unreadable(format!("the body is no JSON: {} at byte {}", error.error_type, error.index))
    }
}

/// A reader of a body, whose encoding has been checked.
pub(super) fn reader(body: &[u8]) -> Result<Jiter<'_>, Fault> {
    // What Python's reader does, too: a mark of the byte order is no part of the text.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if std::str::from_utf8(body).is_err() {
        return Err(Fault::unreadable("the body is not UTF-8"));
    }
    Ok(Jiter::new(body).with_allow_inf_nan())
}

/// Reads a body where it holds nobody up.
pub(super) async fn beside<T: Send + 'static>(
    body: Bytes,
    read: impl FnOnce(&[u8]) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    if body.len() <= LARGE_BODY_BYTES {
        return read(&body);
    }
    let reading = tokio::task::spawn_blocking(move || read(&body));
    reading.await.map_err(|_| Fault::unreadable("the body could not be read"))?
}

/// One value, rounded to float32 as numpy rounds it.
pub(super) fn number(jiter: &mut Jiter<'_>, peek: Peek) -> Result<f32, Fault> {
    if peek.is_num() {
        return finite_or_said(jiter, peek);
    }
    match peek {
        Peek::Null => jiter.known_null().map(|()| f32::NAN).map_err(Fault::from),
        Peek::True | Peek::False => Ok(f32::from(u8::from(jiter.known_bool(peek)?))),
        Peek::String => {
            let text = jiter.known_str()?;
            float(text).ok_or_else(|| Fault::unreadable(format!("`{}` is no number", shortened(text))))
        }
        Peek::Array => {
            Err(Fault::unreadable("a list stands where a number should: rows are lists of numbers"))
        }
        Peek::Object => Err(Fault::unreadable("an object stands where a number should")),
        _ => Err(unexpected(jiter)),
    }
}

/// A row of exactly `width` values.
pub(super) fn row(jiter: &mut Jiter<'_>, width: usize, values: &mut Vec<f32>) -> Result<(), Fault> {
    let start = values.len();
    if start >= MAX_ROWS * width {
        return Err(Fault::TooManyRows);
    }
    values.reserve(width);
    let mut next = jiter.known_array()?;
    while let Some(peek) = next {
        if values.len() - start == width {
            let row = start / width;
            return Err(Fault::unfit(format!(
                "row {row} has more than {width} values: one a feature is needed"
            )));
        }
        values.push(number(jiter, peek)?);
        next = jiter.array_step()?;
    }
    let (row, found) = (start / width, values.len() - start);
    if found == width {
        return Ok(());
    }
    Err(Fault::unfit(format!("row {row} has {found} values: {width} are needed, one a feature")))
}

/// What `float()` of Python makes of a text.
pub(super) fn float(text: &str) -> Option<f32> {
    let text = text.trim();
    if !text.contains('_') {
        return text.parse::<f64>().ok().map(|value| value as f32);
    }
    let digit = |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_digit);
    let between = text.match_indices('_').all(|(at, _)| digit(at.checked_sub(1)) && digit(Some(at + 1)));
    between.then(|| text.replace('_', "").parse::<f64>().ok().map(|value| value as f32)).flatten()
}

/// Whole numbers that are too large are refused, others are infinite.
fn finite_or_said(jiter: &mut Jiter<'_>, peek: Peek) -> Result<f32, Fault> {
    let start = jiter.current_index();
    let value = jiter.known_float(peek)?;
    if value.is_infinite() {
        let text = jiter.slice_to_current(start);
        if text.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-') {
            return Err(Fault::unreadable("a whole number is too large for a float"));
        }
    }
    Ok(value as f32)
}

/// Whatever the reader says to a value that begins like none.
fn unexpected(jiter: &mut Jiter<'_>) -> Fault {
    match jiter.next_skip() {
        Ok(()) => Fault::unreadable("the body is no JSON"),
        Err(error) => error.into(),
    }
}

/// A text of the request as it is repeated in an answer.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<f32, Fault> {
        let mut jiter = reader(text.as_bytes())?;
        let peek = jiter.peek()?;
        number(&mut jiter, peek)
    }

    #[test]
    fn values_are_what_numpy_makes_of_them() {
        for (text, expected) in [
            ("1", 1.0),
            ("-0.1", -0.1),
            ("1e39", f32::INFINITY),
            ("1e400", f32::INFINITY),
            ("-Infinity", f32::NEG_INFINITY),
            ("true", 1.0),
            ("\" 1_0.5 \"", 10.5),
            ("\"-inf\"", f32::NEG_INFINITY),
            // Rounded to float64 first: from there it is half way, which goes to the even one.
            ("1.000000059604644775390625000001", 1.0),
            ("16777217", 16_777_216.0),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
        assert!(read("null").unwrap().is_nan() && read("NaN").unwrap().is_nan());
        for text in ["\"\"", "\"abc\"", "\"1__0\"", "\"_1\"", "[1]", "{}", "nul", "", "x", &"1".repeat(400)] {
            assert!(matches!(read(text), Err(Fault::Unreadable(_))), "{text}");
        }
    }

    #[test]
    fn what_is_repeated_is_short() {
        assert_eq!(shortened("abc"), "abc");
        assert_eq!(shortened(&"\u{e9}".repeat(99)), format!("{}...", "\u{e9}".repeat(40)));
    }
}
