//! A lexer with the same token boundaries as ClickHouse's: what it takes for a string, the engine takes for one too.

/// What a token is. Whitespace and comments are skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A bare word: keyword, name or number.
    Word,
    /// A name in backticks, double quotes or typographic double quotes.
    Quoted,
    /// A string in single quotes, the only kind whose value is looked at.
    Text,
    /// Another string form: here-document, hexadecimal or binary.
    OddText,
    /// One byte of punctuation, or an operator's first byte.
    Punct(u8),
    /// Something unfinished (a string or comment that the input ends in) or not SQL at all.
    Broken,
}

/// A token's kind and place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Yields the tokens of `sql` one by one, so that a caller can stop where data begins.
pub(crate) struct Lexer<'a> {
    sql: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(sql: &'a [u8]) -> Self {
        Self { sql, at: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        &self.sql[self.at.min(self.sql.len())..]
    }

    /// Skips whitespace and comments; false when a comment is not closed.
    fn skip_blank(&mut self) -> bool {
        loop {
            let rest = self.rest();
            let step = match rest {
                [b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0, ..] => 1,
                [b'-', b'-', ..] | [b'/', b'/', ..] | [b'#', b' ' | b'!', ..] => line_length(rest),
                [b'/', b'*', ..] => match comment_length(rest) {
                    Some(length) => length,
                    None => return false,
                },
                _ => match unicode_space(rest) {
                    0 => return true,
                    length => length,
                },
            };
            self.at += step;
        }
    }

    fn token_at(rest: &[u8]) -> (Kind, usize) {
        match rest {
            [b'\'', ..] => quoted(rest, b'\'', Kind::Text),
            [quote @ (b'"' | b'`'), ..] => quoted(rest, *quote, Kind::Quoted),
            [b'x' | b'X' | b'b' | b'B', b'\'', ..] => closed(rest, 2, b"'", Kind::OddText),
            [0xe2, 0x80, 0x98, ..] => closed(rest, 3, "\u{2019}".as_bytes(), Kind::OddText),
            [0xe2, 0x80, 0x9c, ..] => closed(rest, 3, "\u{201d}".as_bytes(), Kind::Quoted),
            [b'$', ..] => here_document(rest).unwrap_or_else(|| word_or_punct(rest)),
            [first, ..] if is_word(*first) => word_or_punct(rest),
            [first, ..] if first.is_ascii_punctuation() => (Kind::Punct(*first), 1),
            _ => (Kind::Broken, 1),
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let closed = self.skip_blank();
        let rest = self.rest();
        if rest.is_empty() {
            return None;
        }
        let (kind, length) = if closed { Self::token_at(rest) } else { (Kind::Broken, rest.len()) };
        let start = self.at;
        self.at += length.max(1);
        Some(Token { kind, start, end: self.at })
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn word_or_punct(rest: &[u8]) -> (Kind, usize) {
    match rest.iter().take_while(|b| is_word(**b) || **b == b'$').count() {
        0 => (Kind::Punct(rest[0]), 1),
        1 if rest[0] == b'$' => (Kind::Punct(b'$'), 1),
        length => (Kind::Word, length),
    }
}

fn line_length(rest: &[u8]) -> usize {
    rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len())
}

/// Block comments nest.
fn comment_length(rest: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0usize, 0);
    while at + 2 <= rest.len() {
        match &rest[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The length of a Unicode space or invisible mark that ClickHouse skips; 0 when there is none.
fn unicode_space(rest: &[u8]) -> usize {
    match rest {
        [0xc2, 0xa0 | 0x85, ..] => 2,
        [0xe1, 0x9a, 0x80, ..] | [0xe1, 0xa0, 0x8e, ..] | [0xe3, 0x80, 0x80, ..] | [0xef, 0xbb, 0xbf, ..] => {
            3
        }
        [0xe2, 0x80, 0x80..=0x8d | 0xa8 | 0xa9 | 0xaf, ..] | [0xe2, 0x81, 0x9f | 0xa0, ..] => 3,
        _ => 0,
    }
}

fn quoted(rest: &[u8], quote: u8, kind: Kind) -> (Kind, usize) {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote && rest.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return (kind, at + 1),
            _ => at += 1,
        }
    }
    (Kind::Broken, rest.len())
}

fn closed(rest: &[u8], skip: usize, close: &[u8], kind: Kind) -> (Kind, usize) {
    match find(&rest[skip..], close) {
        Some(at) => (kind, skip + at + close.len()),
        None => (Kind::Broken, rest.len()),
    }
}

/// `$tag$ ... $tag$`.
fn here_document(rest: &[u8]) -> Option<(Kind, usize)> {
    let mark = &rest[..=1 + rest[1..].iter().position(|b| *b == b'$')?];
    let at = find(&rest[mark.len()..], mark)?;
    Some((Kind::OddText, mark.len() + at + mark.len()))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(sql: &str) -> Vec<&str> {
        Lexer::new(sql.as_bytes()).map(|t| &sql[t.start..t.end]).collect()
    }

    #[test]
    fn strings_and_comments_are_not_looked_into() {
        assert_eq!(
            words("a -- b\n'c''d\\'e' /* f /* g */ h */ \"i\"\"j\" `k`"),
            ["a", "'c''d\\'e'", "\"i\"\"j\"", "`k`"]
        );
        assert_eq!(words("$x$ ; 'y $x$ z # w\n//v\nu"), ["$x$ ; 'y $x$", "z", "u"]);
        assert_eq!(words("x'41' 1.5 f\u{a0}(\u{3000}“g”)"), ["x'41'", "1", ".", "5", "f", "(", "“g”", ")"]);
    }

    #[test]
    fn unfinished_input_is_broken() {
        for sql in ["'a", "`a\\", "/* a", "“a", "x'4"] {
            assert_eq!(Lexer::new(sql.as_bytes()).last().map(|t| t.kind), Some(Kind::Broken), "{sql}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_moves_on(sql in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut at = 0;
            for token in Lexer::new(&sql) {
                prop_assert!(token.start >= at && token.end > token.start);
                at = token.end;
            }
        }
    }
}
