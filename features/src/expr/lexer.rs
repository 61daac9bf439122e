//! Text to tokens.

use std::ops::Range;

use super::ParseError;

/// A word of an expression and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'a> {
    pub kind: Kind<'a>,
    pub span: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind<'a> {
    Number(f64),
    /// An operator or a field.
    Name(&'a str),
    /// A field, since it was written with a `$`; without it here.
    Dollar(&'a str),
    Sign(&'static str),
    End,
}

/// Longer signs first: the first that fits is taken.
const SIGNS: [&str; 13] = [">=", "<=", "==", "!=", ">", "<", "+", "-", "*", "/", "(", ")", ","];

/// All tokens of a text, and an `End`.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, ParseError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let token = token(text, at, first)?;
        at = token.span.end;
        tokens.push(token);
    }
    tokens.push(Token { kind: Kind::End, span: text.trim_end().len()..text.trim_end().len() });
    Ok(tokens)
}

fn token(text: &str, at: usize, first: char) -> Result<Token<'_>, ParseError> {
    let rest = &text[at..];
    let (kind, length) = if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
        (Kind::Sign(sign), sign.len())
    } else if first.is_ascii_digit() || first == '.' {
        number(text, at)?
    } else if first == '$' && !word(&rest[1..]).is_empty() {
        let name = word(&rest[1..]);
        (Kind::Dollar(name), 1 + name.len())
    } else {
        (Kind::Name(word(rest)), word(rest).len())
    };
    if length == 0 {
        let hint = "use fields, numbers, + - * / comparisons and operators such as Mean(close, 20)";
        return Err(ParseError::new(text, at..at + first.len_utf8(), format!("unexpected `{first}`"), hint));
    }
    Ok(Token { kind, span: at..at + length })
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

fn number(text: &str, at: usize) -> Result<(Kind<'_>, usize), ParseError> {
    let length = number_length(&text.as_bytes()[at..]);
    match text[at..at + length].parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((Kind::Number(value), length)),
        _ => {
            let message = format!("`{}` is not a number", &text[at..at + length]);
            Err(ParseError::new(text, at..at + length, message, "write it as 20, 0.5 or 1e-6"))
        }
    }
}

/// How many bytes from the start can belong to a number; an exponent's sign counts only behind its `e`.
fn number_length(bytes: &[u8]) -> usize {
    let belongs = |i: usize| match bytes[i] {
        b'+' | b'-' => matches!(bytes[i - 1], b'e' | b'E'),
        byte => byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_',
    };
    (1..bytes.len()).find(|i| !belongs(*i)).unwrap_or(bytes.len())
}
