//! A view file: TOML text to named expressions, with the place of every fault.

use std::collections::HashMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::expr::{Expr, Fault, ParseError, parse};
use crate::view::Feature;
use crate::{Error, Result, View};

/// Through how many others a feature may be defined: keeps the recursion within any thread's stack.
const MAX_DEPTH: usize = 32;

/// What a view file says.
pub(crate) struct ViewFile {
    pub(crate) name: String,
    pub(crate) features: Vec<Feature>,
}

/// Reads a view file. A feature may be written in terms of others of the file, in any order.
pub(crate) fn read(toml: &str) -> Result<ViewFile> {
    let file: Lines = toml::from_str(toml).map_err(|e| Error::ViewFile { message: e.to_string() })?;
    if file.feature.len() > View::MAX_FEATURES {
        return Err(Error::FeatureCount { view: file.name, count: file.feature.len() });
    }
    let mut reader = Reader::new(toml, &file)?;
    let features = (0..file.feature.len()).map(|at| {
        let name = file.feature[at].name.get_ref().clone();
        Ok(Feature { name, expr: reader.expr(at)? })
    });
    Ok(ViewFile { features: features.collect::<Result<_>>()?, name: file.name.clone() })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    name: String,
    #[serde(default)]
    feature: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: Spanned<String>,
    expr: Spanned<String>,
}

/// How far the reading of a feature has come.
#[derive(Clone)]
enum Progress {
    Unread,
    /// Its expression is being read: whoever asks for it now is part of a cycle.
    Reading,
    Read(Expr),
}

struct Reader<'a> {
    toml: &'a str,
    file: &'a Lines,
    by_name: HashMap<&'a str, usize>,
    progress: Vec<Progress>,
    /// The features that are being read, outermost first.
    path: Vec<usize>,
    /// The fault of a feature that another one is written in terms of: it is told where it is, not where it is used.
    inner: Option<Error>,
}

impl<'a> Reader<'a> {
    fn new(toml: &'a str, file: &'a Lines) -> Result<Self> {
        let mut by_name = HashMap::new();
        for (at, line) in file.feature.iter().enumerate() {
            if by_name.insert(line.name.get_ref().as_str(), at).is_some() {
                let (row, column) = place(toml, line.name.span().start);
                let problem = format!(
                    "the view has two of that name, the second in line {row}, column {column}: rename one"
                );
                return Err(Error::Name { name: line.name.get_ref().clone(), what: "feature", problem });
            }
        }
        let progress = vec![Progress::Unread; file.feature.len()];
        Ok(Self { toml, file, by_name, progress, path: Vec::new(), inner: None })
    }

    fn expr(&mut self, at: usize) -> Result<Expr> {
        if let Progress::Read(expr) = &self.progress[at] {
            return Ok(expr.clone());
        }
        self.progress[at] = Progress::Reading;
        self.path.push(at);
        let file = self.file;
        let parsed = parse(file.feature[at].expr.get_ref(), &mut |name| self.named(name));
        self.path.pop();
        let expr = parsed.map_err(|source| self.inner.take().unwrap_or_else(|| self.fault(at, source)))?;
        self.progress[at] = Progress::Read(expr.clone());
        Ok(expr)
    }

    /// Another feature that an expression names.
    fn named(&mut self, name: &str) -> Option<std::result::Result<Expr, Fault>> {
        let at = *self.by_name.get(name)?;
        if matches!(self.progress[at], Progress::Reading) {
            let names = self.path.iter().skip_while(|i| **i != at).chain([&at]);
            let names: Vec<&str> = names.map(|i| self.file.feature[*i].name.get_ref().as_str()).collect();
            let message = format!("`{name}` is defined in terms of itself");
            return Some(Err(Fault { message, hint: format!("break the cycle {}", names.join(" -> ")) }));
        }
        if self.path.len() >= MAX_DEPTH {
            let message = format!("`{name}` is defined through more than {MAX_DEPTH} other features");
            return Some(Err(Fault { message, hint: "write some of them out".to_owned() }));
        }
        match self.expr(at) {
            Ok(expr) => Some(Ok(expr)),
            Err(error) => {
                self.inner = Some(error);
                Some(Err(Fault {
                    message: format!("`{name}` has a fault"),
                    hint: "mend it first".to_owned(),
                }))
            }
        }
    }

    fn fault(&self, at: usize, source: ParseError) -> Error {
        let line = &self.file.feature[at];
        let text = line.expr.get_ref();
        let start = start_of_text(self.toml, line.expr.span());
        // Where the file spells the text with escapes, the place within it is not the same: the text's beginning will do.
        let spelled_out = self.toml[start..].starts_with(text);
        let (row, column) = place(self.toml, if spelled_out { start + source.column() - 1 } else { start });
        Error::Feature {
            view: self.file.name.clone(),
            feature: line.name.get_ref().clone(),
            line: row,
            column,
            source,
        }
    }
}

/// Where the text of a TOML string begins: behind its quotes, and in one of many lines behind the first line's end.
fn start_of_text(toml: &str, span: Range<usize>) -> usize {
    let text = &toml[span.clone()];
    let of_lines = ["\"\"\"", "'''"].into_iter().find(|quotes| text.starts_with(quotes));
    let quotes = of_lines.map_or(1, str::len);
    let first_line =
        ["\r\n", "\n"].into_iter().find(|end| of_lines.is_some() && text[quotes..].starts_with(end));
    span.start + quotes + first_line.map_or(0, str::len)
}

/// Line and column of a byte, counted from 1.
fn place(toml: &str, at: usize) -> (usize, usize) {
    let before = &toml[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, toml[line_start..at].chars().count() + 1)
}
