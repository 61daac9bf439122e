//! Other names for everything in a graph, so that none of them is one of ours.

use crate::onnx::proto::{DimensionValue, GraphProto, NodeProto, TensorShapeProto, TypeProto, TypeValue};

/// Where the values, nodes and dimensions of a foreign graph are found in an artifact.
const PREFIX: &str = "foreign/";

/// The new name of a value. The empty one stands for an optional input that is not given.
pub(super) fn renamed(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("{PREFIX}{name}") }
}

/// Renames what a graph names, and what the graphs within its nodes do: those see the names outside.
pub(super) fn rename(graph: &mut GraphProto) {
    graph.node.iter_mut().for_each(rename_node);
    let sparse = graph.sparse_initializer.iter_mut().filter_map(|sparse| sparse.values.as_mut());
    graph.initializer.iter_mut().chain(sparse).for_each(|tensor| rename_some(&mut tensor.name));
    for value in graph.input.iter_mut().chain(&mut graph.output).chain(&mut graph.value_info) {
        rename_some(&mut value.name);
        value.r#type.iter_mut().for_each(rename_type);
    }
    for annotation in &mut graph.quantization_annotation {
        rename_some(&mut annotation.tensor_name);
        annotation.quant_parameter_tensor_names.iter_mut().for_each(|entry| rename_some(&mut entry.value));
    }
}

fn rename_node(node: &mut NodeProto) {
    node.input.iter_mut().chain(&mut node.output).for_each(|name| *name = renamed(name));
    rename_some(&mut node.name);
    // They point to devices of the model that the graph is taken out of.
    node.device_configurations.clear();
    for attribute in &mut node.attribute {
        attribute.g.iter_mut().chain(&mut attribute.graphs).for_each(rename);
    }
}

fn rename_some(name: &mut Option<String>) {
    name.iter_mut().for_each(|name| *name = renamed(name));
}

/// Named dimensions are equal wherever the name is the same: another's `rows` are not ours.
fn rename_type(r#type: &mut TypeProto) {
    match &mut r#type.value {
        Some(TypeValue::Tensor(tensor)) => rename_dims(&mut tensor.shape),
        Some(TypeValue::SparseTensor(tensor)) => rename_dims(&mut tensor.shape),
        Some(TypeValue::Sequence(of)) => of.elem_type.iter_mut().for_each(|r#type| rename_type(r#type)),
        Some(TypeValue::Optional(of)) => of.elem_type.iter_mut().for_each(|r#type| rename_type(r#type)),
        Some(TypeValue::Map(to)) => to.value_type.iter_mut().for_each(|r#type| rename_type(r#type)),
        Some(TypeValue::Opaque(_)) | None => {}
    }
}

fn rename_dims(shape: &mut Option<TensorShapeProto>) {
    for dim in shape.iter_mut().flat_map(|shape| &mut shape.dim) {
        if let Some(DimensionValue::Name(name)) = &mut dim.value {
            *name = renamed(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::proto::AttributeProto;

    fn node(inputs: &[&str], output: &str) -> NodeProto {
        let input = inputs.iter().map(|input| (*input).to_owned()).collect();
        NodeProto { input, output: vec![output.to_owned()], ..NodeProto::default() }
    }

    #[test]
    fn a_graph_within_a_node_still_sees_the_names_outside() {
        let within = GraphProto { node: vec![node(&["x", "", "inner"], "z")], ..GraphProto::default() };
        let mut choice = node(&["yes"], "y");
        choice.attribute = vec![AttributeProto { g: Some(within), ..AttributeProto::default() }];
        let mut graph = GraphProto { node: vec![choice], ..GraphProto::default() };
        rename(&mut graph);
        let choice = &graph.node[0];
        assert_eq!((choice.input[0].as_str(), choice.output[0].as_str()), ("foreign/yes", "foreign/y"));
        assert_eq!(choice.name, None);
        let within = &choice.attribute[0].g.as_ref().unwrap().node[0];
        assert_eq!(within.input, ["foreign/x", "", "foreign/inner"]);
        assert_eq!(within.output, ["foreign/z"]);
    }
}
