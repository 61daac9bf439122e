//! Artifacts in S3, for runs that MLflow does not proxy: the lake's client under the tracker's interface.

use bytes::Bytes;
use weekahead_lake::{Error as LakeError, Lake, LakeConfig};
use weekahead_tracker::{ArtifactInfo, ArtifactStore, BoxFuture, Error, Result};

/// Any bucket, with the lake's endpoint and keys.
#[derive(Debug)]
pub struct S3Artifacts {
    config: LakeConfig,
}

impl S3Artifacts {
    /// Buckets of the lake's store.
    pub fn new(config: LakeConfig) -> Self {
        Self { config }
    }

    /// The bucket that a URI names, and the key in it.
    async fn open<'a>(&self, uri: &'a str) -> Result<(Lake, &'a str)> {
        let named = uri.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
        let (bucket, key) = named.ok_or_else(|| failed(uri, "it is no s3://bucket/key".to_owned()))?;
        let config = LakeConfig { bucket: bucket.to_owned(), ..self.config.clone() };
        let bucket = Lake::open(&config).await.map_err(|error| store_error(uri, &error))?;
        Ok((bucket, key))
    }
}

impl ArtifactStore for S3Artifacts {
    fn put<'a>(&'a self, uri: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let (bucket, key) = self.open(uri).await?;
            bucket.put(key, bytes).await.map(drop).map_err(|error| store_error(uri, &error))
        })
    }

    fn get<'a>(&'a self, uri: &'a str) -> BoxFuture<'a, Result<Bytes>> {
        Box::pin(async move {
            let (bucket, key) = self.open(uri).await?;
            bucket.get(key).await.map_err(|error| store_error(uri, &error))
        })
    }

    fn list<'a>(&'a self, uri: &'a str) -> BoxFuture<'a, Result<Vec<ArtifactInfo>>> {
        Box::pin(async move {
            let (bucket, key) = self.open(uri).await?;
            let folder = format!("{}/", key.trim_end_matches('/'));
            let objects = bucket.list(&folder).await.map_err(|error| store_error(uri, &error))?;
            let relative = |key: &str| key.strip_prefix(&folder).unwrap_or(key).to_owned();
            Ok(objects
                .iter()
                .map(|o| ArtifactInfo { path: relative(&o.key), size_bytes: o.size_bytes })
                .collect())
        })
    }
}

fn store_error(uri: &str, error: &LakeError) -> Error {
    match error {
        LakeError::MissingObject { .. } => {
            Error::NotFound { call: format!("GET {uri}"), message: error.to_string() }
        }
        _ => Error::ArtifactStore {
            uri: uri.to_owned(),
            reason: error.to_string(),
            retryable: error.is_retryable(),
        },
    }
}

fn failed(uri: &str, reason: String) -> Error {
    Error::ArtifactStore { uri: uri.to_owned(), reason, retryable: false }
}
