//! What a place that keeps artifacts can do.

use std::fmt;

use bytes::Bytes;
pub use futures::future::BoxFuture;

use crate::Result;

/// A place that keeps artifacts under whole URIs such as `s3://lake/mlflow/1/<run_id>/artifacts/model/MLmodel`.
///
/// An implementation reports failures as [`crate::Error::ArtifactStore`], a missing object as
/// [`crate::Error::NotFound`].
pub trait ArtifactStore: Send + Sync + fmt::Debug {
    /// Writes a whole object, replacing what was there.
    fn put<'a>(&'a self, uri: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<()>>;

    /// Reads a whole object.
    fn get<'a>(&'a self, uri: &'a str) -> BoxFuture<'a, Result<Bytes>>;

    /// All objects below the folder `uri`, however deep, with paths relative to it; none when it does not exist.
    fn list<'a>(&'a self, uri: &'a str) -> BoxFuture<'a, Result<Vec<ArtifactInfo>>>;
}

/// A file below a folder of artifacts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArtifactInfo {
    /// Its path relative to the folder, parts joined by `/`.
    pub path: String,
    /// Its size.
    pub size_bytes: u64,
}
