"""A model behind FastAPI with ONNX Runtime, as one writes it by hand: `uvicorn serving_fastapi:app`, ONNX_MODEL=the file.

One thread computes, which is the fastest for one row, and the forecast alone is answered.
"""

import os

import numpy
import onnxruntime
from fastapi import FastAPI
from pydantic import BaseModel

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(os.environ["ONNX_MODEL"], options, providers=["CPUExecutionProvider"])
app = FastAPI()


class Rows(BaseModel):
    rows: list[list[float]]


@app.post("/predict")
async def predict(body: Rows):
    y = session.run(["y"], {"x": numpy.asarray(body.rows, numpy.float32)})[0]
    return {"predictions": y.ravel().tolist()}
