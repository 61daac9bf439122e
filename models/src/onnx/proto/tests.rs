//! Is nothing lost when a file of another tool is decoded and encoded again? The judge is the onnx package of Python.

use std::path::{Path, PathBuf};
use std::process::Command;

use prost::Message;

use super::ModelProto;

/// Sets every field of every message, three levels deep where messages contain themselves.
const EVERY_FIELD: &str = "
import sys, onnx
def fill(message, depth):
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof and message.WhichOneof(field.containing_oneof.name):
            continue
        if field.message_type:
            if depth < 9 and seen.get(field.message_type.full_name, 0) < 3:
                seen[field.message_type.full_name] = seen.get(field.message_type.full_name, 0) + 1
                every = getattr(message, field.name)
                fill(every.add() if field.is_repeated else every, depth + 1)
                seen[field.message_type.full_name] -= 1
            continue
        value = {9: 'x', 12: b'x', 14: 1}.get(field.type, field.number)
        if field.is_repeated:
            getattr(message, field.name).extend([value, value])
        else:
            setattr(message, field.name, value)
seen = {}
model = onnx.ModelProto()
fill(model, 0)
for field in onnx.TypeProto.DESCRIPTOR.oneofs_by_name['value'].fields:
    value = model.graph.value_info.add()
    seen = {}
    fill(getattr(value.type, field.name), 3)
    getattr(value.type, field.name).SetInParent()
empty = model.graph.node.add()
empty.name = empty.domain = ''
empty.attribute.add(name='zero', i=0, f=0.0, s=b'', type=2)
model.graph.initializer.add(raw_data=b'', data_location=0)
open(sys.argv[1], 'wb').write(model.SerializeToString())
";

const SAME: &str = "
import sys, onnx
for before, after in zip(sys.argv[1::2], sys.argv[2::2]):
    one, other = (onnx.ModelProto.FromString(open(path, 'rb').read()) for path in (before, after))
    assert one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True), before
    print('same', before)
";

fn python(script: &str, arguments: &[&Path]) -> String {
    let given = std::env::var_os("WEEKAHEAD_VENV").map(PathBuf::from);
    let venv = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv"));
    let output = Command::new(venv.join("bin/python")).args(["-c", script]).args(arguments).output();
    let output = output.unwrap_or_else(|e| panic!("{} cannot run ({e}): run `make setup`", venv.display()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn encoded_again(from: &Path, to: &Path) {
    let model = ModelProto::decode(std::fs::read(from).unwrap().as_slice()).unwrap();
    let bytes = model.encode_to_vec();
    // Bytes are compared, and not messages: a constant may be NaN.
    assert_eq!(ModelProto::decode(bytes.as_slice()).unwrap().encode_to_vec(), bytes);
    std::fs::write(to, bytes).unwrap();
}

#[test]
fn every_field_of_the_installed_onnx_survives() {
    let folder = tempfile::tempdir().unwrap();
    let (before, after) = (folder.path().join("before.onnx"), folder.path().join("after.onnx"));
    python(EVERY_FIELD, &[&before]);
    encoded_again(&before, &after);
    assert_eq!(python(SAME, &[&before, &after]).matches("same").count(), 1);
}

#[test]
fn files_of_other_tools_survive() {
    let folder = tempfile::tempdir().unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/foreign");
    let files = std::fs::read_dir(golden).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|e| e == "onnx")).collect();
    let mut pairs = Vec::new();
    for before in files {
        let after = folder.path().join(before.file_name().unwrap());
        encoded_again(&before, &after);
        pairs.extend([before, after]);
    }
    let arguments: Vec<&Path> = pairs.iter().map(PathBuf::as_path).collect();
    assert_eq!(python(SAME, &arguments).matches("same").count(), pairs.len() / 2);
    assert!(pairs.len() >= 20, "{pairs:?}");
}
