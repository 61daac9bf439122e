//! What tests of artifacts need of the checkout: ONNX Runtime, and Python with the reference implementation.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use weekahead_models::onnx::OnnxRuntime;

pub fn runtime() -> &'static OnnxRuntime {
    static RUNTIME: OnceLock<OnnxRuntime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let given = std::env::var_os("WEEKAHEAD_LIBONNXRUNTIME").map(PathBuf::from);
        let library = given.unwrap_or_else(|| repository().join(".deps/onnxruntime/libonnxruntime.so"));
        OnnxRuntime::load(&library).unwrap()
    })
}

/// What a Python script prints about the files of a folder; it must end well.
pub fn python_says(script: &str, folder: &Path) -> String {
    let given = std::env::var_os("WEEKAHEAD_VENV").map(PathBuf::from);
    let python = given.unwrap_or_else(|| repository().join(".venv")).join("bin/python");
    let output = Command::new(&python).args(["-c", script]).arg(folder).output();
    let output = output.unwrap_or_else(|e| panic!("{} cannot run ({e}): run `make setup`", python.display()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}
