//! API keys: who asks, what they may ask for, and how often.

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::http::Problem;
use crate::{Error, Result};

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything that is only looked at, metrics included.
    Read,
    /// Forecasts that are made: all that is posted.
    Predict,
    /// All of it, and what is for administrators alone.
    Admin,
}

/// A key as it is configured: its digest, not the key.
///
/// The key is 32 random bytes, which nobody can guess from their SHA-256; a slow hash is for words that people choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// Whose it is, for logs.
    pub name: String,
    /// The SHA-256 of the key, in hexadecimal digits.
    pub sha256: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// The most requests a second over time, and in one burst; absent for any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_second: Option<NonZeroU32>,
}

/// A key that was just made.
#[derive(Debug)]
pub struct NewKey {
    /// The key itself: shown once, kept nowhere.
    pub secret: String,
    /// What is configured.
    pub key: ApiKey,
}

impl NewKey {
    /// A random key.
    ///
    /// ```
    /// use weekahead_serving::http::{NewKey, Scope};
    /// let made = NewKey::random("desk", vec![Scope::Read], None);
    /// assert!(made.secret.starts_with("wka_") && made.secret.len() == 47);
    /// assert_eq!(made.key.sha256.len(), 64);
    /// ```
    pub fn random(name: &str, scopes: Vec<Scope>, requests_per_second: Option<NonZeroU32>) -> Self {
        let random: [u8; 32] = rand::random();
        let secret = format!("wka_{}", BASE64_URL_SAFE_NO_PAD.encode(random));
        let sha256 = Sha256::digest(&secret).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { secret, key: ApiKey { name: name.to_owned(), sha256, scopes, requests_per_second } }
    }
}

/// The keys of a server; without any, everybody may ask for everything.
#[derive(Debug)]
pub(super) struct KeyRing(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    name: Arc<str>,
    digest: [u8; 32],
    scopes: Vec<Scope>,
    rate: Option<DefaultDirectRateLimiter>,
}

impl KeyRing {
    /// # Errors
    /// [`Error::Settings`] for a digest that is none, a name twice, or a key without scopes.
    pub(super) fn new(keys: &[ApiKey]) -> Result<Self> {
        let mut entries: Vec<Entry> = Vec::with_capacity(keys.len());
        for key in keys {
            let wrong = |reason: String| Error::Settings { setting: "serving.keys", reason };
            if entries.iter().any(|entry| *entry.name == *key.name) {
                return Err(wrong(format!("`{}` is there twice: each key has a name of its own", key.name)));
            }
            if key.scopes.is_empty() {
                return Err(wrong(format!("`{}` may do nothing: give it scopes", key.name)));
            }
            let digest = digest(&key.sha256).ok_or_else(|| {
                wrong(format!(
                    "the sha256 of `{}` is not 64 hexadecimal digits: `weekahead keys new` prints it",
                    key.name
                ))
            })?;
            let rate = key.requests_per_second.map(|most| RateLimiter::direct(Quota::per_second(most)));
            entries.push(Entry { name: key.name.as_str().into(), digest, scopes: key.scopes.clone(), rate });
        }
        Ok(Self(entries))
    }

    /// Whose key the request has; none is needed where none is configured.
    pub(super) fn authorize(
        &self,
        headers: &HeaderMap,
        scope: Scope,
    ) -> std::result::Result<Option<Arc<str>>, Problem> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let entry = presented(headers).and_then(|key| self.find(key)).ok_or_else(unauthenticated)?;
        if !entry.scopes.contains(&scope) && !entry.scopes.contains(&Scope::Admin) {
            return Err(forbidden(scope));
        }
        if let Some(Err(early)) = entry.rate.as_ref().map(RateLimiter::check) {
            let wait = early.wait_time_from(DefaultClock::default().now());
            let detail = "this key has used up its requests a second; try again after Retry-After seconds";
            let problem =
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many requests", detail);
            let seconds = u16::try_from(wait.as_secs()).unwrap_or(u16::MAX);
            return Err(problem.retry_after(seconds.saturating_add(1)));
        }
        Ok(Some(Arc::clone(&entry.name)))
    }

    /// Looks at every key, and at every byte of each: the time says nothing of how near a guess is.
    fn find(&self, key: &[u8]) -> Option<&Entry> {
        let digest: [u8; 32] = Sha256::digest(key).into();
        let matching = |entry: &&Entry| bool::from(entry.digest.ct_eq(&digest));
        self.0.iter().filter(matching).last()
    }
}

/// `Authorization: Bearer <key>`, or `X-Api-Key: <key>`.
fn presented(headers: &HeaderMap) -> Option<&[u8]> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| {
        let (scheme, key) = value.as_bytes().split_at_checked(7)?;
        scheme.eq_ignore_ascii_case(b"bearer ").then(|| key.trim_ascii())
    });
    bearer.or_else(|| Some(headers.get("x-api-key")?.as_bytes()))
}

fn digest(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

fn unauthenticated() -> Problem {
    let detail = "send a key of this server, as `Authorization: Bearer <key>` or `X-Api-Key: <key>`";
    Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Who asks?", detail)
}

fn forbidden(scope: Scope) -> Problem {
    let scope = format!("{scope:?}").to_lowercase();
    let detail = format!("this needs a key with the scope `{scope}`, which yours has not");
    Problem::new(StatusCode::FORBIDDEN, "forbidden", "Not with this key", detail)
}
