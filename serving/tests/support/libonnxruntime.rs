//! The ONNX Runtime that setup brings.

use std::path::{Path, PathBuf};

pub fn libonnxruntime() -> PathBuf {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.deps/onnxruntime/libonnxruntime.so");
    std::env::var_os("WEEKAHEAD_LIBONNXRUNTIME").map_or(checkout, PathBuf::from)
}
