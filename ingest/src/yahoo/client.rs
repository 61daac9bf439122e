//! Asking the chart API: one symbol at a time, with retries, within a rate.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use bytes::{Bytes, BytesMut};
use governor::DefaultDirectRateLimiter;
use governor::{Quota, RateLimiter};
use jiff::Timestamp;
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, Url};
use weekahead_market::{Calendar, Symbol};

use super::{Exchanges, ParsedChart, YahooConfig, parse_chart};
use crate::{Error, Result};

/// No honest answer comes near: a symbol's whole history is about 2 MB.
const MAX_BODY_BYTES: usize = 64 << 20;

/// The chart API. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Yahoo {
    http: Client,
    base_url: Url,
    config: Arc<YahooConfig>,
    limiter: Option<Arc<DefaultDirectRateLimiter>>,
    exchanges: Arc<Exchanges>,
}

/// What to ask for: daily bars whose session opens in `period1..period2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartRequest {
    /// The symbol.
    pub symbol: Symbol,
    /// Begin, inclusive.
    pub period1: Timestamp,
    /// End, exclusive. Always the present: the answer is unadjusted by the splits it tells of, and must tell of all.
    pub period2: Timestamp,
}

/// What the provider said, whether or not it could be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawAnswer {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
}

/// How asking for a symbol went.
#[derive(Debug)]
pub struct Asked {
    /// The last answer; `None` when there was none.
    pub answer: Option<RawAnswer>,
    /// What was in it.
    pub chart: Result<ParsedChart>,
}

struct Failure {
    error: Error,
    answer: Option<RawAnswer>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, answer: None }
    }
}

/// Whether a URL's host is this machine, by address or by name.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl Yahoo {
    /// The source's name in the lake.
    pub const NAME: &'static str = "yahoo";

    /// From a session's close to the moment its bar may be relied on: 60 minutes. Yahoo documents no figure; its
    /// quotes of US exchanges are real time, and the daily bar is revised by the closing auction's late prints
    /// within the hour.
    pub const LAG: Duration = Duration::from_secs(60 * 60);

    /// A client. Nothing is asked yet.
    ///
    /// # Errors
    /// [`Error::Config`] for a base URL that is none, or when there are no root certificates.
    pub fn new(config: YahooConfig) -> Result<Self> {
        let invalid = |reason: String| Error::Config { reason };
        let base_url = Url::parse(&config.base_url).ok().filter(|url| !url.cannot_be_a_base());
        let base_url = base_url
            .ok_or_else(|| invalid(format!("`{}` is no URL: write it as https://host", config.base_url)))?;
        let mut http = Client::builder().user_agent(&config.user_agent).timeout(config.timeout());
        if is_loopback(&base_url) {
            // The replay provider is on this machine, wherever the machine's proxy leads.
            http = http.no_proxy();
        }
        let http = http.build();
        let limiter = config.requests_per_second.map(|n| Arc::new(RateLimiter::direct(Quota::per_second(n))));
        Ok(Self {
            http: http.map_err(|e| invalid(innermost(&e)))?,
            base_url,
            limiter,
            config: Arc::new(config),
            exchanges: Arc::default(),
        })
    }

    /// Its settings.
    pub fn config(&self) -> &YahooConfig {
        &self.config
    }

    /// The calendar that sessions are counted in.
    pub fn calendar(&self) -> &Calendar {
        self.exchanges.calendar()
    }

    /// Asks for a symbol's bars; what can go away is tried again, with growing waits, `max_attempts` times in all.
    pub async fn chart(&self, request: &ChartRequest) -> Asked {
        let max_delay = self.config.max_delay();
        let backoff = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(self.config.first_delay_ms))
            .with_max_delay(max_delay)
            .with_max_times(self.config.max_attempts.saturating_sub(1))
            .with_jitter();
        let asked = (|| self.ask_once(request))
            .retry(backoff)
            .when(|failure: &Failure| failure.error.is_retryable())
            .adjust(|failure, delay| match (failure.error.retry_after(), delay) {
                (Some(wanted), Some(delay)) => (wanted <= max_delay).then_some(wanted.max(delay)),
                (_, delay) => delay,
            })
            .notify(|failure, wait| {
                tracing::info!(symbol = %request.symbol, error = %failure.error, wait_ms = wait.as_millis(), "asking again");
            });
        match asked.await {
            Ok((answer, chart)) => Asked { answer: Some(answer), chart: Ok(chart) },
            Err(Failure { error, answer }) => Asked { answer, chart: Err(error) },
        }
    }

    async fn ask_once(&self, request: &ChartRequest) -> Result<(RawAnswer, ParsedChart), Failure> {
        if let Some(limiter) = &self.limiter {
            limiter.until_ready().await;
        }
        let response = self.http.get(self.url(request)).send().await.map_err(|e| self.failed(request, &e))?;
        let status = response.status().as_u16();
        let retry_after = retry_after(&response);
        let answer = RawAnswer { status, body: self.body(request, response).await? };
        match self.parse(request, answer.clone()).await {
            Ok(chart) => Ok((answer, chart)),
            Err(error) => Err(Failure { error: wait_as_told(error, retry_after), answer: Some(answer) }),
        }
    }

    fn url(&self, request: &ChartRequest) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["v8", "finance", "chart", request.symbol.as_str()]);
        }
        url.query_pairs_mut()
            .append_pair("period1", &request.period1.as_second().to_string())
            .append_pair("period2", &request.period2.as_second().to_string())
            .append_pair("interval", "1d")
            .append_pair("events", "div,split");
        url
    }

    async fn body(&self, request: &ChartRequest, mut response: Response) -> Result<Bytes> {
        let promised = response.content_length().and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
        let mut body = BytesMut::with_capacity(promised.min(MAX_BODY_BYTES));
        while let Some(chunk) = response.chunk().await.map_err(|e| self.failed(request, &e))? {
            if body.len() + chunk.len() > MAX_BODY_BYTES {
                let reason = format!("it is longer than {MAX_BODY_BYTES} bytes");
                return Err(Error::Malformed { symbol: request.symbol.to_string(), reason });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    /// Off the async threads: an answer of ten years takes about a millisecond.
    async fn parse(&self, request: &ChartRequest, answer: RawAnswer) -> Result<ParsedChart> {
        let (exchanges, symbol, now) = (self.exchanges.clone(), request.symbol.clone(), request.period2);
        let parse =
            move || parse_chart(symbol.as_str(), answer.status, &answer.body, &exchanges, now, Self::LAG);
        let parsed = tokio::task::spawn_blocking(parse).await;
        parsed.unwrap_or_else(|e| Err(Error::Interrupted { reason: e.to_string() }))
    }

    fn failed(&self, request: &ChartRequest, error: &reqwest::Error) -> Error {
        let symbol = request.symbol.to_string();
        if error.is_timeout() {
            Error::Timeout { symbol, timeout_ms: self.config.timeout_ms }
        } else {
            Error::Transport { symbol, reason: innermost(error) }
        }
    }
}

/// `Retry-After` in seconds; its other form, a date, would need the provider's clock to be ours.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

fn wait_as_told(error: Error, told: Option<Duration>) -> Error {
    match error {
        Error::RateLimited { symbol, .. } => Error::RateLimited { symbol, retry_after: told },
        Error::Unavailable { symbol, status, .. } => Error::Unavailable { symbol, status, retry_after: told },
        other => other,
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
