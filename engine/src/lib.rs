//! The ClickHouse HTTP interface over `libchdb`, the ClickHouse engine as a library.

mod compression;
mod config;
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
pub use error::{Error, Result};
pub use server::{EngineHandle, serve};
