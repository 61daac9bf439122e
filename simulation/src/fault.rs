//! What goes wrong and is mended.

use std::fmt;

use serde::{Deserialize, Serialize};
use weekahead_market::{Session, Symbol};

/// Something that goes wrong in a week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Any session of the week.
    pub week: Session,
    /// What.
    #[serde(flatten)]
    pub kind: FaultKind,
}

/// What can go wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum FaultKind {
    /// The last bars of the week come a week late.
    Late {
        /// Whose.
        symbol: Symbol,
        /// How many.
        sessions: u8,
    },
    /// The last bar of the week cannot be, its highest price below its lowest, and is put right a week later.
    Invalid {
        /// Whose.
        symbol: Symbol,
    },
    /// The newest row comes twice in one answer.
    Duplicated {
        /// Whose.
        symbol: Symbol,
    },
    /// Two answers are a page of something else.
    Garbled {
        /// Whose.
        symbol: Symbol,
    },
    /// The provider answers nobody all week.
    Away,
    /// The process that does a step is killed in the midst of it.
    Crash {
        /// Which step.
        step: Step,
        /// How far into it, as a share of the time that it takes.
        at: f64,
    },
}

/// A step of the weekly cycle that is a process of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// `weekahead ingest`
    Ingest,
    /// `weekahead features build`
    Features,
    /// `weekahead train`
    Train,
    /// `weekahead forecast`
    Forecast,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 4] = [Self::Ingest, Self::Features, Self::Train, Self::Forecast];

    /// Its command.
    pub fn command(self) -> &'static [&'static str] {
        match self {
            Self::Ingest => &["ingest"],
            Self::Features => &["features", "build"],
            Self::Train => &["train"],
            Self::Forecast => &["forecast"],
        }
    }
}

impl FaultKind {
    /// Whose answers it is about; `None` for all of them, or for none.
    pub(crate) fn symbol(&self) -> Option<&Symbol> {
        match self {
            Self::Late { symbol, .. }
            | Self::Invalid { symbol }
            | Self::Duplicated { symbol }
            | Self::Garbled { symbol } => Some(symbol),
            Self::Away | Self::Crash { .. } => None,
        }
    }

    /// Whether bars come in another week because of it.
    pub(crate) fn delays(&self) -> bool {
        matches!(self, Self::Late { .. } | Self::Invalid { .. } | Self::Away)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late { symbol, sessions: 1 } => write!(f, "a late bar of {symbol}"),
            Self::Late { symbol, sessions } => write!(f, "{sessions} late bars of {symbol}"),
            Self::Invalid { symbol } => write!(f, "an impossible bar of {symbol}"),
            Self::Duplicated { symbol } => write!(f, "a row of {symbol} twice"),
            Self::Garbled { symbol } => write!(f, "garbled answers for {symbol}"),
            Self::Away => f.write_str("the provider away"),
            Self::Crash { step, at } => {
                write!(f, "`{}` killed at {:.0} %", step.command().join(" "), at * 100.0)
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in the week of {}", self.kind, self.week)
    }
}
