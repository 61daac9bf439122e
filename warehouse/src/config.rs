//! Where the warehouse is, and where it finds the lake.

use std::fmt;

use serde::Deserialize;

/// Where the warehouse answers and as whom to speak to it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WarehouseConfig {
    /// The ClickHouse HTTP interface: `http://host:8123` or `https://host:8443`.
    pub url: String,
    /// The user; `default` on an embedded engine.
    pub user: String,
    /// The password; empty when none is asked for.
    pub password: String,
    /// The cluster's name in the server's `remote_servers`; `None` for a single server.
    pub cluster: Option<String>,
}

impl Default for WarehouseConfig {
    fn default() -> Self {
        Self {
            url: "http://127.0.0.1:8123".to_owned(),
            user: "default".to_owned(),
            password: String::new(),
            cluster: None,
        }
    }
}

impl fmt::Debug for WarehouseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WarehouseConfig")
            .field("url", &self.url)
            .field("user", &self.user)
            .field("cluster", &self.cluster)
            .finish_non_exhaustive()
    }
}

/// Where the warehouse's engine itself finds the lake: what the named collection `lake` says.
#[derive(Clone, PartialEq, Eq)]
pub struct LakeLocation {
    /// `<endpoint>/<bucket>/`, as the warehouse's host reaches it.
    pub url: String,
    /// The access key; `None` to let the server use its own identity.
    pub access_key_id: Option<String>,
    /// The secret key; `None` to let the server use its own identity.
    pub secret_access_key: Option<String>,
}

impl fmt::Debug for LakeLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LakeLocation").field("url", &self.url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_printed() {
        let config = WarehouseConfig { password: "hunter2".to_owned(), ..WarehouseConfig::default() };
        let lake = LakeLocation {
            url: "http://127.0.0.1:9000/lake/".to_owned(),
            access_key_id: Some("hunter2".to_owned()),
            secret_access_key: Some("hunter2".to_owned()),
        };
        assert!(!format!("{config:?} {lake:?}").contains("hunter2"));
    }
}
