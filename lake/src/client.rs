//! The S3 client: objects in and out of one bucket.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Builder, Credentials, ProvideCredentials, Region, RequestChecksumCalculation,
    ResponseChecksumValidation,
};
use aws_sdk_s3::operation::create_bucket::CreateBucketError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use bytes::Bytes;
use jiff::Timestamp;

use crate::error::{Attempt, innermost};
use crate::transfer::PART_BYTES;
use crate::{Error, LakeConfig, Result};

/// Between the first packet and the connection; three tries are made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// For one try of one request, body included; parts are 8 MiB.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(120);

/// One bucket of an S3-compatible store. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct Lake {
    pub(crate) client: Client,
    pub(crate) config: Arc<LakeConfig>,
}

/// An object that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRef {
    /// Its name in the bucket.
    pub key: String,
    /// The store's digest of it, without quotes.
    pub etag: String,
    /// Its size.
    pub size_bytes: u64,
}

/// An object that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Its name in the bucket.
    pub key: String,
    /// The store's digest of it, without quotes; listings of some stores leave it out.
    pub etag: Option<String>,
    /// Its size.
    pub size_bytes: u64,
    /// When it was written, by the store's clock; not every answer says.
    pub modified: Option<Timestamp>,
}

impl Lake {
    /// Connects, and makes the bucket when it is missing.
    ///
    /// # Errors
    /// [`Error::Config`], [`Error::NoCredentials`], [`Error::Denied`], or [`Error::Unreachable`], some 12 s after
    /// the call at most.
    pub async fn open(config: &LakeConfig) -> Result<Self> {
        config.check()?;
        let client = Client::from_conf(client_config(config).await?);
        let lake = Self { client, config: Arc::new(config.clone()) };
        if !lake.has_bucket().await? {
            lake.create_bucket().await?;
        }
        Ok(lake)
    }

    /// What this lake was opened with.
    pub fn config(&self) -> &LakeConfig {
        &self.config
    }

    /// Writes an object; a body over 8 MiB goes in parts, and appears at once when the last one is there.
    ///
    /// # Errors
    /// As [`Error`] says; nothing appears under `key` then, unless only the answer was lost.
    pub async fn put(&self, key: &str, body: Bytes) -> Result<ObjectRef> {
        if body.len() > PART_BYTES {
            return self.put_in_parts(key, body).await;
        }
        let size_bytes = body.len() as u64;
        let put = self.client.put_object().bucket(&self.config.bucket).key(key).body(ByteStream::from(body));
        let answer = put.send().await.map_err(|e| self.attempt("write", key).failed(e))?;
        Ok(ObjectRef {
            key: key.to_owned(),
            etag: plain_etag(answer.e_tag()).unwrap_or_default(),
            size_bytes,
        })
    }

    /// Reads a whole object.
    ///
    /// # Errors
    /// [`Error::MissingObject`] when it is not there.
    pub async fn get(&self, key: &str) -> Result<Bytes> {
        self.fetch(key, None).await
    }

    /// Reads the bytes `range.start..range.end` of an object, fewer when it is shorter than that.
    ///
    /// # Errors
    /// [`Error::MissingObject`]; [`Error::Refused`] when the object ends before the range starts.
    pub async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes> {
        match range.end.checked_sub(range.start + 1) {
            None => Ok(Bytes::new()),
            Some(_) => self.fetch(key, Some(format!("bytes={}-{}", range.start, range.end - 1))).await,
        }
    }

    async fn fetch(&self, key: &str, range: Option<String>) -> Result<Bytes> {
        let get = self.client.get_object().bucket(&self.config.bucket).key(key).set_range(range);
        let answer = get.send().await.map_err(|e| self.attempt("read", key).failed(e))?;
        let body = answer.body.collect().await.map_err(|e| Error::Unreachable {
            endpoint: self.config.endpoint_name().to_owned(),
            reason: format!("it stopped in the middle of `{key}`: {e}"),
        })?;
        Ok(body.into_bytes())
    }

    /// Size and digest of an object; `None` when it is not there.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn head(&self, key: &str) -> Result<Option<ObjectInfo>> {
        let head = self.client.head_object().bucket(&self.config.bucket).key(key).send().await;
        match head.map_err(|e| self.attempt("look at", key).failed(e)) {
            Ok(answer) => Ok(Some(ObjectInfo {
                key: key.to_owned(),
                etag: plain_etag(answer.e_tag()),
                size_bytes: size(answer.content_length()),
                modified: answer.last_modified().and_then(|at| Timestamp::from_second(at.secs()).ok()),
            })),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether an object is there.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn exists(&self, key: &str) -> Result<bool> {
        Ok(self.head(key).await?.is_some())
    }

    /// Every object whose name starts with `prefix`, in order of name.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn list(&self, prefix: &str) -> Result<Vec<ObjectInfo>> {
        let list = self.client.list_objects_v2().bucket(&self.config.bucket).prefix(prefix);
        let mut pages = list.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| self.attempt("list", prefix).failed(e))?;
            found.extend(page.contents().iter().filter_map(|object| {
                let (etag, size_bytes) = (plain_etag(object.e_tag()), size(object.size()));
                let modified = object.last_modified().and_then(|at| Timestamp::from_second(at.secs()).ok());
                Some(ObjectInfo { key: object.key()?.to_owned(), etag, size_bytes, modified })
            }));
        }
        Ok(found)
    }

    /// Removes an object; one that is not there is no error.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn delete(&self, key: &str) -> Result<()> {
        let delete = self.client.delete_object().bucket(&self.config.bucket).key(key);
        delete.send().await.map_err(|e| self.attempt("delete", key).failed(e))?;
        Ok(())
    }

    async fn has_bucket(&self) -> Result<bool> {
        let head = self.client.head_bucket().bucket(&self.config.bucket).send().await;
        match head.map_err(|e| self.attempt("look at bucket", &self.config.bucket).failed(e)) {
            Ok(_) => Ok(true),
            Err(error) if error.is_missing() => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn create_bucket(&self) -> Result<()> {
        let create = self.client.create_bucket().bucket(&self.config.bucket);
        let create = create.set_create_bucket_configuration(self.location());
        let Err(error) = create.send().await else { return Ok(()) };
        let taken = error.as_service_error().is_some_and(|e| {
            matches!(
                e,
                CreateBucketError::BucketAlreadyExists(_) | CreateBucketError::BucketAlreadyOwnedByYou(_)
            )
        });
        // Somebody else may have made it between our two requests.
        if taken || self.has_bucket().await? {
            return Ok(());
        }
        Err(self.attempt("make bucket", &self.config.bucket).failed(error))
    }

    /// AWS wants the region named, except for its first one; other stores have no regions.
    fn location(&self) -> Option<CreateBucketConfiguration> {
        let foreign = self.config.endpoint.is_none() && self.config.region != "us-east-1";
        let region = foreign.then(|| BucketLocationConstraint::from(self.config.region.as_str()))?;
        Some(CreateBucketConfiguration::builder().location_constraint(region).build())
    }

    pub(crate) fn attempt<'a>(&'a self, action: &'static str, key: &'a str) -> Attempt<'a> {
        Attempt { endpoint: self.config.endpoint_name(), bucket: &self.config.bucket, action, key }
    }
}

async fn client_config(config: &LakeConfig) -> Result<aws_sdk_s3::Config> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let builder = match config.keys()? {
        Some((id, secret)) => Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new(id, secret, None, None, "weekahead configuration")),
        None => Builder::from(&default_chain().await?),
    };
    let builder = builder
        .region(Region::new(config.region.clone()))
        .force_path_style(config.path_style)
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(timeouts);
    Ok(match &config.endpoint {
        None => builder.build(),
        // Many compatible stores do not know S3's newer checksums; the signature covers the body anyway.
        Some(endpoint) => builder
            .endpoint_url(endpoint)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .build(),
    })
}

/// Asks for the credentials at once: without any, the first request would fail like a dead endpoint.
async fn default_chain() -> Result<aws_config::SdkConfig> {
    let chain = aws_config::defaults(BehaviorVersion::latest()).load().await;
    if let Some(provider) = chain.credentials_provider() {
        let found = provider.provide_credentials().await;
        found.map_err(|e| Error::NoCredentials { reason: innermost(&e) })?;
    }
    Ok(chain)
}

pub(crate) fn plain_etag(etag: Option<&str>) -> Option<String> {
    etag.map(|text| text.trim_matches('"').to_owned())
}

fn size(length: Option<i64>) -> u64 {
    length.and_then(|n| u64::try_from(n).ok()).unwrap_or_default()
}
