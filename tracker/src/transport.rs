//! One HTTP exchange with the server: addresses, credentials, bounded time, repetition of what may be repeated.

use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable};
use bytes::Bytes;
use reqwest::{Method, Response, header};
use url::Url;

use crate::{Auth, Error, Result, TrackerConfig};

/// A connection pool with the rules of one server.
#[derive(Debug)]
pub(crate) struct Transport {
    http: reqwest::Client,
    base: Url,
    config: TrackerConfig,
}

/// A request before it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) body: Body,
    pub(crate) repeat: Repeat,
}

/// What a request carries.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    None,
    Json(Bytes),
    Artifact(Bytes),
}

/// When a failed request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Doing it twice is doing it once.
    Safe,
    /// It creates something: repeat only when the server cannot have seen it.
    OnlyUnsent,
}

impl Transport {
    /// Prepares connections to the configured server; nothing is sent yet.
    pub(crate) fn new(config: &TrackerConfig) -> Result<Transport> {
        let mut config = config.clone();
        let base = base_url(&mut config)?;
        let mut http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(config.timeout.min(Duration::from_secs(10)))
            .user_agent(concat!("weekahead/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&base) {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|e| Error::Configuration { reason: reasons(&e) })?;
        Ok(Transport { http, base, config })
    }

    /// The address of `segments` under the server's base, each percent-encoded.
    pub(crate) fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Sends a call, repeating it as its kind allows, and returns the successful answer's body.
    pub(crate) async fn send(&self, call: &Call) -> Result<Bytes> {
        let waits = ExponentialBuilder::default()
            .with_min_delay(self.config.first_wait)
            .with_max_delay(LONGEST_WAIT)
            .with_max_times(self.config.retries)
            .with_jitter();
        (|| self.attempt(call))
            .retry(waits)
            .when(|error| match call.repeat {
                Repeat::Safe => error.is_retryable(),
                Repeat::OnlyUnsent => error.is_unsent(),
            })
            .adjust(|error, wait| {
                let asked = error.retry_after_ms().map(Duration::from_millis);
                wait.map(|wait| asked.map_or(wait, |asked| asked.min(LONGEST_WAIT)))
            })
            .notify(|error, wait| tracing::debug!(%error, wait_ms = wait.as_millis() as u64, "trying again"))
            .await
    }

    async fn attempt(&self, call: &Call) -> Result<Bytes> {
        let timeout = self.timeout(call);
        let request = self.http.request(call.method.clone(), call.url.clone()).timeout(timeout);
        let request = match &self.config.auth {
            Auth::None => request,
            Auth::Bearer(token) => request.bearer_auth(token),
            Auth::Basic { user, password } => request.basic_auth(user, Some(password)),
        };
        let request = match &call.body {
            Body::None => request,
            Body::Json(json) => request.header(header::CONTENT_TYPE, "application/json").body(json.clone()),
            Body::Artifact(bytes) => {
                request.header(header::CONTENT_TYPE, "application/octet-stream").body(bytes.clone())
            }
        };
        let begun = Instant::now();
        let response = request.send().await.map_err(|e| self.failure(call, timeout, e))?;
        let status = response.status();
        let retry_after_ms = retry_after_ms(&response);
        let body = response.bytes().await.map_err(|e| self.failure(call, timeout, e))?;
        let took_ms = begun.elapsed().as_millis() as u64;
        tracing::debug!(call = call.name(), status = status.as_u16(), took_ms, "answered");
        if status.is_success() {
            return Ok(body);
        }
        Err(Error::from_answer(call.name(), status.as_u16(), &body, retry_after_ms))
    }

    fn timeout(&self, call: &Call) -> Duration {
        match call.body {
            Body::Artifact(_) => self.config.artifact_timeout,
            Body::None if call.url.path().contains(ARTIFACTS_PATH) => self.config.artifact_timeout,
            _ => self.config.timeout,
        }
    }

    fn failure(&self, call: &Call, timeout: Duration, error: reqwest::Error) -> Error {
        let error = error.without_url();
        if error.is_connect() {
            return Error::Unreachable { url: self.base.to_string(), reason: reasons(&error) };
        }
        if error.is_timeout() {
            return Error::Timeout { call: call.name(), timeout_ms: timeout.as_millis() as u64 };
        }
        Error::Interrupted { call: call.name(), reason: reasons(&error) }
    }
}

impl Call {
    /// Method and path, for messages.
    pub(crate) fn name(&self) -> String {
        let path = self.url.path();
        let path = path.split_once("/api/2.0/").map_or(path, |(_, rest)| rest);
        format!("{} {path}", self.method)
    }
}

/// Where the server moves artifacts, under its base.
const ARTIFACTS_PATH: &str = "/mlflow-artifacts/artifacts";
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Parses the address, moving credentials out of it.
fn base_url(config: &mut TrackerConfig) -> Result<Url> {
    let wrong = |reason: String| Error::Configuration { reason };
    let mut url = Url::parse(&config.url).map_err(|e| wrong(format!("its url does not parse: {e}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong("its url must look like http://127.0.0.1:5000".into()));
    }
    if !url.username().is_empty() && config.auth == Auth::None {
        let password = url.password().unwrap_or_default().to_owned();
        config.auth = Auth::Basic { user: url.username().to_owned(), password };
    }
    let cleared = url.set_username("").and_then(|()| url.set_password(None));
    cleared.map_err(|()| wrong("its url cannot carry credentials".into()))?;
    url.set_query(None);
    url.set_fragment(None);
    config.url = url.to_string();
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn retry_after_ms(response: &Response) -> Option<u64> {
    let seconds = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse::<u64>().ok()?;
    Some(seconds.saturating_mul(1_000))
}

/// The whole chain of causes: the outermost alone says too little.
fn reasons(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |e| e.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_their_prefix_and_lose_their_credentials() {
        let transport =
            Transport::new(&TrackerConfig::new("http://ann:secret@127.0.0.1:5000/mlflow/")).unwrap();
        let url = transport.url(["api", "2.0", "a b/c"]);
        assert_eq!(url.as_str(), "http://127.0.0.1:5000/mlflow/api/2.0/a%20b%2Fc");
        assert_eq!(transport.config.auth, Auth::Basic { user: "ann".into(), password: "secret".into() });
        assert!(!format!("{transport:?}").contains("secret"));
    }

    #[test]
    fn addresses_that_are_none_are_refused() {
        for url in ["", "localhost:5000", "file:///tmp/mlruns", "sqlite:///mlflow.db"] {
            assert!(
                matches!(Transport::new(&TrackerConfig::new(url)), Err(Error::Configuration { .. })),
                "{url}"
            );
        }
    }
}
