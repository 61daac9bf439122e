//! What happens in the world, and when it can be seen.

use std::fmt;

use serde::{Deserialize, Serialize};
use weekahead_market::{Session, Symbol};

/// Something that happens to a symbol; the platform has to live with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Whom it happens to.
    pub symbol: Symbol,
    /// When.
    pub session: Session,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What can happen to a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum EventKind {
    /// The session is its last.
    Delisting,
    /// There is no bar of the session, and never will be.
    Missing,
    /// Prices of the session are corrected some weeks later: multiplied by `factor`.
    Restatement {
        /// What they are multiplied by.
        factor: f64,
        /// How much later; no later than the provider is read again.
        weeks_later: u8,
    },
    /// From the session on a share is `ratio` shares; the provider says so some weeks later.
    Split {
        /// New shares for one old share.
        ratio: f64,
        /// How much later.
        weeks_later: u8,
    },
}

impl EventKind {
    /// Weeks that the platform sees something else than the truth.
    pub(crate) fn weeks_later(self) -> usize {
        match self {
            Self::Delisting | Self::Missing => 0,
            Self::Restatement { weeks_later, .. } | Self::Split { weeks_later, .. } => weeks_later.into(),
        }
    }

    /// What makes it impossible, whatever the quotes are.
    pub(crate) fn fault(self) -> Option<&'static str> {
        match self {
            Self::Restatement { factor, .. } if !(factor.is_finite() && factor > 0.0 && factor != 1.0) => {
                Some("its factor must be positive, and not 1")
            }
            Self::Split { ratio, .. } if !(ratio.is_finite() && ratio > 0.0 && ratio != 1.0) => {
                Some("its ratio must be positive, and not 1")
            }
            Self::Restatement { weeks_later, .. } | Self::Split { weeks_later, .. }
                if !(1..=2).contains(&weeks_later) =>
            {
                Some("weeks_later must be 1 or 2: the provider is read again for two weeks")
            }
            _ => None,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { symbol, session, kind } = self;
        match kind {
            EventKind::Delisting => write!(f, "the delisting of {symbol} after {session}"),
            EventKind::Missing => write!(f, "the missing bar of {symbol} in {session}"),
            EventKind::Restatement { .. } => write!(f, "the restatement of {symbol} in {session}"),
            EventKind::Split { ratio, .. } => write!(f, "the split of {symbol} by {ratio} in {session}"),
        }
    }
}
