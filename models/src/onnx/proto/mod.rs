//! ONNX's protobuf schema: all of it, so that a graph of any origin is decoded and encoded again without loss.
//!
//! Every field that the format lets be absent is an `Option`: what a file says, and that it says nothing, both stay.
//!
//! # Source
//! `onnx/onnx-ml.proto` of ONNX 1.23 (IR version 14 and before); field numbers never change. Written out by hand because
//! generating it would need protoc to build. `TensorProto.dims` alone is written packed, which any reader takes: the
//! digests of the artifacts that there are depend on it.

mod devices;
mod graph;
mod model;
mod tensor;
#[cfg(test)]
mod tests;
mod types;

pub(super) use graph::{AttributeProto, GraphProto, NodeProto};
pub(super) use model::{FunctionProto, ModelProto, OperatorSetIdProto, StringStringEntryProto};
pub(super) use tensor::TensorProto;
pub(super) use types::{
    DimensionProto, DimensionValue, TensorShapeProto, TensorTypeProto, TypeProto, TypeValue, ValueInfoProto,
};

/// `TensorProto.DataType.FLOAT`.
pub(super) const FLOAT: i32 = 1;
/// `TensorProto.DataType.INT64`.
pub(super) const INT64: i32 = 7;
/// `TensorProto.DataType.DOUBLE`.
pub(super) const DOUBLE: i32 = 11;
/// `TensorProto.DataLocation.EXTERNAL`.
pub(super) const EXTERNAL: i32 = 1;
/// `AttributeProto.AttributeType.INT`.
pub(super) const ATTRIBUTE_INT: i32 = 2;
/// `AttributeProto.AttributeType.FLOATS`.
pub(super) const ATTRIBUTE_FLOATS: i32 = 6;
/// `AttributeProto.AttributeType.INTS`.
pub(super) const ATTRIBUTE_INTS: i32 = 7;
/// `AttributeProto.AttributeType.STRINGS`.
pub(super) const ATTRIBUTE_STRINGS: i32 = 8;
