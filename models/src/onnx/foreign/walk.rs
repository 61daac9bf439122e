//! Everything in a model, however deep: branches and loops hold graphs within attributes of nodes.

use crate::onnx::proto::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};

/// Every node: of the graph, of the graphs within nodes, of local functions.
pub(super) fn nodes(model: &ModelProto) -> Vec<&NodeProto> {
    let within = attributes(model).into_iter().flat_map(graphs).flat_map(|graph| &graph.node);
    outer_nodes(model).chain(within).collect()
}

/// Every constant, whether it stands in a graph or in an attribute of a node.
pub(super) fn tensors(model: &ModelProto) -> Vec<&TensorProto> {
    let attributes = attributes(model);
    let within = attributes.iter().copied().flat_map(graphs);
    let of_graphs = model.graph.iter().chain(within).flat_map(|graph| {
        let sparse = graph.sparse_initializer.iter();
        graph.initializer.iter().chain(sparse.flat_map(|sparse| sparse.values.iter().chain(&sparse.indices)))
    });
    let of_nodes = attributes.iter().flat_map(|attribute| {
        let sparse = attribute.sparse_tensor.iter().chain(&attribute.sparse_tensors);
        let sparse = sparse.flat_map(|sparse| sparse.values.iter().chain(&sparse.indices));
        attribute.t.iter().chain(&attribute.tensors).chain(sparse)
    });
    of_graphs.chain(of_nodes).collect()
}

/// Every attribute, and the defaults of those that functions take.
fn attributes(model: &ModelProto) -> Vec<&AttributeProto> {
    let defaults = model.functions.iter().flat_map(|function| &function.attribute_proto);
    let mut pending: Vec<_> = outer_nodes(model).flat_map(|node| &node.attribute).chain(defaults).collect();
    let mut found = Vec::new();
    while let Some(attribute) = pending.pop() {
        pending.extend(graphs(attribute).flat_map(|graph| &graph.node).flat_map(|node| &node.attribute));
        found.push(attribute);
    }
    found
}

fn outer_nodes(model: &ModelProto) -> impl Iterator<Item = &NodeProto> {
    let of_functions = model.functions.iter().flat_map(|function| &function.node);
    model.graph.iter().flat_map(|graph| &graph.node).chain(of_functions)
}

fn graphs(attribute: &AttributeProto) -> impl Iterator<Item = &GraphProto> {
    attribute.g.iter().chain(&attribute.graphs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::proto::FunctionProto;

    fn tensor(name: &str) -> TensorProto {
        TensorProto { name: Some(name.to_owned()), ..TensorProto::default() }
    }

    fn node(op_type: &str, attribute: AttributeProto) -> NodeProto {
        let op_type = Some(op_type.to_owned());
        NodeProto { op_type, attribute: vec![attribute], ..NodeProto::default() }
    }

    /// An `If` of a graph in one of a function, each with a constant.
    #[test]
    fn what_lies_deep_is_found() {
        let constant = |name: &str| AttributeProto { t: Some(tensor(name)), ..AttributeProto::default() };
        let branch = |op_type: &str, name: &str| {
            let node = vec![node(op_type, constant(name))];
            let graph = GraphProto { node, initializer: vec![tensor("w")], ..GraphProto::default() };
            AttributeProto { g: Some(graph), ..AttributeProto::default() }
        };
        let graph = GraphProto { node: vec![node("If", branch("Constant", "a"))], ..GraphProto::default() };
        let function = FunctionProto {
            node: vec![node("Loop", branch("Constant", "b"))],
            attribute_proto: vec![constant("c")],
            ..FunctionProto::default()
        };
        let model = ModelProto { graph: Some(graph), functions: vec![function], ..ModelProto::default() };
        let mut found: Vec<&str> = nodes(&model).iter().map(|node| node.op_type()).collect();
        found.sort_unstable();
        assert_eq!(found, ["Constant", "Constant", "If", "Loop"]);
        let mut found: Vec<&str> = tensors(&model).iter().map(|tensor| tensor.name()).collect();
        found.sort_unstable();
        assert_eq!(found, ["a", "b", "c", "w", "w"]);
    }
}
