//! Models of other tools: any ONNX regressor becomes a model of ours.
//!
//! The way through it is [`ForeignModel::open`] -> [`ForeignModel::for_view`] -> [`ForeignModel::check_parity`] ->
//! [`ForeignModel::to_onnx`], which gives an artifact like any other.

mod batch;
mod compose;
mod model;
mod needs;
mod parity;
mod read;
mod rename;
mod settings;
mod signature;
mod walk;

pub use batch::ParityBatch;
pub use model::ForeignModel;
pub use parity::BatchParity;
pub use settings::{ForeignSettings, Missing};
