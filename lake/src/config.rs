//! Where the lake is and who we are to it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Where the lake's bucket is. The embedded endpoint, MinIO, Garage and AWS differ in nothing else.
///
/// Without keys the AWS default chain is asked (environment, profile, container, instance role); without an
/// endpoint, AWS itself.
///
/// ```
/// let config = weekahead_lake::LakeConfig::default();
/// assert_eq!((config.bucket.as_str(), config.path_style), ("lake", true));
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LakeConfig {
    /// Base URL of an S3-compatible server, such as `http://127.0.0.1:9000`; AWS when absent.
    pub endpoint: Option<String>,
    /// Name of the bucket; made when it is missing.
    pub bucket: String,
    /// Region that requests are signed for.
    pub region: String,
    /// Access key; the AWS default credential chain when absent.
    pub access_key_id: Option<String>,
    /// Secret key; given exactly when `access_key_id` is.
    pub secret_access_key: Option<String>,
    /// Whether the bucket goes into the path (`host/bucket/key`) and not into the host name.
    pub path_style: bool,
}

impl Default for LakeConfig {
    fn default() -> Self {
        Self {
            endpoint: None,
            bucket: "lake".into(),
            region: "us-east-1".into(),
            access_key_id: None,
            secret_access_key: None,
            path_style: true,
        }
    }
}

impl LakeConfig {
    /// The endpoint as error messages name it.
    pub fn endpoint_name(&self) -> &str {
        self.endpoint.as_deref().unwrap_or("AWS S3")
    }

    /// The pair of keys, when one is configured.
    ///
    /// # Errors
    /// [`Error::Config`] when only one of the two is given.
    pub(crate) fn keys(&self) -> Result<Option<(&str, &str)>> {
        match (&self.access_key_id, &self.secret_access_key) {
            (Some(id), Some(secret)) => Ok(Some((id, secret))),
            (None, None) => Ok(None),
            _ => Err(Error::Config {
                what: "one of access_key_id and secret_access_key is missing".into(),
                hint: "give both, or neither to use the AWS default credential chain",
            }),
        }
    }

    /// # Errors
    /// [`Error::Config`] for an endpoint that is no http(s) URL or a bucket name that S3 does not allow.
    pub(crate) fn check(&self) -> Result<()> {
        let is_url = |url: &String| url.starts_with("http://") || url.starts_with("https://");
        if let Some(endpoint) = self.endpoint.as_ref().filter(|url| !is_url(url)) {
            let what = format!("the lake's endpoint `{endpoint}` is no URL");
            return Err(Error::Config { what, hint: "write it as http://host:port" });
        }
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'.';
        if !(3..=63).contains(&self.bucket.len()) || !self.bucket.bytes().all(plain) {
            let what = format!("`{}` cannot be a bucket's name", self.bucket);
            return Err(Error::Config { what, hint: "use 3 to 63 of a-z 0-9 - ." });
        }
        Ok(())
    }
}

impl fmt::Debug for LakeConfig {
    /// Everything but the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LakeConfig")
            .field("endpoint", &self.endpoint)
            .field("bucket", &self.bucket)
            .field("region", &self.region)
            .field("access_key_id", &self.access_key_id)
            .field("path_style", &self.path_style)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_never_printed() {
        let config = LakeConfig { secret_access_key: Some("hush".into()), ..LakeConfig::default() };
        assert!(!format!("{config:?}").contains("hush"));
    }

    #[test]
    fn half_a_key_pair_is_refused() {
        let config = LakeConfig { access_key_id: Some("id".into()), ..LakeConfig::default() };
        assert!(matches!(config.keys(), Err(Error::Config { .. })));
    }

    #[test]
    fn endpoint_and_bucket_are_checked() {
        let with = |endpoint: &str, bucket: &str| {
            LakeConfig { endpoint: Some(endpoint.into()), bucket: bucket.into(), ..LakeConfig::default() }
                .check()
        };
        assert!(with("http://127.0.0.1:9000", "lake").is_ok());
        assert!(with("127.0.0.1:9000", "lake").is_err());
        assert!(with("http://127.0.0.1:9000", "La ke").is_err());
    }
}
