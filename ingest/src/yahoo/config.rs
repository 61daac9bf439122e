//! How the provider is asked.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Where the chart API is and how hard it may be asked.
///
/// ```
/// let config = weekahead_ingest::YahooConfig::default();
/// assert_eq!(config.base_url, "https://query1.finance.yahoo.com");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct YahooConfig {
    /// Scheme and host, such as `http://127.0.0.1:9800` of the replay provider.
    pub base_url: String,
    /// The API refuses clients that look like no browser.
    pub user_agent: String,
    /// Requests under way at a time.
    pub max_concurrency: usize,
    /// Requests begun a second; without a limit when absent. The replay provider needs none.
    pub requests_per_second: Option<NonZeroU32>,
    /// How long one request may take.
    pub timeout_ms: u64,
    /// How often one symbol is asked for in one load, failures included.
    pub max_attempts: usize,
    /// The wait after a first failure; it doubles each time, with jitter.
    pub first_delay_ms: u64,
    /// The longest wait. A provider that asks for a longer one (`Retry-After`) is not waited for.
    pub max_delay_ms: u64,
}

impl Default for YahooConfig {
    fn default() -> Self {
        Self {
            base_url: "https://query1.finance.yahoo.com".into(),
            user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0".into(),
            max_concurrency: 8,
            requests_per_second: NonZeroU32::new(4),
            timeout_ms: 30_000,
            max_attempts: 5,
            first_delay_ms: 500,
            max_delay_ms: 60_000,
        }
    }
}

impl YahooConfig {
    /// A provider on this machine: nobody's rate limit is to be spared.
    pub fn local(base_url: impl Into<String>) -> Self {
        Self { base_url: base_url.into(), requests_per_second: None, ..Self::default() }
    }

    pub(super) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    pub(super) fn max_delay(&self) -> Duration {
        Duration::from_millis(self.max_delay_ms)
    }
}
