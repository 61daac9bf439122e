//! Puts nodes, constants, inputs and outputs together into an ONNX graph.

use super::proto::{
    ATTRIBUTE_FLOATS, ATTRIBUTE_INT, ATTRIBUTE_INTS, ATTRIBUTE_STRINGS, AttributeProto, DimensionProto,
    DimensionValue, FLOAT, GraphProto, INT64, NodeProto, TensorProto, TensorShapeProto, TensorTypeProto,
    TypeProto, ValueInfoProto,
};

/// A graph under construction; nodes are added in the order they are computed in.
#[derive(Default)]
pub(super) struct GraphBuilder {
    graph: GraphProto,
}

impl GraphBuilder {
    pub(super) fn new(name: &str) -> Self {
        Self { graph: GraphProto { name: name.to_owned(), ..GraphProto::default() } }
    }

    /// An operator with one output, which also names it.
    pub(super) fn node(&mut self, op_type: &str, inputs: &[&str], output: &str) {
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: vec![output.to_owned()],
            name: output.to_owned(),
            op_type: op_type.to_owned(),
            attribute: Vec::new(),
            domain: String::new(),
        });
    }

    /// An operator of another domain than ONNX's own, with attributes.
    pub(super) fn node_of(
        &mut self,
        domain: &str,
        op_type: &str,
        inputs: &[&str],
        output: &str,
        attribute: Vec<AttributeProto>,
    ) {
        self.node(op_type, inputs, output);
        if let Some(node) = self.graph.node.last_mut() {
            (node.domain, node.attribute) = (domain.to_owned(), attribute);
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

    /// One column of a matrix, as a matrix of one column.
    pub(super) fn column(&mut self, input: &str, column: &str, output: &str) {
        self.node("Gather", &[input, column], output);
        let axis = int("axis", 1);
        if let Some(gather) = self.graph.node.last_mut() {
            gather.attribute.push(axis);
        }
    }

    /// Matrices of as many rows, side by side.
    pub(super) fn side_by_side(&mut self, inputs: &[&str], output: &str) {
        self.node_of("", "Concat", inputs, output, vec![int("axis", 1)]);
    }

    /// The values of each row in increasing order; the constant `width` says how many there are.
    pub(super) fn sorted(&mut self, input: &str, width: &str, output: &str) {
        let attributes = vec![int("axis", 1), int("largest", 0), int("sorted", 1)];
        self.node_of("", "TopK", &[input, width], output, attributes);
        if let Some(node) = self.graph.node.last_mut() {
            node.output.push(format!("{output}_order"));
        }
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
        self.constant(name, &[1], INT64, (value as i64).to_le_bytes().to_vec());
    }

    /// A float32 matrix with any number of rows that goes in.
    pub(super) fn input(&mut self, name: &str, columns: usize) {
        self.graph.input.push(matrix(name, columns));
    }

    /// A float32 matrix with any number of rows that comes out.
    pub(super) fn output(&mut self, name: &str, columns: usize) {
        self.graph.output.push(matrix(name, columns));
    }

    pub(super) fn finish(self) -> GraphProto {
        self.graph
    }

    fn constant(&mut self, name: &str, dims: &[usize], data_type: i32, raw_data: Vec<u8>) {
        let dims = dims.iter().map(|dim| *dim as i64).collect();
        self.graph.initializer.push(TensorProto { dims, data_type, name: name.to_owned(), raw_data });
    }
}

/// An attribute that is a number.
pub(super) fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.to_owned(), i, r#type: ATTRIBUTE_INT, ..AttributeProto::default() }
}

/// An attribute that is a list of numbers.
pub(super) fn ints(name: &str, ints: Vec<i64>) -> AttributeProto {
    AttributeProto { name: name.to_owned(), ints, r#type: ATTRIBUTE_INTS, ..AttributeProto::default() }
}

/// An attribute that is a list of float32 numbers.
pub(super) fn floats(name: &str, floats: Vec<f32>) -> AttributeProto {
    AttributeProto { name: name.to_owned(), floats, r#type: ATTRIBUTE_FLOATS, ..AttributeProto::default() }
}

/// An attribute that is a list of texts.
pub(super) fn strings(name: &str, strings: Vec<Vec<u8>>) -> AttributeProto {
    AttributeProto { name: name.to_owned(), strings, r#type: ATTRIBUTE_STRINGS, ..AttributeProto::default() }
}

fn matrix(name: &str, columns: usize) -> ValueInfoProto {
    let dim = |value| DimensionProto { value: Some(value) };
    let rows = dim(DimensionValue::Name("rows".to_owned()));
    let shape = TensorShapeProto { dim: vec![rows, dim(DimensionValue::Size(columns as i64))] };
    let tensor_type = TensorTypeProto { elem_type: FLOAT, shape: Some(shape) };
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type: Some(tensor_type) }) }
}
