//! The ClickHouse HTTP interface over `libchdb`, the ClickHouse engine as a library.
//!
//! [`serve`] opens a data directory and answers, on a loopback address, what the clients of a ClickHouse server ask:
//! the Rust `clickhouse` crate, `clickhouse-connect` (and with it Superset) and `dbt-clickhouse` work unchanged.
//!
//! ```no_run
//! # async fn run() -> weekahead_engine::Result<()> {
//! use weekahead_engine::{EngineConfig, serve};
//!
//! let config = EngineConfig { data_dir: "warehouse".into(), ..EngineConfig::default() };
//! let engine = serve(config).await?;
//! println!("http://{}/?query=SELECT+version()", engine.local_addr());
//! engine.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # The library
//!
//! `libchdb.so` (566 MB) is loaded at run time, never linked. A process can have one data directory open at a time, and
//! a directory can be open in one process: a second one gets [`Error::InUse`]. The engine's threads may crash a process
//! that returns from `main`; leave with [`std::process::exit`] after [`EngineHandle::shutdown`].
//!
//! # What is served
//!
//! * `/` with GET, HEAD and POST; `/ping` and `/replicas_status`. GET and HEAD only read (code 164 otherwise).
//! * SQL in `?query=`, in the body, or in a form (`query`, `param_*`). An INSERT's data may follow its SQL in the body.
//! * Bound parameters (`param_x`), settings as URL parameters, `database`, `default_format`, `query_id`, sessions
//!   (`session_id`, `session_timeout`, `session_check`), `wait_end_of_query`, and the matching `X-ClickHouse-*` headers.
//! * `compress=1` and `decompress=1` (ClickHouse blocks), and gzip, deflate, lz4 and zstd content encodings both ways.
//! * Exceptions with ClickHouse's code, text and HTTP status. One that comes after the result has begun is written into
//!   the body (with `X-ClickHouse-Exception-Tag`), and the connection is broken off.
//!
//! # Memory
//!
//! Request bodies go into the engine, and results out of it, piece by piece: a slow client slows its query down. Results
//! in RowBinary, Native, CSV, TSV and the row-wise JSON formats stream, with names and types too. Other formats (JSON,
//! Parquet, Pretty, ...), WITH TOTALS and `wait_end_of_query=1` are made whole first: bounded by
//! [`EngineConfig::max_buffered_bytes`], counted in the engine's columns for the first two (JSON text can be some times
//! larger).
//!
//! # Promises
//!
//! * An acknowledged INSERT is in the table, also after `kill -9` (not after a power failure).
//! * An INSERT that fails, or whose client goes away, may leave blocks that were complete before.
//! * A query whose client goes away is canceled.
//!
//! # What SQL may reach
//!
//! The engine would let any SQL read every file of the machine. So a guard reads each statement's tokens and refuses
//! functions, table engines, dictionary sources and clauses that reach files, programs, URLs or other servers, and
//! `s3()` and its relatives outside [`EngineConfig::allowed_s3_prefixes`] (a named collection is checked when it is
//! created). Behind the guard, the engine's own grants withhold the same sources. The Kafka engine is allowed. A table
//! or column name such as `url` directly before a bracket is refused too. Requests that a browser sends for
//! another site's page are refused by their `Host` and `Origin`.
//!
//! # Not supported
//!
//! External tables in forms (code 48), users and roles, `KILL QUERY WHERE query_id = ..` with a client's id (the engine
//! gives ids of its own), `progress` headers, and what libchdb lacks: replication, `ON CLUSTER`, `query_log`, BACKUP.

mod compression;
mod config;
mod direct;
mod engine;
mod error;
mod exception;
mod ffi;
mod guard;
mod http;
mod query;
mod server;
mod session;
mod setup;
mod sql;

pub use config::EngineConfig;
pub use direct::Direct;
pub use error::{Error, Result};
pub use server::{EngineHandle, serve};
