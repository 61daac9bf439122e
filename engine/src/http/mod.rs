//! The ClickHouse HTTP interface: requests in, responses out. Nothing here calls into the engine but through a job on
//! a blocking thread.

mod auth;
mod multipart;
mod params;
mod receive;
mod respond;
mod route;

pub(crate) use route::handle;
