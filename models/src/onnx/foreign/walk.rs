//! Everything in a model, however deep: branches and loops hold graphs within nodes.

use crate::onnx::proto::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};

/// Every node: of the graph, of the graphs within nodes, of local functions.
pub(super) fn nodes(model: &ModelProto) -> Vec<&NodeProto> {
    let of_functions = model.functions.iter().flat_map(|function| &function.node);
    let mut pending: Vec<_> = model.graph.iter().flat_map(|graph| &graph.node).chain(of_functions).collect();
    let mut found = Vec::new();
    while let Some(node) = pending.pop() {
        pending.extend(attributes(node).flat_map(graphs).flat_map(|graph| &graph.node));
        found.push(node);
    }
    found
}

/// Every constant, whether it stands in a graph or in an attribute of a node.
pub(super) fn tensors(model: &ModelProto) -> Vec<&TensorProto> {
    let nodes = nodes(model);
    let within = nodes.iter().flat_map(|node| attributes(node)).flat_map(graphs);
    let of_graphs = model.graph.iter().chain(within).flat_map(|graph| {
        let sparse = graph.sparse_initializer.iter();
        graph.initializer.iter().chain(sparse.flat_map(|sparse| sparse.values.iter().chain(&sparse.indices)))
    });
    let of_nodes = nodes.iter().flat_map(|node| attributes(node)).flat_map(|attribute| {
        let sparse = attribute.sparse_tensor.iter().chain(&attribute.sparse_tensors);
        let sparse = sparse.flat_map(|sparse| sparse.values.iter().chain(&sparse.indices));
        attribute.t.iter().chain(&attribute.tensors).chain(sparse)
    });
    of_graphs.chain(of_nodes).collect()
}

fn attributes(node: &NodeProto) -> impl Iterator<Item = &AttributeProto> {
    node.attribute.iter()
}

fn graphs(attribute: &AttributeProto) -> impl Iterator<Item = &GraphProto> {
    attribute.g.iter().chain(&attribute.graphs)
}
