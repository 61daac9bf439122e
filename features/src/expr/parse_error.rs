//! An expression that does not parse: where, why, and what to write instead.

use std::fmt;
use std::ops::Range;

/// Why an expression does not parse.
///
/// Prints the source line with a caret under the place:
///
/// ```
/// use weekahead_features::expr::Expr;
/// let error = Expr::parse("close / Meen(close, 20)").unwrap_err();
/// assert_eq!(error.column(), 9);
/// assert_eq!(
///     error.to_string(),
///     "unknown operator `Meen` at column 9\n  | close / Meen(close, 20)\n  |         ^^^^ did you mean `Mean`?"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError(Box<Fault>);

/// In a box, to keep results small.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    text: String,
    span: Range<usize>,
    message: String,
    hint: String,
}

impl ParseError {
    pub(super) fn new(
        text: &str,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self(Box::new(Fault { text: text.to_owned(), span, message: message.into(), hint: hint.into() }))
    }

    /// The byte of the text at which the trouble begins, counted from 1 as editors do.
    pub fn column(&self) -> usize {
        self.0.span.start + 1
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do about it.
    pub fn hint(&self) -> &str {
        &self.0.hint
    }

    /// The line of the text that the place is in, cut around it when it is long, and the place in it.
    fn line(&self) -> (&str, Range<usize>) {
        let Fault { text, span, .. } = &*self.0;
        let line_start = text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[span.start..].find('\n').map_or(text.len(), |length| span.start + length);
        let start = text.floor_char_boundary(span.start.saturating_sub(CONTEXT_BYTES)).max(line_start);
        let end = text.ceil_char_boundary((span.start + CONTEXT_BYTES).min(text.len())).min(line_end);
        (&text[start..end], span.start - start..span.end.clamp(span.start, end) - start)
    }
}

/// How much of a long line is shown on either side of the place.
const CONTEXT_BYTES: usize = 80;

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, span) = self.line();
        let pad = line[..span.start].chars().count();
        let carets = line[span].chars().count().max(1);
        writeln!(f, "{} at column {}", self.message(), self.column())?;
        writeln!(f, "  | {}", line.replace('\t', " "))?;
        write!(f, "  | {:pad$}{:^<carets$} {}", "", "", self.hint())
    }
}

impl std::error::Error for ParseError {}
