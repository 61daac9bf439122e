//! A user signed in to a Superset.

use std::time::Duration;

use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::{Bundle, Error, Result};

/// The major version whose bundles and routes these are.
const MAJOR: u32 = 6;
/// An import makes tens of objects in one transaction.
const PATIENCE: Duration = Duration::from_secs(300);
/// How much of an answer is shown.
const SHOWN_CHARS: usize = 400;

/// Who signs in.
#[derive(Clone)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password, of Superset's own database of users.
    pub password: String,
}

/// A session of one user.
#[derive(Debug)]
pub struct Superset {
    url: String,
    user: String,
    http: Client,
    access_token: String,
    /// Of the form protection; belongs to the session's cookie, which comes with it.
    csrf_token: String,
}

impl Superset {
    /// Signs in, to a Superset of the major version that the bundle is for.
    ///
    /// # Errors
    /// [`Error::Unreachable`], [`Error::NoSuperset`], [`Error::OtherVersion`], [`Error::Login`], [`Error::Refused`].
    pub async fn sign_in(url: &str, login: &Login) -> Result<Self> {
        let url = url.trim_end_matches('/').to_owned();
        let http = Client::builder().cookie_store(true).timeout(PATIENCE).build();
        let http = http.map_err(|error| unreachable(&url, &error))?;
        let mut superset = Self {
            url,
            user: login.user.clone(),
            http,
            access_token: String::new(),
            csrf_token: String::new(),
        };
        superset.check_version().await?;
        superset.access_token = superset.token(login).await?;
        let csrf = superset.http.get(superset.route("/api/v1/security/csrf_token/"));
        superset.csrf_token = text(&superset.ask("a session", csrf).await?, "/result");
        Ok(superset)
    }

    /// Makes or overwrites everything in the bundle. What is there already is known by its UUID, so that nothing doubles.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Refused`] with what Superset says; [`Error::Unreachable`].
    pub async fn import(&self, bundle: &Bundle) -> Result<()> {
        let part = Part::bytes(bundle.bytes.clone()).file_name("weekahead.zip");
        let form = Form::new().part("bundle", part);
        let request = self.http.post(self.route("/api/v1/assets/import/")).multipart(form);
        let request = request.header("X-CSRFToken", &self.csrf_token).header("Referer", &self.url);
        self.ask("the bundle", request).await.map(|_| ())
    }

    async fn check_version(&self) -> Result<()> {
        let answer = self
            .http
            .get(self.route("/version"))
            .send()
            .await
            .map_err(|error| unreachable(&self.url, &error))?;
        let status = answer.status();
        let none = |reason: String| Error::NoSuperset { url: self.url.clone(), reason };
        let found = match answer.json::<Value>().await {
            Ok(version) if status.is_success() => text(&version, "/version_string"),
            Ok(_) => return Err(none(format!("/version answered {status}"))),
            Err(_) => return Err(none(format!("/version answered {status}, and no version"))),
        };
        match found.split('.').next().and_then(|major| major.parse().ok()) {
            Some(MAJOR) => Ok(()),
            Some(_) => Err(Error::OtherVersion { url: self.url.clone(), found, wanted: MAJOR }),
            None => Err(none(format!("it calls its version `{found}`"))),
        }
    }

    async fn token(&self, login: &Login) -> Result<String> {
        let body =
            json!({"username": login.user, "password": login.password, "provider": "db", "refresh": false});
        let answer =
            self.ask("the login", self.http.post(self.route("/api/v1/security/login")).json(&body)).await;
        match answer {
            Err(Error::Refused { status: 401, .. }) => {
                Err(Error::Login { url: self.url.clone(), user: login.user.clone() })
            }
            answer => Ok(text(&answer?, "/access_token")),
        }
    }

    async fn ask(&self, what: &'static str, request: RequestBuilder) -> Result<Value> {
        // Else errors are pages.
        let mut request = request.header("Accept", "application/json");
        if !self.access_token.is_empty() {
            request = request.bearer_auth(&self.access_token);
        }
        let answer = request.send().await.map_err(|error| unreachable(&self.url, &error))?;
        let status = answer.status();
        let body = answer.text().await.map_err(|error| unreachable(&self.url, &error))?;
        if status == StatusCode::FORBIDDEN {
            return Err(Error::Forbidden { url: self.url.clone(), user: self.user.clone() });
        }
        match serde_json::from_str(&body) {
            Ok(value) if status.is_success() => Ok(value),
            _ => Err(Error::Refused { what, status: status.as_u16(), reason: shown(&body) }),
        }
    }

    fn route(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

fn text(answer: &Value, pointer: &str) -> String {
    answer.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The beginning of an answer on one line.
fn shown(body: &str) -> String {
    body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN_CHARS).collect()
}

fn unreachable(url: &str, error: &reqwest::Error) -> Error {
    let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    Error::Unreachable { url: url.to_owned(), reason: cause }
}
