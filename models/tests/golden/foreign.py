"""Models of other tools as ONNX files, and what those tools say of the same rows.

Each model writes `foreign/<name>.onnx`; those that can be imported write `foreign/<name>.csv` too: the features in the order
that the model takes them, and `prediction`, by the tool that fitted it and not by ONNX Runtime.
"""

import pathlib

import lightgbm
import numpy
from onnx import TensorProto, helper, numpy_helper
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType as LightgbmFloats
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDER = pathlib.Path(__file__).parent / "foreign"
FEATURES = ["ret_5", "ret_20", "vol_20", "rsi_14", "volume_ratio"]
SEED, LEARNED, ROWS = 7, 400, 40
OPSETS = {"": 18, "ai.onnx.ml": 3}


def rows(missing):
    random = numpy.random.default_rng(SEED)
    count = LEARNED + ROWS
    x = random.normal(size=(count, len(FEATURES))) * [0.03, 0.06, 0.005, 15, 0.4] + [0, 0, 0.02, 50, 1]
    y = 0.2 * x[:, 0] - 0.1 * x[:, 1] + 0.001 * (x[:, 3] - 50) * x[:, 4] + 0.01 * random.normal(size=count)
    x = x.astype(numpy.float32)
    x[random.random(x.shape) < missing] = numpy.nan
    return x, y


def save(name, model):
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


def batch(name, x, prediction, features=FEATURES):
    lines = [",".join([*features, "prediction"])]
    lines += [",".join(map(repr, [*map(float, row), float(p)])) for row, p in zip(x, prediction)]
    (FOLDER / f"{name}.csv").write_text("\n".join(lines) + "\n")


def scikit_learn():
    x, y = rows(missing=0.1)
    learned, tested = x[:LEARNED], x[LEARNED:]
    models = {
        "ridge_pipeline": make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), Ridge(10.0)),
        "hist_gradient_boosting": HistGradientBoostingRegressor(max_iter=20, max_leaf_nodes=8, random_state=SEED),
    }
    for name, model in models.items():
        model.fit(learned, y[:LEARNED])
        shape = [("X", FloatTensorType([None, len(FEATURES)]))]
        save(name, to_onnx(model, initial_types=shape, target_opset=OPSETS, name=name))
        batch(name, tested, model.predict(tested))
    x, y = rows(missing=0)
    forest = RandomForestRegressor(8, max_leaf_nodes=12, random_state=SEED).fit(x[:LEARNED], y[:LEARNED])
    save("random_forest", to_onnx(forest, x[:1], target_opset=OPSETS, name="random_forest"))
    batch("random_forest", x[LEARNED:], forest.predict(x[LEARNED:]))
    ridge = make_pipeline(StandardScaler(), Ridge(10.0)).fit(x[:LEARNED].astype(float), y[:LEARNED])
    shape = [("X", DoubleTensorType([None, len(FEATURES)]))]
    save("ridge_double", to_onnx(ridge, initial_types=shape, target_opset=OPSETS, name="ridge_double"))
    batch("ridge_double", x[LEARNED:], ridge.predict(x[LEARNED:].astype(float)))
    classifier = LogisticRegression().fit(x[:LEARNED], y[:LEARNED] > 0)
    save("classifier_maps", to_onnx(classifier, x[:1], target_opset=OPSETS, name="classifier"))
    plain = {id(classifier): {"zipmap": False}}
    save("classifier", to_onnx(classifier, x[:1], target_opset=OPSETS, options=plain, name="classifier"))


def of_lightgbm():
    """Fitted on the features in another order than the rest."""
    x, y = rows(missing=0.1)
    order = [3, 0, 4, 2, 1]
    x = x[:, order]
    model = lightgbm.LGBMRegressor(n_estimators=20, num_leaves=8, random_state=SEED, n_jobs=1, verbose=-1)
    model.fit(x[:LEARNED], y[:LEARNED])
    shape = [("input", LightgbmFloats([None, len(FEATURES)]))]
    save("lightgbm", convert_lightgbm(model, initial_types=shape, target_opset=15, name="lightgbm"))
    batch("lightgbm", x[LEARNED:], model.predict(x[LEARNED:]), [FEATURES[column] for column in order])


def tensor(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def constant(name, values, kind=numpy.float32):
    return numpy_helper.from_array(numpy.asarray(values, kind), name)


def model(nodes, inputs, outputs, initializers=(), opset=18, functions=(), **graph):
    graph = helper.make_graph(nodes, "graph", inputs, outputs, list(initializers), **graph)
    domains = {function.domain for function in functions} | {node.domain for node in nodes if node.domain}
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in sorted(domains))]
    return helper.make_model(graph, opset_imports=imports, functions=list(functions), ir_version=10)


def network():
    """What PyTorch's exporter makes of Linear, ReLU, Linear, in the oldest opset that is taken; the names of its features are
    in its metadata."""
    random = numpy.random.default_rng(SEED)
    x = rows(missing=0)[0][LEARNED:]
    size = numpy.float32([20, 10, 100, 0.02, 1])
    first, bias = random.normal(size=(8, 5)).astype(numpy.float32) * size, random.normal(size=8)
    second = random.normal(size=(1, 8)) * 0.01
    nodes = [
        helper.make_node("Gemm", ["features", "0.weight", "0.bias"], ["hidden"], "/0/Gemm", transB=1),
        helper.make_node("Relu", ["hidden"], ["active"], "/1/Relu"),
        helper.make_node("Gemm", ["active", "2.weight", "2.bias"], ["prediction"], "/2/Gemm", transB=1),
    ]
    constants = [constant("0.weight", first), constant("0.bias", bias)]
    constants += [constant("2.weight", second), constant("2.bias", [0.001])]
    net = model(nodes, [tensor("features", ["batch", 5])], [tensor("prediction", ["batch", 1])], constants, 13)
    helper.set_model_props(net, {"feature_names": str(FEATURES).replace("'", '"')})
    save("network", net)
    hidden = numpy.maximum(x.astype(float) @ first.T.astype(float) + bias, 0)
    batch("network", x, (hidden @ second.T + 0.001)[:, 0])


def branches():
    """Graphs within a graph that use its names, a function of its own, a sparse constant, a vector that comes out."""
    weights = [3, 0, -2, 0, 0.01]
    scale = helper.make_function(
        "own", "Scaled", ["x"], ["y"],
        [helper.make_node("Constant", [], ["half"], value_float=0.5), helper.make_node("Mul", ["x", "half"], ["y"])],
        [helper.make_opsetid("", 21)],
    )
    weigh = [helper.make_node("MatMul", ["scaled", "weights"], ["inner"]), helper.make_node("Identity", ["inner"], ["then"])]
    zero = [helper.make_node("Mul", ["last", "nothing"], ["else"])]
    body = [helper.make_node("Add", ["sum", "weighed"], ["more"]), helper.make_node("Identity", ["go"], ["on"])]
    boolean, integer = TensorProto.BOOL, TensorProto.INT64
    nodes = [
        helper.make_node("Scaled", ["x"], ["scaled"], "call", domain="own"),
        helper.make_node("Gather", ["x", "last_column"], ["last"], axis=1),
        helper.make_node("If", ["yes"], ["weighed"], "choose",
            then_branch=helper.make_graph(weigh, "then", [], [tensor("then", ["rows", 1])]),
            else_branch=helper.make_graph(zero, "else", [], [tensor("else", ["rows", 1])])),
        helper.make_node("Loop", ["three", "yes", "start"], ["sums"], "repeat", body=helper.make_graph(body, "body",
            [tensor("i", [], integer), tensor("go", [], boolean), tensor("sum", None)],
            [tensor("on", [], boolean), tensor("more", None)])),
        helper.make_node("Squeeze", ["sums", "axes"], ["y"]),
    ]
    constants = [constant("last_column", [4], numpy.int64), constant("yes", True, bool), constant("nothing", [0])]
    constants += [constant("three", 3, numpy.int64), constant("start", [[0]]), constant("axes", [1], numpy.int64)]
    kept = [at for at, weight in enumerate(weights) if weight]
    sparse = helper.make_sparse_tensor(
        constant("weights", [weights[at] for at in kept]), constant("places", kept, numpy.int64), [5, 1])
    graph = model(nodes, [tensor("x", ["rows", 5])], [tensor("y", ["rows"])], constants, 21, [scale],
        sparse_initializer=[sparse], value_info=[tensor("scaled", ["rows", 5])])
    save("branches", graph)
    x = rows(missing=0)[0][LEARNED:]
    batch("branches", x, 3 * 0.5 * (x.astype(float) @ weights))


def two_outputs():
    """A forecast and a risk, in the newest opset that ONNX Runtime 1.31 knows; another graph, whose rows are not independent."""
    sums = [helper.make_node("ReduceSum", ["x", "axes"], ["value"]), helper.make_node("Abs", ["value"], ["risk"])]
    ins, outs, axes = [tensor("x", ["n", 5])], [tensor(name, ["n", 1]) for name in ("value", "risk")], [1]
    save("two_outputs", model(sums, ins, outs, [constant("axes", axes, numpy.int64)], 26))
    x = rows(missing=0)[0][LEARNED:]
    batch("two_outputs", x, x.astype(float).sum(axis=1))
    middle = [helper.make_node("ReduceMean", ["x", "rows"], ["mean"]), helper.make_node("Sub", ["x", "mean"], ["d"])]
    constants = [constant("axes", axes, numpy.int64), constant("rows", [0], numpy.int64)]
    rest = helper.make_node("ReduceSum", ["d", "axes"], ["value"])
    save("mixed_rows", model([*middle, rest], ins, outs[:1], constants))


def refused():
    take = [helper.make_node("Gather", ["x", "first"], ["y"], axis=1)]
    first, one = constant("first", [0], numpy.int64), [tensor("y", ["n", 1])]
    save("fixed_batch", model(take, [tensor("x", [1, 5])], [tensor("y", [1, 1])], [first]))
    save("unknown_width", model(take, [tensor("x", ["n", "p"])], one, [first]))
    save("strings", model(take, [tensor("x", ["n", 5], TensorProto.STRING)], [tensor("y", ["n", 1], TensorProto.STRING)], [first]))
    both = [helper.make_node("Add", ["a", "b"], ["y"])]
    save("two_inputs", model(both, [tensor("a", ["n", 1]), tensor("b", ["n", 1])], one))
    save("custom_domain", model([helper.make_node("Magic", ["x"], ["y"], domain="com.example")], [tensor("x", ["n", 5])], one))
    old = [helper.make_node("ReduceSum", ["x"], ["y"], axes=[1])]
    save("old_opset", model(old, [tensor("x", ["n", 5])], one, opset=11))
    save("future_opset", model(take, [tensor("x", ["n", 5])], one, [first], opset=99))
    outside = constant("weights", numpy.ones((5, 1)))
    outside.ClearField("raw_data")
    outside.data_location = TensorProto.EXTERNAL
    outside.external_data.add(key="location", value="weights.bin")
    multiply = [helper.make_node("MatMul", ["x", "weights"], ["y"])]
    save("external_data", model(multiply, [tensor("x", ["n", 5])], one, [outside]))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for write in (scikit_learn, of_lightgbm, network, branches, two_outputs, refused):
        write()
