//! The venue ticker, as the provider spells it.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A venue ticker as the provider spells it: the entity key of every feature view.
///
/// Cheap to clone. The spelling is kept as given; no case folding happens, since `BRK-B` and `brk-b`
/// are different words to some providers.
///
/// ```
/// use weekahead_market::Symbol;
/// assert_eq!(Symbol::new("BRK-B").unwrap().as_str(), "BRK-B");
/// assert!(Symbol::new("two words").is_err());
/// assert!(Symbol::new("..").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Symbol(Arc<str>);

impl Symbol {
    /// Checks the spelling: it goes into URLs, object keys and SQL parameters.
    ///
    /// # Errors
    /// [`Error::Symbol`] when the text is empty, too long or has another character.
    pub fn new(text: &str) -> Result<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_=^/&".contains(c);
        let named = text.chars().any(|c| c.is_ascii_alphanumeric());
        if (1..=32).contains(&text.len()) && named && text.chars().all(plain) {
            Ok(Self(text.into()))
        } else {
            Err(Error::Symbol { text: text.to_owned() })
        }
    }

    /// The spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl std::str::FromStr for Symbol {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

impl TryFrom<String> for Symbol {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::new(&text)
    }
}

impl From<Symbol> for String {
    fn from(symbol: Symbol) -> Self {
        symbol.0.as_ref().to_owned()
    }
}
