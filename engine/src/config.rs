//! What the engine is started with.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Configuration of [`serve`](crate::serve); take [`EngineConfig::default`] and set what differs.
#[derive(Clone)]
pub struct EngineConfig {
    /// Where tables live; made when missing. One process at a time.
    pub data_dir: PathBuf,
    /// Where to listen: a loopback address; port 0 picks a free one.
    pub addr: SocketAddr,
    /// The `libchdb.so` to load.
    pub libchdb: PathBuf,
    /// The one user that clients log in as.
    pub user: String,
    /// The user's password; `None` accepts any.
    pub password: Option<String>,
    /// URL prefixes, such as `http://127.0.0.1:9000/lake/`, that `s3()` and its relatives may reach. Everything else
    /// outside the data directory (files, URLs, other servers) is refused.
    pub allowed_s3_prefixes: Vec<String>,
    /// Queries that may run at once; one more is answered with code 202.
    pub max_concurrent_queries: usize,
    /// The longest SQL text taken, in bytes; data of an INSERT does not count.
    pub max_sql_bytes: usize,
    /// The largest result, in bytes, in a format that cannot be streamed (JSON, Parquet, Pretty, ...) or with
    /// `wait_end_of_query=1`; a larger one is answered with code 396.
    pub max_buffered_bytes: usize,
    /// How long running queries may take to end on shutdown before they are canceled.
    pub shutdown_grace: Duration,
    /// Further server settings for the engine's configuration file, such as `max_server_memory_usage`.
    pub server_settings: BTreeMap<String, String>,
}

impl Default for EngineConfig {
    /// `127.0.0.1:8123`, user `default` without a password, data in `.weekahead/warehouse`.
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from(".weekahead/warehouse"),
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 8123)),
            libchdb: PathBuf::from(".deps/chdb/libchdb.so"),
            user: "default".to_owned(),
            password: None,
            allowed_s3_prefixes: Vec::new(),
            max_concurrent_queries: 100,
            max_sql_bytes: 64 << 20,
            max_buffered_bytes: 256 << 20,
            shutdown_grace: Duration::from_secs(10),
            server_settings: BTreeMap::new(),
        }
    }
}

impl std::fmt::Debug for EngineConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineConfig")
            .field("data_dir", &self.data_dir)
            .field("addr", &self.addr)
            .field("libchdb", &self.libchdb)
            .field("user", &self.user)
            .field("password", &self.password.as_ref().map(|_| "(hidden)"))
            .field("allowed_s3_prefixes", &self.allowed_s3_prefixes)
            .finish_non_exhaustive()
    }
}
