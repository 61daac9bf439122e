//! Where an INSERT's SQL ends and its data begins.

use super::{Kind, Lexer, Token};

/// The SQL part of an INSERT that carries data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InsertHead {
    /// The statement without its FORMAT clause: what `chdb_stream_insert` takes.
    pub(crate) sql: Vec<u8>,
    /// The data's format; `None` when the statement names none.
    pub(crate) format: Option<String>,
    /// Where the data begins in the scanned text.
    pub(crate) data_at: usize,
}

/// What a scan of (the beginning of) a statement found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scan {
    /// An INSERT that carries data.
    Data(InsertHead),
    /// Any other statement, INSERT ... SELECT among them.
    Statement,
    /// The text ends before that can be told.
    Open,
}

/// Scans a statement's beginning. Nothing behind the point where data begins is looked at.
pub(crate) fn scan_insert(text: &[u8]) -> Scan {
    let mut words = Words { text, lexer: Lexer::new(text).peekable() };
    if words.lexer.peek().is_none() {
        return Scan::Open;
    }
    if !words.next_is("INSERT") {
        return Scan::Statement;
    }
    words.lexer.next();
    if words.skip_target().is_none() {
        return Scan::Open;
    }
    let mut depth = 0usize;
    while let Some(token) = words.lexer.next() {
        match token.kind {
            Kind::Punct(b'(') => depth += 1,
            Kind::Punct(b')') => depth = depth.saturating_sub(1),
            Kind::Word if depth == 0 => {
                if words.matches(&token, "VALUES") {
                    return Scan::Data(words.head(&token, Some("Values".to_owned()), token.end, b""));
                }
                if words.matches(&token, "FORMAT") {
                    return words.format_clause(&token);
                }
                if ["SELECT", "WITH", "FROM", "WATCH", "EXPLAIN"].iter().any(|w| words.matches(&token, w)) {
                    return Scan::Statement;
                }
            }
            Kind::Broken => return Scan::Open,
            _ => {}
        }
        // INSERT INTO t (SELECT ...)
        if depth == 1 && (words.next_is("SELECT") || words.next_is("WITH")) {
            return Scan::Statement;
        }
    }
    Scan::Open
}

struct Words<'a> {
    text: &'a [u8],
    lexer: std::iter::Peekable<Lexer<'a>>,
}

impl Words<'_> {
    fn matches(&self, token: &Token, word: &str) -> bool {
        is_word(self.text, token, word)
    }

    fn next_is(&mut self, word: &str) -> bool {
        self.lexer.peek().copied().is_some_and(|next| self.matches(&next, word))
    }

    /// Steps over `[INTO] [TABLE] [FUNCTION] name[.name]`, so that a table may be called `format`.
    fn skip_target(&mut self) -> Option<()> {
        for word in ["INTO", "TABLE", "FUNCTION"] {
            let next = *self.lexer.peek()?;
            if self.matches(&next, word) {
                self.lexer.next();
            }
        }
        self.skip_name()?;
        while self.lexer.peek()?.kind == Kind::Punct(b'.') {
            self.lexer.next();
            self.skip_name()?;
        }
        Some(())
    }

    /// One name: a word, a quoted name or a `{name:Identifier}`.
    fn skip_name(&mut self) -> Option<()> {
        if self.lexer.next()?.kind == Kind::Punct(b'{') {
            while self.lexer.next()?.kind != Kind::Punct(b'}') {}
        }
        Some(())
    }

    fn head(&self, clause: &Token, format: Option<String>, data_at: usize, tail: &[u8]) -> InsertHead {
        let sql = [&self.text[..clause.start], tail].concat();
        InsertHead { sql, format, data_at }
    }

    /// `FORMAT name [SETTINGS a = 1, ..]`, then blanks and one line end, then data.
    fn format_clause(&mut self, clause: &Token) -> Scan {
        let Some(name) = self.lexer.next() else { return Scan::Open };
        if name.kind != Kind::Word {
            return Scan::Statement;
        }
        let format = String::from_utf8_lossy(&self.text[name.start..name.end]).into_owned();
        let (mut end, mut tail) = (name.end, &b""[..]);
        if self.next_is("SETTINGS") {
            let start = self.lexer.next().map_or(end, |t| t.start);
            let Some(last) = self.skip_settings() else { return Scan::Open };
            (end, tail) = (last, &self.text[start..last]);
        }
        let data_at = if format.eq_ignore_ascii_case("Values") { end } else { skip_line_end(self.text, end) };
        Scan::Data(self.head(clause, Some(format), data_at, tail))
    }

    /// `name = value [, name = value]`; the end of the last value.
    fn skip_settings(&mut self) -> Option<usize> {
        loop {
            let mut end = 0;
            for _ in ["name", "=", "value"] {
                let token = self.lexer.next()?;
                end = if token.kind == Kind::Punct(b'-') { self.lexer.next()?.end } else { token.end };
            }
            if self.lexer.peek().map(|t| t.kind) != Some(Kind::Punct(b',')) {
                return Some(end);
            }
            self.lexer.next();
        }
    }
}

fn is_word(text: &[u8], token: &Token, word: &str) -> bool {
    token.kind == Kind::Word && text[token.start..token.end].eq_ignore_ascii_case(word.as_bytes())
}

fn skip_line_end(text: &[u8], mut at: usize) -> usize {
    at += text[at..].iter().take_while(|b| matches!(b, b' ' | b'\t' | 0x0c)).count();
    at += usize::from(text.get(at) == Some(&b'\r'));
    at + usize::from(text.get(at) == Some(&b'\n'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn data(text: &str) -> (String, String, String) {
        match scan_insert(text.as_bytes()) {
            Scan::Data(head) => {
                (String::from_utf8(head.sql).unwrap(), head.format.unwrap(), text[head.data_at..].to_owned())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn splits_sql_from_data() {
        let split = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(data("INSERT INTO t FORMAT CSV\n1,';"), split("INSERT INTO t ", "CSV", "1,';"));
        assert_eq!(
            data("insert into format (a, values) values (1)"),
            split("insert into format (a, values) ", "Values", " (1)")
        );
        assert_eq!(
            data("/* FORMAT X */ INSERT INTO `a`.\"values\" FORMAT /**/ Native \r\n\0\x01"),
            split("/* FORMAT X */ INSERT INTO `a`.\"values\" ", "Native", "\0\x01")
        );
        assert_eq!(
            data("INSERT INTO t SETTINGS async_insert=1 FORMAT TSV SETTINGS a='b', c=1 \n2"),
            split("INSERT INTO t SETTINGS async_insert=1 SETTINGS a='b', c=1", "TSV", "2")
        );
        assert_eq!(data("INSERT INTO FUNCTION null('a Int8') VALUES(1)").2, "(1)");
        assert_eq!(data("INSERT INTO {t:Identifier} (a) FORMAT CSV 1").2, "1");
    }

    #[test]
    fn other_statements_carry_no_data() {
        for sql in [
            "select 1",
            "INSERT INTO t SELECT 1 FORMAT CSV",
            "insert into t (a) (select 1)",
            "INSERT INTO t WITH 1 AS x SELECT x",
        ] {
            assert_eq!(scan_insert(sql.as_bytes()), Scan::Statement, "{sql}");
        }
        for sql in
            ["", "INSERT", "INSERT INTO t", "INSERT INTO t (a", "INSERT INTO t FORMAT", "INSERT INTO t 'x"]
        {
            assert_eq!(scan_insert(sql.as_bytes()), Scan::Open, "{sql}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "(INSERT INTO |FORMAT |VALUES|SETTINGS|[a'(){}.,=;\"\\\\ \n]|CSV){0,20}") {
            let _ = scan_insert(text.as_bytes());
        }
    }
}
