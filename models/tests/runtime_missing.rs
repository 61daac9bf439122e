//! Without ONNX Runtime: a process of its own, since the library is loaded once a process.

use std::path::Path;

use weekahead_models::Error;
use weekahead_models::onnx::OnnxRuntime;

#[test]
fn a_missing_or_wrong_library_says_what_to_do() {
    let missing = OnnxRuntime::load(Path::new("/nowhere/libonnxruntime.so")).unwrap_err();
    assert!(matches!(missing, Error::RuntimeMissing { .. }));
    assert!(missing.to_string().contains("make setup"), "{missing}");
    let text = tempfile::NamedTempFile::new().unwrap();
    let wrong = OnnxRuntime::load(text.path()).unwrap_err();
    assert!(matches!(wrong, Error::RuntimeUnusable { .. }), "{wrong}");
}
