//! The tracker: one MLflow server, with the typed calls that every resource file builds on.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::transport::{Body, Call, Repeat, Transport};
use crate::{ArtifactStore, Error, Result, TrackerConfig};

/// A client of one MLflow server; cloning shares its connections.
#[derive(Debug, Clone)]
pub struct Tracker {
    pub(crate) transport: Arc<Transport>,
    pub(crate) stores: BTreeMap<String, Arc<dyn ArtifactStore>>,
}

impl Tracker {
    /// Prepares a client; nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the url is not an http address.
    pub fn new(config: &TrackerConfig) -> Result<Tracker> {
        Ok(Tracker { transport: Arc::new(Transport::new(config)?), stores: BTreeMap::new() })
    }

    /// Lets artifacts whose location has this scheme (`s3`) be moved by `store` instead of through the server.
    #[must_use]
    pub fn with_artifact_store(mut self, scheme: &str, store: Arc<dyn ArtifactStore>) -> Tracker {
        self.stores.insert(scheme.to_owned(), store);
        self
    }

    /// The server's MLflow version, which also shows that it is up.
    ///
    /// # Errors
    /// [`Error::Unreachable`] when no server listens, after the configured repetitions.
    pub async fn version(&self) -> Result<String> {
        let call = self.call(Method::GET, self.transport.url(["version"]), Body::None, Repeat::Safe);
        let body = self.transport.send(&call).await?;
        Ok(String::from_utf8_lossy(&body).trim().to_owned())
    }

    /// Reads `path` with query parameters.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T> {
        let mut url = self.api(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.exchange(self.call(Method::GET, url, Body::None, Repeat::Safe)).await
    }

    /// Sends something that may be sent twice.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T> {
        let call = self.call(method, self.api(path), json(path, body)?, Repeat::Safe);
        self.exchange(call).await
    }

    /// Creates something: sent again only when the server cannot have seen it.
    pub(crate) async fn create<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        let call = self.call(Method::POST, self.api(path), json(path, body)?, Repeat::OnlyUnsent);
        self.exchange(call).await
    }

    async fn exchange<T: DeserializeOwned>(&self, call: Call) -> Result<T> {
        let body = self.transport.send(&call).await?;
        serde_json::from_slice(&body).map_err(|e| Error::Decode { call: call.name(), reason: e.to_string() })
    }

    fn api(&self, path: &str) -> url::Url {
        self.transport.url(["api", "2.0", "mlflow"].into_iter().chain(path.split('/')))
    }

    fn call(&self, method: Method, url: url::Url, body: Body, repeat: Repeat) -> Call {
        Call { method, url, body, repeat }
    }
}

fn json(path: &str, body: &impl Serialize) -> Result<Body> {
    let text = serde_json::to_vec(body)
        .map_err(|e| Error::Invalid { call: path.to_owned(), message: e.to_string() })?;
    Ok(Body::Json(Bytes::from(text)))
}
