//! What the embedded endpoint needs to know.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::LakeConfig;

/// Where to serve which directory to whom.
#[derive(Clone, PartialEq, Eq)]
pub struct EmbeddedConfig {
    /// The directory; made when it is missing. Its subdirectories are the buckets.
    pub root: PathBuf,
    /// A loopback address; port 0 takes a free one.
    pub addr: SocketAddr,
    /// The only access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
}

impl EmbeddedConfig {
    /// How a [`crate::Lake`] is opened on the endpoint that listens on `addr`.
    pub fn lake_config(&self, addr: SocketAddr) -> LakeConfig {
        LakeConfig {
            endpoint: Some(format!("http://{addr}")),
            access_key_id: Some(self.access_key_id.clone()),
            secret_access_key: Some(self.secret_access_key.clone()),
            ..LakeConfig::default()
        }
    }
}

impl fmt::Debug for EmbeddedConfig {
    /// Everything but the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedConfig")
            .field("root", &self.root)
            .field("addr", &self.addr)
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}
