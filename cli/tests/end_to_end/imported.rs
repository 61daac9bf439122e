//! A model of another tool, from its file to a version: imported, held against the others, recorded like them.

use serde_json::Value;
use tokio::process::Command;
use weekahead_features::View;

use crate::platform::{Platform, venv};

const MODELS: &str = "models = [{ kind = 'random_walk' }, { kind = 'historical_mean' }, \
                      { kind = 'imported', name = 'linear' }, { kind = 'imported', name = 'nowhere' }]\n";

/// Writes `linear.onnx`, which weighs features, and 40 rows with its predictions: in the order of the features, and with two
/// columns in each other's place.
const WRITE: &str = "
import sys, numpy as np, onnx
from onnx import TensorProto as T, helper as h, numpy_helper as n
folder, names = sys.argv[1], sys.argv[2:]
random = np.random.default_rng(7)
w = random.normal(0, 1e-4, (len(names), 1)).astype(np.float32)
graph = h.make_graph([h.make_node('MatMul', ['x', 'w'], ['y'])], 'linear',
    [h.make_tensor_value_info('x', T.FLOAT, ['rows', len(names)])],
    [h.make_tensor_value_info('y', T.FLOAT, ['rows', 1])], [n.from_array(w, 'w')])
model = h.make_model(graph, opset_imports=[h.make_opsetid('', 17)], producer_name='by hand', ir_version=8)
onnx.save(model, folder + '/linear.onnx')
x = random.normal(0, 1, (40, len(names))).astype(np.float32)
y = (x.astype(np.float64) @ w.astype(np.float64))[:, 0]
def write(file, order):
    with open(folder + '/' + file, 'w') as out:
        print(*[names[i] for i in order], 'prediction', sep=',', file=out)
        for row, value in zip(x, y):
            print(*[repr(float(row[i])) for i in order], repr(float(value)), sep=',', file=out)
order = list(range(len(names)))
write('right.csv', order)
write('wrong.csv', [1, 0] + order[2:])
";

/// Imports a model and trains with it, under a registered model of its own.
pub async fn competes(platform: &Platform, as_of: &str) {
    let folder = platform.home().join("imported");
    std::fs::create_dir_all(&folder).unwrap();
    let view = View::builtin("weekly_core").unwrap();
    let script = Command::new(venv().join("bin/python"))
        .args(["-c", WRITE])
        .arg(&folder)
        .args(view.features())
        .output();
    let script = script.await.unwrap();
    assert!(script.status.success(), "{}", String::from_utf8_lossy(&script.stderr));
    is_imported_once(platform, &folder.display().to_string()).await;

    let file = folder.join("competing.toml");
    std::fs::write(&file, format!("model = 'competing'\nuniverse = ['IBM', 'MSFT']\n{MODELS}")).unwrap();
    let (code, table, said) = platform.run(&["train", file.to_str().unwrap(), "--as-of", as_of]).await;
    assert_eq!(code, 0, "{said}");
    let row = table.lines().find(|line| line.trim_start().starts_with("imported(digest="));
    assert!(row.is_some(), "{table}");
    assert!(table.contains("origins alone"), "{table}");
    assert!(
        table.contains("imported(name=nowhere) excluded: the import `nowhere` cannot be used: nothing was"),
        "{table}"
    );
    is_a_version(platform).await;
}

async fn is_imported_once(platform: &Platform, folder: &str) {
    let (model, right) = (format!("{folder}/linear.onnx"), format!("{folder}/right.csv"));
    let import = |parity: String| {
        let fixed = ["--name", "linear", "--trained-until", "2008-12-26", "--missing", "zero", "--parity"];
        let args = ["models", "import", &model].into_iter().chain(fixed).chain([parity.as_str()]);
        let args: Vec<String> = args.map(str::to_owned).collect();
        async move { platform.run(&args.iter().map(String::as_str).collect::<Vec<_>>()).await }
    };
    let (code, said, refused) = import(format!("{folder}/wrong.csv")).await;
    assert_eq!((code, said.as_str()), (2, ""), "{refused}");
    assert!(refused.contains("of 40 rows of") && refused.contains("the worst is row "), "{refused}");
    let (code, said, error) = import(right.clone()).await;
    assert!(code == 0 && said.contains("linear (by hand) is imported: "), "{said}{error}");
    let (code, again, error) = import(right).await;
    assert_eq!((code, again), (0, said.replace("is imported", "was imported before")), "{error}");
}

/// Its run has a model that the registry finds as it was registered.
async fn is_a_version(platform: &Platform) {
    let json = async |args: &[&str]| {
        let (code, said, error) =
            platform.run(&[&["models"], args, &["--model", "competing", "--json"]].concat()).await;
        assert_eq!(code, 0, "{error}");
        serde_json::from_str::<Value>(&said).unwrap()
    };
    let list = json(&["list"]).await;
    let imported =
        list["versions"].as_array().unwrap().iter().find(|version| {
            version["model"].as_str().is_some_and(|model| model.starts_with("imported(digest="))
        });
    let version = imported.unwrap_or_else(|| panic!("{list}"))["version"].to_string();
    let shown = json(&["show", &version]).await;
    assert!(shown["artifact"]["fault"].is_null() && shown["artifact"]["size_bytes"].is_u64(), "{shown}");
    assert_eq!(shown["run"]["params"]["name"], "linear", "{shown}");
    let (code, _, error) =
        platform.run(&["models", "promote", &version, "--model", "competing", "--reason", "a trial"]).await;
    assert_eq!(code, 0, "{error}");
}
