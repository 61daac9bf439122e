//! Artifacts that the MLflow server itself keeps, at `mlflow-artifacts:/...` locations.

use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::location::check_path;
use super::store::{ArtifactInfo, ArtifactStore, BoxFuture};
use crate::transport::{Body, Call, Repeat, Transport};
use crate::{Error, Result};

/// The scheme of such locations.
pub(crate) const SCHEME: &str = "mlflow-artifacts";

/// Moves artifacts through the MLflow server.
#[derive(Debug)]
pub(crate) struct HttpArtifactStore {
    pub(crate) transport: Arc<Transport>,
}

/// Folders within folders beyond this are a loop or an attack.
const DEEPEST_FOLDER: usize = 32;

impl ArtifactStore for HttpArtifactStore {
    fn put<'a>(&'a self, uri: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<()>> {
        async move {
            self.send(Method::PUT, self.url(server_path(uri)?), Body::Artifact(bytes)).await?;
            Ok(())
        }
        .boxed()
    }

    fn get<'a>(&'a self, uri: &'a str) -> BoxFuture<'a, Result<Bytes>> {
        async move { self.send(Method::GET, self.url(server_path(uri)?), Body::None).await }.boxed()
    }

    fn list<'a>(&'a self, uri: &'a str) -> BoxFuture<'a, Result<Vec<ArtifactInfo>>> {
        async move {
            let root = server_path(uri)?;
            let mut files = Vec::new();
            let mut folders = vec![(String::new(), 0)];
            while let Some((folder, depth)) = folders.pop() {
                for entry in self.folder(root, &folder).await? {
                    check_path(&entry.path)?;
                    let path =
                        if folder.is_empty() { entry.path } else { format!("{folder}/{}", entry.path) };
                    match entry.is_dir {
                        true if depth < DEEPEST_FOLDER => folders.push((path, depth + 1)),
                        true => return Err(Error::ArtifactPath { path }),
                        false => files.push(ArtifactInfo { path, size_bytes: entry.file_size }),
                    }
                }
            }
            files.sort();
            Ok(files)
        }
        .boxed()
    }
}

#[derive(Deserialize)]
struct Entry {
    path: String,
    #[serde(default)]
    is_dir: bool,
    #[serde(default)]
    file_size: u64,
}

impl HttpArtifactStore {
    async fn folder(&self, root: &str, folder: &str) -> Result<Vec<Entry>> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            files: Vec<Entry>,
        }
        let path = [root.trim_end_matches('/'), folder].join("/");
        let mut url = self.url("");
        url.query_pairs_mut().append_pair("path", path.trim_matches('/'));
        let call = Call { method: Method::GET, url, body: Body::None, repeat: Repeat::Safe };
        let body = self.transport.send(&call).await?;
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|e| Error::Decode { call: call.name(), reason: e.to_string() })?;
        Ok(answer.files)
    }

    async fn send(&self, method: Method, url: Url, body: Body) -> Result<Bytes> {
        self.transport.send(&Call { method, url, body, repeat: Repeat::Safe }).await
    }

    fn url(&self, path: &str) -> Url {
        let below = path.split('/').filter(|part| !part.is_empty());
        self.transport.url(["api", "2.0", "mlflow-artifacts", "artifacts"].into_iter().chain(below))
    }
}

/// The path on the server of a location. Another server's location is refused: our credentials are not for it.
fn server_path(uri: &str) -> Result<&str> {
    let location = |reason: &str| Error::ArtifactLocation { uri: uri.to_owned(), reason: reason.to_owned() };
    let rest =
        uri.strip_prefix("mlflow-artifacts:").ok_or_else(|| location("not an mlflow-artifacts location"))?;
    let path = match rest.strip_prefix("//") {
        Some(authority) if !authority.starts_with('/') => {
            return Err(location("it names another server: use that server as the tracker"));
        }
        Some(path) => path,
        None => rest,
    };
    let path = path.trim_matches('/');
    check_path(path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_name_paths_on_our_server_only() {
        assert_eq!(server_path("mlflow-artifacts:/1/a/artifacts").unwrap(), "1/a/artifacts");
        assert_eq!(server_path("mlflow-artifacts:///1/a").unwrap(), "1/a");
        assert!(matches!(server_path("mlflow-artifacts://evil:80/1"), Err(Error::ArtifactLocation { .. })));
        assert!(matches!(server_path("mlflow-artifacts:/1/../2"), Err(Error::ArtifactPath { .. })));
    }
}
