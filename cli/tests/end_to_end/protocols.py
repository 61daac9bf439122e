"""The protocols of others beside the originals: protocols.py TRACKER_URL OURS MLFLOW MODEL VERSION.

OURS is the address of our server, MLFLOW that of `mlflow models serve` with the same version of the registered MODEL. Every body
that MLflow takes must have the same answer here, every one that it refuses the same status; what differs on purpose is listed. Then
Triton's own clients infer, over HTTP in JSON and in bytes, over gRPC in bytes and in lists.
"""

import json
import sys
import time
import urllib.error
import urllib.request

import grpc
import mlflow
import numpy
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton
from tritonclient.grpc import service_pb2, service_pb2_grpc

tracker, ours, theirs, model, version = sys.argv[1:]
JSON = "application/json"


def call(server, kind, body, path="/invocations"):
    request = urllib.request.Request(server + path, body, {"Content-Type": kind})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def is_live():
    with urllib.request.urlopen(f"{ours}/v2/models/{model}", timeout=60) as answer:
        return json.load(answer)["versions"] == [version]


patience = time.monotonic() + 60
while not is_live():
    assert time.monotonic() < patience, f"version {version} never went live"
    time.sleep(0.1)

mlflow.set_tracking_uri(tracker)
names = mlflow.models.get_model_info(f"models:/{model}/{version}").metadata["feature_names"]
width = len(names)
x = numpy.random.default_rng(7).normal(0, 0.1, (3, width)).astype(numpy.float32)
rows = x.tolist()
one = rows[:1]


def body(**fields):
    return json.dumps(fields).encode()


def split(columns, data, **more):
    return body(dataframe_split={"columns": columns, "data": data, **more})


def changed(value):
    return [[value] + rows[0][1:]]


numbers = [1, -3, 16777217, 1e300, 1e-300, 0.1, -0.0, True, None, float("nan"), float("inf"), " 1_0.5 ", "-inf", 10**40]
taken = {
    "inputs": (JSON, body(inputs=rows)),
    "inputs by name": (JSON, body(inputs={"x": rows})),
    "inputs with more": (JSON, body(inputs={"z": [1], "x": rows}, other={"a": [{}]})),
    "params": (JSON, body(inputs=rows, params={"a": 1})),
    "params of another kind": (JSON, body(inputs=rows, params=5)),
    "instances": (JSON, body(instances=rows)),
    "instances by name": (JSON, body(instances={"x": rows})),
    "instances, an object each": (JSON, body(instances=[{"x": row, "z": 1} for row in rows])),
    "split": (JSON, split(["x"], [[row] for row in rows])),
    "split with more": (JSON, split(["z", "x"], [["?", row] for row in rows], index=[0, 1, 2])),
    "split, data first": (JSON, body(dataframe_split={"data": [[row] for row in rows], "columns": ["x"]})),
    "records": (JSON, body(dataframe_records=[{"x": row} for row in rows])),
    "records with more": (JSON, body(dataframe_records=[{"z": {}, "x": row} for row in rows])),
    "charset": (f"{JSON}; charset=utf-8", body(inputs=rows)),
    "CHARSET": (f"{JSON};charset=UTF-8", body(inputs=rows)),
    "byte order mark": (JSON, b"\xef\xbb\xbf" + body(inputs=rows)),
    "1e400": (JSON, body(inputs=changed("?")).replace(b'"?"', b"1e400")),
    **{f"number {value!r}": (JSON, body(inputs=changed(value))) for value in numbers},
    **{f"cell {value!r}": (JSON, split(["x"], [[[0.5, value] + rows[0][2:]]])) for value in (1, None, "1.5", True, float("nan"))},
}
refused = {
    "text/plain": ("text/plain", body(inputs=rows)),
    "no kind": ("", body(inputs=rows)),
    "KIND": (JSON.upper(), body(inputs=rows)),
    "format": (f"{JSON}; format=pandas-split", body(inputs=rows)),
    "latin-1": (f"{JSON}; charset=latin-1", body(inputs=rows)),
    "parquet": ("application/x-parquet", b"PAR1"),
    "nothing": (JSON, b""),
    "half": (JSON, body(inputs=rows)[:-1]),
    "more": (JSON, body(inputs=rows) + b"x"),
    "no JSON": (JSON, b"{'inputs': []}"),
    "no UTF-8": (JSON, b'{"inputs": "\xff"}'),
    "a number": (JSON, b"5"),
    "a list": (JSON, b"[]"),
    "no key": (JSON, b"{}"),
    "no known key": (JSON, body(rows=rows)),
    "two keys": (JSON, body(inputs=rows, instances=rows)),
    "a conversation": (JSON, body(messages=[], inputs=rows)),
    "null": (JSON, body(inputs=None)),
    "a scalar": (JSON, body(inputs=1)),
    "a text": (JSON, body(inputs="a")),
    "no rows": (JSON, body(inputs=[])),
    "empty rows": (JSON, body(inputs=[[]])),
    "no instances": (JSON, body(instances=[])),
    "one dimension": (JSON, body(inputs=rows[0])),
    "three dimensions": (JSON, body(inputs=[rows])),
    "narrow": (JSON, body(inputs=[row[:-1] for row in rows])),
    "wide": (JSON, body(inputs=[row + [1] for row in rows])),
    "ragged": (JSON, body(inputs=[rows[0], rows[1][:-1]])),
    "a word": (JSON, body(inputs=changed("abc"))),
    "an empty text": (JSON, body(inputs=changed(""))),
    "an object": (JSON, body(inputs=changed({}))),
    "a list in a row": (JSON, body(inputs=changed([1]))),
    "a huge whole number": (JSON, body(inputs=changed(10**400))),
    "another name": (JSON, body(inputs={"z": rows})),
    "no name": (JSON, body(inputs={})),
    "null by name": (JSON, body(inputs={"x": None})),
    "inputs, an object each": (JSON, body(inputs=[{"x": row} for row in rows])),
    "instances, not all objects": (JSON, body(instances=[{"x": rows[0]}, 5])),
    "split that is a list": (JSON, body(dataframe_split=[1])),
    "split without data": (JSON, body(dataframe_split={"columns": ["x"]})),
    "split without rows": (JSON, split(["x"], [])),
    "split with other keys": (JSON, split(["x"], [[rows[0]]], rows=1)),
    "split without columns": (JSON, body(dataframe_split={"data": [[rows[0]]]})),
    "split with columns missing": (JSON, split(names[1:], [rows[0][1:]])),
    "split, narrow": (JSON, split(["x"], [[rows[0][1:]]])),
    "split, ragged": (JSON, split(["x"], [[rows[0]], [rows[1][1:]]])),
    "split, more cells": (JSON, split(["x"], [[rows[0], 1]])),
    "split, a name twice": (JSON, split(["x", "x"], [[rows[0], rows[0]]])),
    "split, scalar cells": (JSON, split(["x"], [[1]])),
    "records that are an object": (JSON, body(dataframe_records={})),
    "no records": (JSON, body(dataframe_records=[])),
    "records of numbers": (JSON, body(dataframe_records=[1])),
    "records, some without": (JSON, body(dataframe_records=[{"x": rows[0]}, {}])),
    "records with columns missing": (JSON, body(dataframe_records=[dict(zip(names[1:], rows[0][1:]))])),
    "CSV, nothing": ("text/csv", b""),
    "CSV, no rows": ("text/csv", ",".join(names).encode()),
    "CSV, no UTF-8": ("text/csv", b"\xff\n"),
    "CSV, columns missing": ("text/csv", b"a,b\n1,2\n"),
}


def lines(order):
    head = ",".join(names[at] for at in order)
    return "\n".join([head] + [",".join(repr(row[at]) for at in order) for row in rows]).encode()


backwards = list(range(width))[::-1]
# MLflow has no use for columns that are features where the signature is a tensor; we have.
ours_alone = {
    "split by feature": (JSON, split(names, rows)),
    "split by feature, backwards": (JSON, split(names[::-1], [row[::-1] for row in rows])),
    "records by feature": (JSON, body(dataframe_records=[dict(zip(names, row)) for row in rows])),
    "CSV by feature": ("text/csv", lines(range(width))),
    "CSV by feature, backwards": ("text/csv", lines(backwards)),
}

faults = []
for name, (kind, sent) in taken.items():
    here, there = call(ours, kind, sent), call(theirs, kind, sent)
    if here[0] != 200 or repr(here) != repr(there):
        faults.append(f"{name}: {str(here)[:300]} here, {str(there)[:300]} there")
for name, (kind, sent) in refused.items():
    here, there = call(ours, kind, sent), call(theirs, kind, sent)
    if here[0] != there[0] or here[0] < 400:
        faults.append(f"{name}: {str(here)[:300]} here, {str(there)[:300]} there")
expected = call(ours, *taken["inputs"])
for name, (kind, sent) in ours_alone.items():
    here, there = call(ours, kind, sent), call(theirs, kind, sent)
    if here != expected or there[0] != 400:
        faults.append(f"{name}: {str(here)[:300]} here, {str(there)[:300]} there")
for path in ("/ping", "/health", "/version"):
    answers = [urllib.request.urlopen(server + path, timeout=60).read() for server in (ours, theirs)]
    if answers[0] != answers[1]:
        faults.append(f"{path}: {answers}")
assert not faults, "\n".join(faults)

client = triton.InferenceServerClient(ours.removeprefix("http://"))
assert client.is_server_live() and client.is_server_ready()
assert client.is_model_ready(model) and client.is_model_ready(model, version)
assert not client.is_model_ready("other") and not client.is_model_ready(model, "99")
assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
metadata = client.get_model_metadata(model)
assert metadata["inputs"] == [{"name": "x", "datatype": "FP32", "shape": [-1, width]}], metadata
predictions = expected[1]["predictions"]
for datatype, dtype in (("FP32", numpy.float32), ("FP64", numpy.float64)):
    for binary in (True, False):
        tensor = triton.InferInput("x", list(x.shape), datatype)
        tensor.set_data_from_numpy(x.astype(dtype), binary_data=binary)
        wanted = [triton.InferRequestedOutput(output["name"], binary_data=binary) for output in metadata["outputs"]]
        for outputs in (None, wanted):
            result = client.infer(model, [tensor], model_version=version, outputs=outputs, request_id="7")
            assert result.get_response()["id"] == "7", result.get_response()
            for name, values in predictions.items():
                found, scored = result.as_numpy(name), numpy.array(values, dtype=numpy.float32)
                assert found.dtype == numpy.float32 and numpy.array_equal(found, scored), (name, found, scored)
try:
    tensor = triton.InferInput("z", list(x.shape), "FP32")
    tensor.set_data_from_numpy(x)
    client.infer(model, [tensor])
    raise SystemExit("an unknown input was taken")
except triton.InferenceServerException as error:
    assert "no input `z`" in error.message(), error

address = ours.removeprefix("http://")
client = triton_grpc.InferenceServerClient(address)
assert client.is_server_live() and client.is_server_ready()
assert client.is_model_ready(model) and client.is_model_ready(model, version)
assert not client.is_model_ready("other") and not client.is_model_ready(model, "99")
assert client.get_server_metadata().name == "weekahead"
told = client.get_model_metadata(model)
assert [(tensor.name, list(tensor.shape)) for tensor in told.inputs] == [("x", [-1, width])], told
assert [tensor.name for tensor in told.outputs] == [output["name"] for output in metadata["outputs"]], told


def same(find):
    for name, values in predictions.items():
        found, scored = find(name), numpy.array(values, dtype=numpy.float32)
        assert found.dtype == numpy.float32 and numpy.array_equal(found, scored), (name, found, scored)


for datatype, dtype in (("FP32", numpy.float32), ("FP64", numpy.float64)):
    tensor = triton_grpc.InferInput("x", list(x.shape), datatype)
    tensor.set_data_from_numpy(x.astype(dtype))
    wanted = [triton_grpc.InferRequestedOutput(output["name"]) for output in metadata["outputs"]]
    for outputs in (None, wanted):
        result = client.infer(model, [tensor], model_version=version, outputs=outputs, request_id="7")
        assert result.get_response().id == "7", result.get_response()
        same(result.as_numpy)
# Triton's client sends bytes alone; others send lists.
stub = service_pb2_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(address))
for datatype, field in (("FP32", "fp32_contents"), ("FP64", "fp64_contents")):
    request = service_pb2.ModelInferRequest(model_name=model, id="8")
    tensor = request.inputs.add(name="x", datatype=datatype, shape=x.shape)
    getattr(tensor.contents, field).extend(x.flatten().tolist())
    answer = stub.ModelInfer(request)
    assert (answer.id, answer.model_version, len(answer.raw_output_contents)) == ("8", version, 0), answer
    outputs = {output.name: output for output in answer.outputs}
    same(lambda name: numpy.array(outputs[name].contents.fp32_contents, numpy.float32).reshape(outputs[name].shape))
for datatype, field in (
    ("INT8", "int_contents"),
    ("INT64", "int64_contents"),
    ("UINT16", "uint_contents"),
    ("UINT64", "uint64_contents"),
):
    request = service_pb2.ModelInferRequest(model_name=model)
    tensor = request.inputs.add(name="x", datatype=datatype, shape=[1, width])
    getattr(tensor.contents, field).extend([1] * width)
    assert [output.name for output in stub.ModelInfer(request).outputs] == list(outputs), datatype
try:
    tensor = triton_grpc.InferInput("z", list(x.shape), "FP32")
    tensor.set_data_from_numpy(x)
    client.infer(model, [tensor])
    raise SystemExit("an unknown input was taken")
except triton_grpc.InferenceServerException as error:
    assert "no input `z`" in error.message() and "INVALID_ARGUMENT" in error.status(), error
print(f"{len(taken)} bodies taken, {len(refused)} refused")
