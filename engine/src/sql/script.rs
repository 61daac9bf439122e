//! A whole statement as tokens, with the questions the front asks of it.

use super::{Kind, Lexer, Token};

/// A statement's text and its tokens.
pub(crate) struct Script<'a> {
    sql: &'a [u8],
    tokens: Vec<Token>,
}

impl<'a> Script<'a> {
    pub(crate) fn new(sql: &'a [u8]) -> Self {
        Self { sql, tokens: Lexer::new(sql).collect() }
    }

    /// The statement's significant tokens.
    pub(crate) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// A token's text.
    pub(crate) fn text(&self, at: usize) -> &'a [u8] {
        self.tokens.get(at).map_or(b"", |t| self.sql.get(t.start..t.end).unwrap_or(b""))
    }

    pub(crate) fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|t| t.kind)
    }

    /// Whether the token is this bare word, in any case.
    pub(crate) fn is_word(&self, at: usize, word: &str) -> bool {
        self.kind(at) == Some(Kind::Word) && self.text(at).eq_ignore_ascii_case(word.as_bytes())
    }

    pub(crate) fn is_punct(&self, at: usize, byte: u8) -> bool {
        self.kind(at) == Some(Kind::Punct(byte))
    }

    /// A bare or quoted name without its quotes; `None` for anything else.
    pub(crate) fn name(&self, at: usize) -> Option<String> {
        match self.kind(at)? {
            Kind::Word => Some(String::from_utf8_lossy(self.text(at)).into_owned()),
            Kind::Quoted => {
                let text = String::from_utf8_lossy(self.text(at)).into_owned();
                let inner = text.trim_start_matches(['"', '`', '\u{201c}']);
                Some(inner.trim_end_matches(['"', '`', '\u{201d}']).to_owned())
            }
            _ => None,
        }
    }

    /// The value of a plain string without escapes; `None` for anything else.
    pub(crate) fn plain_string(&self, at: usize) -> Option<&'a str> {
        let text = (self.kind(at)? == Kind::Text).then(|| self.text(at))?;
        let inner = text.get(1..text.len().checked_sub(1)?)?;
        std::str::from_utf8(inner).ok().filter(|s| !s.contains(['\\', '\'']))
    }

    pub(crate) fn is_empty(&self) -> bool {
        (0..self.tokens.len()).all(|at| self.is_punct(at, b';'))
    }

    /// Whether something follows a statement's end.
    pub(crate) fn is_multiple(&self) -> bool {
        let end = (0..self.tokens.len()).find(|at| self.is_punct(*at, b';'));
        end.is_some_and(|end| (end..self.tokens.len()).any(|at| !self.is_punct(at, b';')))
    }

    /// Whether a bare word occurs anywhere.
    pub(crate) fn has_word(&self, word: &str) -> bool {
        (0..self.tokens.len()).any(|at| self.is_word(at, word))
    }

    /// The first word, past opening brackets, in upper case.
    pub(crate) fn verb(&self) -> String {
        let at = (0..self.tokens.len()).find(|at| !self.is_punct(*at, b'('));
        at.filter(|at| self.kind(*at) == Some(Kind::Word))
            .map(|at| String::from_utf8_lossy(self.text(at)).to_ascii_uppercase())
            .unwrap_or_default()
    }

    /// The name in a trailing `FORMAT name`, before or after the statement's SETTINGS.
    pub(crate) fn output_format(&self) -> Option<String> {
        let mut depth = 0usize;
        let mut found = None;
        for at in 0..self.tokens.len() {
            match self.tokens[at].kind {
                Kind::Punct(b'(' | b'[' | b'{') => depth += 1,
                Kind::Punct(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
                Kind::Word if depth == 0 && at > 0 && self.is_word(at, "FORMAT") => {
                    found = self.format_name(at + 1).or(found);
                }
                _ => {}
            }
        }
        found
    }

    fn format_name(&self, at: usize) -> Option<String> {
        let ends =
            self.kind(at + 1).is_none() || self.is_punct(at + 1, b';') || self.is_word(at + 1, "SETTINGS");
        self.name(at).filter(|_| ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(sql: &str) -> Option<String> {
        Script::new(sql.as_bytes()).output_format()
    }

    #[test]
    fn finds_a_trailing_format_only() {
        assert_eq!(format("select 1 format JSON settings max_threads=1;").as_deref(), Some("JSON"));
        assert_eq!(format("select 1 settings a=1 FORMAT /* x */ CSV -- y").as_deref(), Some("CSV"));
        assert_eq!(format("select format from t"), None);
        assert_eq!(format("select 'x FORMAT CSV'"), None);
        assert_eq!(format("select * from (select 1 format CSV)"), None);
        assert_eq!(format("select 1 as format"), None);
    }

    #[test]
    fn sees_several_statements() {
        assert!(Script::new(b"select 1; select 2").is_multiple());
        assert!(!Script::new(b"select ';' ; -- x\n;").is_multiple());
        assert!(Script::new(b" ; -- x").is_empty());
        assert_eq!(Script::new(b"((select 1))").verb(), "SELECT");
    }
}
