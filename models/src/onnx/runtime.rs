//! ONNX Runtime, loaded at run time from a shared library.

use std::path::Path;
use std::sync::Mutex;

use ort::environment::Environment;

use crate::{Error, Result};

/// The process's ONNX Runtime. Cheap to clone; one library a process.
#[derive(Debug, Clone)]
pub struct OnnxRuntime {
    pub(super) environment: Environment,
}

/// ONNX Runtime has one environment a process, and it must outlive every session.
static LOADED: Mutex<Option<Environment>> = Mutex::new(None);

impl OnnxRuntime {
    /// Loads the library, such as `.deps/onnxruntime/libonnxruntime.so`; later calls return what the first one loaded.
    ///
    /// # Errors
    /// [`Error::RuntimeMissing`] when there is no such file, [`Error::RuntimeUnusable`] when it is no ONNX Runtime
    /// that works here.
    pub fn load(library: &Path) -> Result<Self> {
        let mut loaded = LOADED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(environment) = loaded.as_ref() {
            return Ok(Self { environment: environment.clone() });
        }
        // ort panics on a later use of a library that is not there, so look first.
        if !library.is_file() {
            return Err(Error::RuntimeMissing { path: library.to_owned() });
        }
        let unusable = |reason: String| Error::RuntimeUnusable { path: library.to_owned(), reason };
        let builder = ort::init_from(library).map_err(|e| unusable(e.to_string()))?;
        let environment = builder.with_name("weekahead").build().map_err(|e| unusable(e.to_string()))?;
        *loaded = Some(environment.clone());
        Ok(Self { environment })
    }
}
