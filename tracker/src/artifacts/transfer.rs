//! Moving artifacts in and out, wherever their location says they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use super::http::{self, HttpArtifactStore};
use super::location::{check_path, join, scheme};
use super::store::{ArtifactInfo, ArtifactStore};
use crate::{Error, Result, RunInfo, Tracker};

/// Files moved at the same time.
const AT_ONCE: usize = 4;

impl Tracker {
    /// Writes a run's artifact: a plot, a table, a report.
    ///
    /// # Errors
    /// [`Error::ArtifactPath`] for a path that leaves the run's folder; [`Error::ArtifactLocation`] when the run's
    /// artifacts are in a store that was not injected.
    pub async fn log_artifact(&self, run: &RunInfo, path: &str, bytes: Bytes) -> Result<()> {
        self.put_artifact(&run.artifact_uri, path, bytes).await
    }

    /// Writes `path` below the location `root`.
    ///
    /// # Errors
    /// As [`Tracker::log_artifact`].
    pub async fn put_artifact(&self, root: &str, path: &str, bytes: Bytes) -> Result<()> {
        let uri = join(root, path)?;
        self.store(root)?.put(&uri, bytes).await
    }

    /// Writes several files below the location `root`, some of them at a time.
    ///
    /// # Errors
    /// As [`Tracker::log_artifact`]; files after the one that failed may be there or not.
    pub async fn put_artifacts(
        &self,
        root: &str,
        files: impl IntoIterator<Item = (String, Bytes)>,
    ) -> Result<()> {
        let puts =
            files.into_iter().map(|(path, bytes)| async move { self.put_artifact(root, &path, bytes).await });
        stream::iter(puts).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Reads `path` below the location `root`.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such file; else as [`Tracker::log_artifact`].
    pub async fn get_artifact(&self, root: &str, path: &str) -> Result<Bytes> {
        let uri = join(root, path)?;
        self.store(root)?.get(&uri).await
    }

    /// All files below the location `root`, however deep, in order of their paths.
    ///
    /// # Errors
    /// [`Error::ArtifactLocation`] when the location is in a store that was not injected.
    pub async fn list_artifacts(&self, root: &str) -> Result<Vec<ArtifactInfo>> {
        let mut files = self.store(root)?.list(root).await?;
        files.iter().try_for_each(|file| check_path(&file.path))?;
        files.sort();
        Ok(files)
    }

    /// All files below the location `root`, with their contents.
    pub(crate) async fn get_artifacts(&self, root: &str) -> Result<BTreeMap<String, Bytes>> {
        let files = self.list_artifacts(root).await?;
        let reads = files.into_iter().map(|file| async move {
            let bytes = self.get_artifact(root, &file.path).await?;
            Ok::<_, Error>((file.path, bytes))
        });
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
    }

    fn store(&self, root: &str) -> Result<Arc<dyn ArtifactStore>> {
        let scheme = scheme(root);
        if let Some(store) = self.stores.get(scheme) {
            return Ok(store.clone());
        }
        if scheme == http::SCHEME {
            return Ok(Arc::new(HttpArtifactStore { transport: self.transport.clone() }));
        }
        let reason = match scheme {
            "" | "file" => {
                "they are in a folder of the server's own; start it with --artifacts-destination".into()
            }
            scheme => format!("no store for `{scheme}:` is configured; give the lake's S3 settings"),
        };
        Err(Error::ArtifactLocation { uri: root.to_owned(), reason })
    }
}
