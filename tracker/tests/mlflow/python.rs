//! What stock Python does with our models.

use std::process::Command;

use serde_json::Value;

use crate::server::{offline, venv};

const TINY_ONNX: &str = "
import sys
from onnx import TensorProto, helper as h
f = lambda name, columns: h.make_tensor_value_info(name, TensorProto.FLOAT, [None, columns])
t = lambda name, dims, values: h.make_tensor(name, TensorProto.FLOAT, dims, values)
nodes = [h.make_node('MatMul', ['x', 'w'], ['y']), h.make_node('Add', ['y', 'spread'], ['quantiles']),
         h.make_node('Sub', ['y', 'y'], ['zero']), h.make_node('Add', ['zero', 'spread'], ['offsets']),
         h.make_node('Exp', ['zero'], ['scale'])]
outputs = [f('y', 1), f('quantiles', 3), f('offsets', 3), f('scale', 1)]
graph = h.make_graph(nodes, 'tiny', [f('x', 2)], outputs,
                     [t('w', [2, 1], [2.0, 3.0]), t('spread', [1, 3], [-1.0, 0.0, 1.0])])
model = h.make_model(graph, opset_imports=[h.make_opsetid('', 13)], ir_version=8)
sys.stdout.buffer.write(model.SerializeToString())
";

const LOAD_AND_PREDICT: &str = "
import json, sys, warnings
warnings.simplefilter('ignore')
import mlflow, mlflow.onnx, mlflow.pyfunc, numpy as np
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model(sys.argv[2])
x = {'x': np.array([[1.0, 2.0]], dtype=np.float32)}
predicted = model.predict(x)
import onnxruntime
session = onnxruntime.InferenceSession(mlflow.onnx.load_model(sys.argv[2]).SerializeToString())
signature = model.metadata.signature
json.dump({
    'y': predicted['y'].tolist(),
    'quantiles': predicted['quantiles'].tolist(),
    'onnx_y': session.run(['y'], x)[0].tolist(),
    'input_shape': list(signature.inputs.inputs[0].shape),
    'output_names': signature.outputs.input_names(),
    'example': model.input_example['x'].tolist(),
    'metadata': model.metadata.metadata,
}, sys.stdout)
";

/// A graph of y = 2 a + 3 b with quantiles one below, at and one above it.
pub fn tiny_onnx() -> Vec<u8> {
    python(TINY_ONNX, &[])
}

/// Loads a model by its URI with MLflow's own loaders and predicts one row.
pub fn load_and_predict(tracking_uri: &str, model_uri: &str) -> Value {
    let out = python(LOAD_AND_PREDICT, &[tracking_uri, model_uri]);
    serde_json::from_slice(&out).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&out)))
}

fn python(script: &str, args: &[&str]) -> Vec<u8> {
    let out = offline(Command::new(venv("python"))).arg("-c").arg(script).args(args).output().unwrap();
    assert!(out.status.success(), "python failed:\n{}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}
