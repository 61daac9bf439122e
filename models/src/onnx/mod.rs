//! The artifact: models as ONNX bytes, and ONNX Runtime to run them.

mod export;
mod foreign;
mod graph;
mod meta;
mod parity;
mod proto;
mod runtime;
mod session;
mod trees;

pub use export::{digest, to_onnx};
pub use foreign::{BatchParity, ForeignModel, ForeignSettings, Missing, ParityBatch};
pub use meta::ArtifactMeta;
pub use parity::{ParityReport, parity};
pub use runtime::OnnxRuntime;
pub use session::OnnxSession;
