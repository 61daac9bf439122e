//! How far ahead a forecast looks.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Sessions ahead of the origin. The week ahead, five sessions, is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Horizon(u8);

impl Horizon {
    /// The farthest horizon that is forecast directly.
    pub const MAX_SESSIONS: u32 = 10;
    /// Five sessions: a trading week.
    pub const WEEK: Self = Self(5);

    /// A horizon of 1 to 10 sessions.
    ///
    /// # Errors
    /// [`Error::Horizon`] outside that range.
    pub fn sessions(sessions: u32) -> Result<Self> {
        match sessions {
            1..=Self::MAX_SESSIONS => Ok(Self(sessions as u8)),
            _ => Err(Error::Horizon { sessions }),
        }
    }

    /// The number of sessions.
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

impl Default for Horizon {
    fn default() -> Self {
        Self::WEEK
    }
}

impl fmt::Display for Horizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<u32> for Horizon {
    type Error = Error;

    fn try_from(sessions: u32) -> Result<Self> {
        Self::sessions(sessions)
    }
}

impl From<Horizon> for u32 {
    fn from(horizon: Horizon) -> Self {
        horizon.0.into()
    }
}
