//! Where the MLflow server is, who we are to it, and how patient we are.

use std::fmt;
use std::time::Duration;

/// How to reach an MLflow server.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackerConfig {
    /// The server's address, as `MLFLOW_TRACKING_URI` has it: `http://127.0.0.1:5000`. A path is kept as a prefix.
    pub url: String,
    /// The credentials. A user and password within `url` are taken when this is [`Auth::None`].
    pub auth: Auth,
    /// The time allowed to one try of a call.
    pub timeout: Duration,
    /// The time allowed to one try of moving an artifact.
    pub artifact_timeout: Duration,
    /// How often a failed call is tried again. Calls that create something are repeated only when nothing was sent.
    pub retries: usize,
    /// The wait before the first repetition; it doubles each time, with jitter, up to 10 s.
    pub first_wait: Duration,
}

impl TrackerConfig {
    /// The defaults for a server at `url`: no credentials, 30 s a call, 300 s an artifact, 4 repetitions from 200 ms.
    pub fn new(url: &str) -> TrackerConfig {
        TrackerConfig {
            url: url.to_owned(),
            auth: Auth::None,
            timeout: Duration::from_secs(30),
            artifact_timeout: Duration::from_secs(300),
            retries: 4,
            first_wait: Duration::from_millis(200),
        }
    }
}

/// Credentials for an MLflow server; printing them shows no secret.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Auth {
    /// An open server.
    #[default]
    None,
    /// `Authorization: Bearer <token>`.
    Bearer(String),
    /// `Authorization: Basic`.
    Basic {
        /// The user's name.
        user: String,
        /// The user's password.
        password: String,
    },
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Auth::None => f.write_str("None"),
            Auth::Bearer(_) => f.write_str("Bearer(***)"),
            Auth::Basic { user, .. } => write!(f, "Basic({user}:***)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_printed() {
        let basic = Auth::Basic { user: "ann".into(), password: "hunter2".into() };
        assert_eq!(format!("{basic:?} {:?}", Auth::Bearer("hunter2".into())), "Basic(ann:***) Bearer(***)");
    }
}
