"""Saves an ONNX model for `mlflow models serve`: serving_models.py FOLDER.

FOLDER has `model.onnx` and `columns.json`. `tensor` is the whole model with the signature of its tensors. `column` has a column a
feature in its signature, and gives the forecast alone: MLflow puts the outputs into one table then, which they do not fit together.
"""

import json
import sys
from pathlib import Path

import mlflow
import numpy
import onnx
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema, TensorSpec

folder = Path(sys.argv[1])
model = onnx.load(folder / "model.onnx")
columns = json.loads((folder / "columns.json").read_text())


def tensors(values):
    width = lambda value: value.type.tensor_type.shape.dim[1].dim_value
    return Schema([TensorSpec(numpy.dtype("float32"), (-1, width(value)), value.name) for value in values])


signature = ModelSignature(tensors(model.graph.input), tensors(model.graph.output))
mlflow.onnx.save_model(model, folder / "tensor", signature=signature, pip_requirements=["mlflow"])
while len(model.graph.output) > 1:
    model.graph.output.pop()
signature = ModelSignature(Schema([ColSpec("double", name) for name in columns]), Schema([ColSpec("float", "y")]))
mlflow.onnx.save_model(model, folder / "column", signature=signature, pip_requirements=["mlflow"])
