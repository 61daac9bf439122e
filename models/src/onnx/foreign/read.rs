//! Bytes of another tool to a graph that can stand within ours, or a reason why not.

use prost::Message;

use super::needs::needs;
use super::signature::Signature;
use super::walk;
use crate::onnx::graph::GraphNeeds;
use crate::onnx::proto::{EXTERNAL, GraphProto, ModelProto, TensorProto};
use crate::{Error, Result};

/// A larger model is a mistake, or would hold up whoever loads it.
const LARGEST_BYTES: usize = 256 << 20;

/// A graph that was looked through.
pub(super) struct ForeignGraph {
    pub graph: GraphProto,
    pub needs: GraphNeeds,
    pub signature: Signature,
    /// The features, if its metadata names them.
    pub names: Option<Vec<String>>,
    /// The tool that wrote it, such as `skl2onnx 1.20.0`.
    pub producer: String,
}

/// Reads a model; `output` names its forecast where several outputs could be it.
pub(super) fn read(bytes: &[u8], output: Option<&str>) -> Result<ForeignGraph> {
    if bytes.len() > LARGEST_BYTES {
        return Err(refused(format!("it has {} bytes, and {LARGEST_BYTES} are allowed", bytes.len())));
    }
    let no_model =
        |why: &str| refused(format!("it is no ONNX model ({why}): pass the bytes of an .onnx file"));
    let mut model = ModelProto::decode(bytes).map_err(|e| no_model(&e.to_string()))?;
    check_inside(&model)?;
    let needs = needs(&model)?;
    let names = names(&model);
    let producer = format!("{} {}", model.producer_name(), model.producer_version()).trim().to_owned();
    let graph = model.graph.take().filter(|graph| !graph.node.is_empty());
    let graph = graph.ok_or_else(|| no_model("it has no nodes"))?;
    let signature = Signature::of(&graph, output)?;
    Ok(ForeignGraph { graph, needs, signature, names, producer })
}

/// Why a model cannot be taken.
pub(super) fn refused(reason: String) -> Error {
    Error::Foreign { reason }
}

/// An artifact is one file: constants that lie beside it would be lost.
fn check_inside(model: &ModelProto) -> Result<()> {
    let outside =
        |tensor: &&TensorProto| tensor.data_location() == EXTERNAL || !tensor.external_data.is_empty();
    match walk::tensors(model).into_iter().find(outside) {
        None => Ok(()),
        Some(tensor) => Err(refused(format!(
            "its constant `{}` lies in another file: save it in one, as onnx.save_model does with \
             save_as_external_data=False, and torch.onnx.export with external_data=False",
            tensor.name()
        ))),
    }
}

/// The entry `feature_names` of the metadata, a JSON list; other forms are other tools' own.
fn names(model: &ModelProto) -> Option<Vec<String>> {
    let entry = model.metadata_props.iter().find(|entry| entry.key() == "feature_names")?;
    serde_json::from_str(entry.value()).ok()
}
