//! An artifact, ready to run.

use std::sync::{Mutex, MutexGuard};

use ndarray::{Array1, Array2, ArrayView2};
use ort::session::{Session, SessionOutputs};
use ort::value::TensorRef;

use super::meta::ArtifactMeta;
use super::runtime::OnnxRuntime;
use crate::error::check_shape;
use crate::{Error, Outputs, ResidualQuantiles, Result};

/// A model loaded from its bytes. Can be shared between threads; batches wait for each other.
#[derive(Debug)]
pub struct OnnxSession {
    session: Mutex<Session>,
    meta: ArtifactMeta,
    residuals: Option<ResidualQuantiles>,
    offsets: Option<Vec<f32>>,
}

impl OnnxSession {
    /// Loads an artifact that [`to_onnx`](super::to_onnx) wrote.
    ///
    /// The session computes on the caller's thread, since rows are too small to share out.
    ///
    /// # Errors
    /// [`Error::Artifact`] when the bytes are not such an artifact.
    pub fn from_bytes(runtime: &OnnxRuntime, bytes: &[u8]) -> Result<Self> {
        let (meta, residuals) = ArtifactMeta::with_residuals(bytes)?;
        let mut session = open(runtime, bytes).map_err(|e| Error::Artifact { reason: e.to_string() })?;
        let offsets = offsets(&mut session, &meta)?;
        Ok(Self { session: Mutex::new(session), meta, residuals, offsets })
    }

    /// What the artifact says about itself.
    pub fn meta(&self) -> &ArtifactMeta {
        &self.meta
    }

    /// The interval offset at any level; `None` where quantiles are regressed, or of an artifact that does not tell.
    pub fn residual_quantiles(&self) -> Option<&ResidualQuantiles> {
        self.residuals.as_ref()
    }

    /// What the scale is multiplied with at each level, the same in every row: the output `offsets`. `None` of an artifact without it.
    pub fn offsets(&self) -> Option<&[f32]> {
        self.offsets.as_deref()
    }

    /// Point forecasts and quantiles of a batch of rows.
    ///
    /// # Shape
    /// `x` is rows x features, in the order of `meta().features`; any number of rows, none included.
    ///
    /// # Missing values
    /// NaN and infinite inputs are filled inside the graph.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` has another number of features, [`Error::Inference`] when ONNX Runtime fails.
    pub fn run(&self, x: ArrayView2<'_, f32>) -> Result<Outputs> {
        check_shape("x (features)", self.meta.features.len(), x.ncols())?;
        let (rows, levels) = (x.nrows(), self.meta.levels.len());
        if rows == 0 {
            let (y, quantiles) = (Array1::zeros(0), Array2::zeros((0, levels)));
            return Ok(Outputs { y, quantiles, scale: None });
        }
        let x = x.as_standard_layout();
        let values = x.as_slice().unwrap_or_default();
        let input = TensorRef::from_array_view(([rows, x.ncols()], values)).map_err(inference)?;
        let mut session = self.lock();
        let outputs = session.run(ort::inputs!["x" => input]).map_err(inference)?;
        let y = Array1::from_vec(floats(&outputs, "y", rows)?);
        let quantiles = floats(&outputs, "quantiles", rows * levels)?;
        let shaped = Array2::from_shape_vec((rows, levels), quantiles);
        let quantiles = shaped.map_err(|e| Error::Inference { reason: e.to_string() })?;
        // Artifacts of earlier versions have no such output.
        let scale = outputs.contains_key("scale").then(|| floats(&outputs, "scale", rows)).transpose()?;
        Ok(Outputs { y, quantiles, scale: scale.map(Array1::from_vec) })
    }

    fn lock(&self) -> MutexGuard<'_, Session> {
        // A session holds no state between runs that a panic could have left half done.
        self.session.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The output `offsets` of a row, whichever.
fn offsets(session: &mut Session, meta: &ArtifactMeta) -> Result<Option<Vec<f32>>> {
    let features = meta.features.len();
    let row = vec![0.0_f32; features];
    let input = TensorRef::from_array_view(([1, features], row.as_slice())).map_err(inference)?;
    let outputs = session.run(ort::inputs!["x" => input]).map_err(inference)?;
    let Some(offsets) = outputs.get("offsets") else { return Ok(None) };
    let (_, values) = offsets.try_extract_tensor::<f32>().map_err(inference)?;
    check_shape("an output of the artifact", meta.levels.len(), values.len())?;
    Ok(Some(values.to_vec()))
}

pub(super) fn open(runtime: &OnnxRuntime, bytes: &[u8]) -> ort::Result<Session> {
    let builder = Session::builder(&runtime.environment)?;
    let builder = builder.with_intra_threads(1)?.with_deterministic_compute(true)?;
    let mut builder = builder.with_no_environment_execution_providers()?;
    builder.commit_from_memory(bytes)
}

pub(super) fn floats(outputs: &SessionOutputs<'_>, name: &str, expected: usize) -> Result<Vec<f64>> {
    let missing = || Error::Artifact { reason: format!("it has no output `{name}`") };
    let (_, values) =
        outputs.get(name).ok_or_else(missing)?.try_extract_tensor::<f32>().map_err(inference)?;
    check_shape("an output of the artifact", expected, values.len())?;
    Ok(values.iter().map(|value| f64::from(*value)).collect())
}

pub(super) fn inference(error: ort::Error) -> Error {
    Error::Inference { reason: error.to_string() }
}
