//! The engine as its clients see it: each test starts the standalone server on a directory of its own.

mod clickhouse_crate;
mod guard;
mod library;
mod lifecycle;
mod protocol;
mod python_clients;
mod server;
mod sessions;
mod streams;
