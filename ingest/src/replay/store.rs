//! All quotes that the provider knows, and the answers it has already written.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use weekahead_market::Symbol;

use super::{SymbolQuotes, chart, file};
use crate::{Error, Result};

/// Written answers that are kept: those of 500 symbols over ten years, twice.
const MAX_KEPT_BYTES: usize = 256 << 20;

/// Quotes by symbol.
#[derive(Debug, Default)]
pub struct QuoteStore {
    quotes: BTreeMap<Symbol, SymbolQuotes>,
    kept: Mutex<Kept>,
}

/// An answer depends on the symbol and the range of its days alone.
#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<(Symbol, Range<usize>), Bytes>,
    bytes: usize,
}

impl QuoteStore {
    /// Knows these quotes.
    pub fn new(quotes: BTreeMap<Symbol, SymbolQuotes>) -> Self {
        Self { quotes, kept: Mutex::default() }
    }

    /// Reads a file of quotes (`.csv`, `.csv.gz`, `.parquet`), or every such file of a directory.
    ///
    /// # Errors
    /// [`Error::File`] for a file that cannot be read, a symbol in two files, and a directory without any.
    pub fn read(path: &Path) -> Result<Self> {
        let mut quotes = BTreeMap::new();
        for file in files(path)? {
            for (symbol, of_symbol) in file::read(&file)? {
                if quotes.insert(symbol.clone(), of_symbol).is_some() {
                    return Err(Error::File {
                        path: file,
                        reason: format!("{symbol} is in another file, too"),
                    });
                }
            }
        }
        if quotes.is_empty() {
            return Err(Error::File {
                path: path.to_owned(),
                reason: "there are no quotes in it".to_owned(),
            });
        }
        Ok(Self::new(quotes))
    }

    /// The symbols known.
    pub fn symbols(&self) -> impl Iterator<Item = &Symbol> {
        self.quotes.keys()
    }

    /// A symbol's quotes.
    pub fn get(&self, symbol: &Symbol) -> Option<&SymbolQuotes> {
        self.quotes.get(symbol)
    }

    /// The answer for the days of `range`, written once and kept.
    pub(super) fn chart(&self, symbol: &Symbol, quotes: &SymbolQuotes, range: Range<usize>) -> Bytes {
        let key = (symbol.clone(), range.clone());
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = kept().answers.get(&key) {
            return answer.clone();
        }
        let answer = Bytes::from(chart::render(symbol.as_str(), quotes, range));
        kept().keep(key, answer.clone());
        answer
    }
}

impl Kept {
    fn keep(&mut self, key: (Symbol, Range<usize>), answer: Bytes) {
        if self.bytes + answer.len() > MAX_KEPT_BYTES {
            *self = Self::default();
        }
        self.bytes += answer.len();
        self.answers.insert(key, answer);
    }
}

fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let unusable = |e: std::io::Error| Error::File { path: path.to_owned(), reason: e.to_string() };
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let entries =
        std::fs::read_dir(path).map_err(unusable)?.collect::<Result<Vec<_>, _>>().map_err(unusable)?;
    let is_quotes = |path: &PathBuf| {
        let name = path.to_string_lossy().to_lowercase();
        [".csv", ".csv.gz", ".parquet"].iter().any(|end| name.ends_with(end))
    };
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).filter(is_quotes).collect();
    files.sort();
    Ok(files)
}
