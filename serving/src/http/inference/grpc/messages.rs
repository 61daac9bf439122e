//! The messages of the protocol, as plain structs with the numbers of its schema (package `inference`).
//!
//! Fields that nothing here asks for are left out: they are skipped where they come.

use std::collections::HashMap;

use prost::Message;
use prost::bytes::Bytes;

/// A request about the server.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Nothing {}

/// Whether something lives or is ready.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Answer {
    #[prost(bool, tag = "1")]
    pub(super) yes: bool,
}

/// A request about a model; an empty version is any.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ModelName {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) version: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Server {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) version: String,
    #[prost(string, repeated, tag = "3")]
    pub(super) extensions: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Model {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, repeated, tag = "2")]
    pub(super) versions: Vec<String>,
    #[prost(string, tag = "3")]
    pub(super) platform: String,
    #[prost(message, repeated, tag = "4")]
    pub(super) inputs: Vec<Tensor>,
    #[prost(message, repeated, tag = "5")]
    pub(super) outputs: Vec<Tensor>,
}

/// A tensor: of a model, of a request or of an answer. Only the latter two have contents.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Tensor {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) datatype: String,
    #[prost(int64, repeated, tag = "3")]
    pub(super) shape: Vec<i64>,
    #[prost(message, optional, tag = "5")]
    pub(super) contents: Option<Contents>,
}

/// Values, flat and in row-major order, in the list of their type.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Contents {
    #[prost(int32, repeated, tag = "2")]
    pub(super) int: Vec<i32>,
    #[prost(int64, repeated, tag = "3")]
    pub(super) int64: Vec<i64>,
    #[prost(uint32, repeated, tag = "4")]
    pub(super) uint: Vec<u32>,
    #[prost(uint64, repeated, tag = "5")]
    pub(super) uint64: Vec<u64>,
    #[prost(float, repeated, tag = "6")]
    pub(super) fp32: Vec<f32>,
    #[prost(double, repeated, tag = "7")]
    pub(super) fp64: Vec<f64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct InferRequest {
    #[prost(string, tag = "1")]
    pub(super) model_name: String,
    #[prost(string, tag = "2")]
    pub(super) model_version: String,
    #[prost(string, tag = "3")]
    pub(super) id: String,
    #[prost(message, repeated, tag = "5")]
    pub(super) inputs: Vec<Tensor>,
    #[prost(message, repeated, tag = "6")]
    pub(super) outputs: Vec<Wanted>,
    /// The values of each input as bytes, in place of all contents.
    #[prost(bytes = "bytes", repeated, tag = "7")]
    pub(super) raw: Vec<Bytes>,
}

/// An output that is wanted.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Wanted {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(map = "string, message", tag = "2")]
    pub(super) parameters: HashMap<String, Parameter>,
}

/// A parameter, whatever its value.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Parameter {}

#[derive(Clone, PartialEq, Message)]
pub(super) struct InferAnswer {
    #[prost(string, tag = "1")]
    pub(super) model_name: String,
    #[prost(string, tag = "2")]
    pub(super) model_version: String,
    #[prost(string, tag = "3")]
    pub(super) id: String,
    #[prost(message, repeated, tag = "5")]
    pub(super) outputs: Vec<Tensor>,
    /// The values of each output as bytes, in place of all contents.
    #[prost(bytes = "bytes", repeated, tag = "6")]
    pub(super) raw: Vec<Bytes>,
}
