//! One query, from SQL and data to a result: everything here runs on a blocking thread of its own.

mod answer;
mod body;
mod header;
mod insert;
mod job;
mod request;
mod select;
mod settings;
mod shape;

pub(crate) use answer::{Answer, Head, Sink};
pub(crate) use body::{Frame, Frames};
pub(crate) use job::Job;
pub(crate) use request::{OutputEncoding, QueryRequest};
