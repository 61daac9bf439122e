//! Puts nodes, constants, inputs and outputs together into an ONNX graph, and the graph into a model.

use std::collections::BTreeMap;

use super::proto::{
    ATTRIBUTE_FLOATS, ATTRIBUTE_INT, ATTRIBUTE_INTS, ATTRIBUTE_STRINGS, AttributeProto, DimensionProto,
    DimensionValue, FLOAT, FunctionProto, GraphProto, INT64, ModelProto, NodeProto, OperatorSetIdProto,
    StringStringEntryProto, TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, TypeValue,
    ValueInfoProto,
};

/// ONNX 1.10 and later read this; ONNX Runtime 1.9 and later run it.
const IR_VERSION: i64 = 8;

/// What our nodes are written for. They mean the same in every later version, and down to [`OLDEST_OPSET`].
pub(super) const OPSET: i64 = 15;

/// The first version in which all of our nodes mean what they mean in [`OPSET`].
pub(super) const OLDEST_OPSET: i64 = 13;

/// A graph under construction; nodes are added in the order they are computed in.
pub(super) struct GraphBuilder {
    graph: GraphProto,
    ir_version: i64,
    /// Domain to version; the main domain is "".
    opsets: BTreeMap<String, i64>,
    functions: Vec<FunctionProto>,
}

impl GraphBuilder {
    pub(super) fn new(name: &str) -> Self {
        Self {
            graph: GraphProto { name: Some(name.to_owned()), ..GraphProto::default() },
            ir_version: IR_VERSION,
            opsets: BTreeMap::from([(String::new(), OPSET)]),
            functions: Vec::new(),
        }
    }

    /// An operator with one output, which also names it.
    pub(super) fn node(&mut self, op_type: &str, inputs: &[&str], output: &str) {
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: vec![output.to_owned()],
            name: Some(output.to_owned()),
            op_type: Some(op_type.to_owned()),
            ..NodeProto::default()
        });
    }

    /// An operator of another domain than ONNX's own, in a version unless the graph has one already.
    pub(super) fn node_of(
        &mut self,
        (domain, version): (&str, i64),
        op_type: &str,
        inputs: &[&str],
        output: &str,
        attribute: Vec<AttributeProto>,
    ) {
        self.opsets.entry(domain.to_owned()).or_insert(version);
        self.node(op_type, inputs, output);
        if let Some(node) = self.graph.node.last_mut() {
            (node.domain, node.attribute) = (Some(domain.to_owned()), attribute);
        }
    }

    /// The values of `input`, with those that are NaN or infinite replaced from the constant `fill`.
    pub(super) fn fill_missing(&mut self, input: &str, fill: &str, output: &str) {
        let name = |part: &str| format!("{output}_{part}");
        let (nan, infinite, missing) = (name("nan"), name("infinite"), name("missing"));
        self.node("IsNaN", &[input], &nan);
        self.node("IsInf", &[input], &infinite);
        self.node("Or", &[&nan, &infinite], &missing);
        self.node("Where", &[&missing, fill, input], output);
    }

    /// Columns of a matrix by a vector of their indices, as a matrix of as many columns.
    pub(super) fn column(&mut self, input: &str, column: &str, output: &str) {
        self.node("Gather", &[input, column], output);
        self.attribute("axis", 1);
    }

    /// Matrices of as many rows, side by side.
    pub(super) fn side_by_side(&mut self, inputs: &[&str], output: &str) {
        self.node("Concat", inputs, output);
        self.attribute("axis", 1);
    }

    /// The values of each row in increasing order; the constant `width` says how many there are.
    pub(super) fn sorted(&mut self, input: &str, width: &str, output: &str) {
        self.node("TopK", &[input, width], output);
        for (name, value) in [("axis", 1), ("largest", 0), ("sorted", 1)] {
            self.attribute(name, value);
        }
        if let Some(node) = self.graph.node.last_mut() {
            node.output.push(format!("{output}_order"));
        }
    }

    /// The same values in another type, such as [`FLOAT`].
    pub(super) fn cast(&mut self, input: &str, data_type: i32, output: &str) {
        self.node("Cast", &[input], output);
        self.attribute("to", i64::from(data_type));
    }

    /// A float32 constant.
    pub(super) fn floats(&mut self, name: &str, dims: &[usize], values: &[f32]) {
        let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, dims, FLOAT, raw_data);
    }

    /// A float32 scalar.
    pub(super) fn scalar(&mut self, name: &str, value: f32) {
        self.floats(name, &[], &[value]);
    }

    /// A vector of one index.
    pub(super) fn index(&mut self, name: &str, value: usize) {
        self.integers(name, &[value as i64]);
    }

    /// A vector of integers.
    pub(super) fn integers(&mut self, name: &str, values: &[i64]) {
        let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, &[values.len()], INT64, raw_data);
    }

    /// A float32 matrix with any number of rows that goes in.
    pub(super) fn input(&mut self, name: &str, columns: usize) {
        self.graph.input.push(matrix(name, columns));
    }

    /// A float32 matrix with any number of rows that comes out.
    pub(super) fn output(&mut self, name: &str, columns: usize) {
        self.graph.output.push(matrix(name, columns));
    }

    /// Takes in the nodes and constants of a graph, which must use other names, and what it needs of its model.
    pub(super) fn absorb(&mut self, graph: GraphProto, needs: GraphNeeds) {
        self.graph.node.extend(graph.node);
        self.graph.initializer.extend(graph.initializer);
        self.graph.sparse_initializer.extend(graph.sparse_initializer);
        self.graph.value_info.extend(graph.value_info);
        self.graph.quantization_annotation.extend(graph.quantization_annotation);
        self.ir_version = self.ir_version.max(needs.ir_version);
        self.opsets.extend(needs.opsets);
        self.functions.extend(needs.functions);
    }

    /// The model of this graph.
    pub(super) fn into_model(self, metadata_props: Vec<StringStringEntryProto>) -> ModelProto {
        let opset = |(domain, version): (String, i64)| OperatorSetIdProto {
            domain: (!domain.is_empty()).then_some(domain),
            version: Some(version),
        };
        ModelProto {
            ir_version: Some(self.ir_version),
            producer_name: Some("weekahead".to_owned()),
            producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            model_version: Some(1),
            graph: Some(self.graph),
            opset_import: self.opsets.into_iter().map(opset).collect(),
            metadata_props,
            functions: self.functions,
            ..ModelProto::default()
        }
    }

    /// Gives the last node an integer attribute.
    fn attribute(&mut self, name: &str, value: i64) {
        if let Some(node) = self.graph.node.last_mut() {
            node.attribute.push(int(name, value));
        }
    }

    fn constant(&mut self, name: &str, dims: &[usize], data_type: i32, raw_data: Vec<u8>) {
        self.graph.initializer.push(TensorProto {
            dims: dims.iter().map(|dim| *dim as i64).collect(),
            data_type: Some(data_type),
            name: Some(name.to_owned()),
            raw_data: Some(raw_data),
            ..TensorProto::default()
        });
    }
}

/// What a graph of another model needs of the model around it.
pub(super) struct GraphNeeds {
    /// The version of the format.
    pub ir_version: i64,
    /// Domain to version; the main domain is "", and its version at least [`OLDEST_OPSET`].
    pub opsets: BTreeMap<String, i64>,
    /// The functions that its nodes call.
    pub functions: Vec<FunctionProto>,
}

/// An attribute that is a number.
pub(super) fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { i: Some(i), ..attribute(name, ATTRIBUTE_INT) }
}

/// An attribute that is a list of numbers.
pub(super) fn ints(name: &str, ints: Vec<i64>) -> AttributeProto {
    AttributeProto { ints, ..attribute(name, ATTRIBUTE_INTS) }
}

/// An attribute that is a list of float32 numbers.
pub(super) fn floats(name: &str, floats: Vec<f32>) -> AttributeProto {
    AttributeProto { floats, ..attribute(name, ATTRIBUTE_FLOATS) }
}

/// An attribute that is a list of texts.
pub(super) fn strings(name: &str, strings: Vec<Vec<u8>>) -> AttributeProto {
    AttributeProto { strings, ..attribute(name, ATTRIBUTE_STRINGS) }
}

fn attribute(name: &str, kind: i32) -> AttributeProto {
    AttributeProto { name: Some(name.to_owned()), r#type: Some(kind), ..AttributeProto::default() }
}

fn matrix(name: &str, columns: usize) -> ValueInfoProto {
    let dim = |value| DimensionProto { value: Some(value), denotation: None };
    let rows = dim(DimensionValue::Name("rows".to_owned()));
    let shape = TensorShapeProto { dim: vec![rows, dim(DimensionValue::Size(columns as i64))] };
    let tensor = TensorTypeProto { elem_type: Some(FLOAT), shape: Some(shape) };
    let r#type = TypeProto { value: Some(TypeValue::Tensor(tensor)), denotation: None };
    ValueInfoProto { name: Some(name.to_owned()), r#type: Some(r#type), ..ValueInfoProto::default() }
}
