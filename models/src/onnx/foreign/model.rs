//! A model of another tool, ready to run.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::{Array1, Array2, ArrayView2, s};
use ort::session::Session;
use ort::value::TensorRef;
use prost::Message;

use super::compose::add;
use super::read::{read, refused};
use super::settings::ForeignSettings;
use crate::error::check_shape;
use crate::onnx::export::{artifact, digest};
use crate::onnx::graph::GraphBuilder;
use crate::onnx::session::{floats, inference, open};
use crate::onnx::{ArtifactMeta, OnnxRuntime};
use crate::{Error, IntervalModel, Result};

/// A regressor that another tool fitted. Cheap to clone.
///
/// It runs as it will within an artifact, on ONNX Runtime and in float32 around it: what it forecasts here is what the
/// artifact forecasts, to the bit.
#[derive(Clone)]
pub struct ForeignModel {
    runtime: OnnxRuntime,
    bytes: Arc<[u8]>,
    settings: ForeignSettings,
    features: usize,
    names: Option<Vec<String>>,
    producer: String,
    /// The view's column for each feature of the model; none when they are the same.
    order: Option<Vec<usize>>,
    session: Arc<Mutex<Session>>,
}

impl ForeignModel {
    /// Reads a model, looks through it and tries it on one row and on three.
    ///
    /// Taken is any graph of operators that ONNX Runtime has by itself, with one matrix of floats or doubles going in, rows
    /// x features with any number of rows, and one number a row coming out. All of it is in `bytes`.
    ///
    /// # Errors
    /// [`Error::Foreign`] with the reason why it cannot be taken, and what to do about it.
    pub fn open(runtime: &OnnxRuntime, bytes: &[u8], settings: &ForeignSettings) -> Result<Self> {
        let foreign = read(bytes, settings.output.as_deref())?;
        let features = foreign.signature.features;
        if let Some(names) = foreign.names.as_ref().filter(|names| names.len() != features) {
            let reason = format!("its metadata names {} features and it takes {features}", names.len());
            return Err(refused(reason));
        }
        let session = session(runtime, bytes, settings, None, features)?;
        let model = Self {
            runtime: runtime.clone(),
            bytes: bytes.into(),
            settings: settings.clone(),
            features,
            names: foreign.names,
            producer: foreign.producer,
            order: None,
            session: Arc::new(Mutex::new(session)),
        };
        model.try_out()?;
        Ok(model)
    }

    /// The same model with its columns in the order of a feature view: `own` names them in the model's order. The names must be
    /// those of the view, all of them; where the orders differ, the artifact reorders the columns.
    ///
    /// # Errors
    /// [`Error::Shape`] when `own` are not as many as the model's features, [`Error::Foreign`] with the names that only one side
    /// has.
    pub fn for_view(mut self, view: &[String], own: &[String]) -> Result<Self> {
        check_shape("the names of the model's features", self.features, own.len())?;
        let lacking = |of: &[String], from: &[String]| {
            let names: Vec<_> = of.iter().filter(|name| !from.contains(name)).map(String::as_str).collect();
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        };
        let order: Option<Vec<usize>> =
            own.iter().map(|name| view.iter().position(|feature| feature == name)).collect();
        let order = order.filter(|order| order.len() == view.len() && view.iter().all(|f| own.contains(f)));
        let order = order.ok_or_else(|| {
            let (here, there) = (lacking(own, view), lacking(view, own));
            refused(format!(
                "its features are not those of the view (only the model has: {here}; only the view has: {there}): \
                 fit it on the features of the view, under their names"
            ))
        })?;
        self.order = (!order.is_sorted()).then_some(order);
        let order = self.order.as_deref();
        let session = session(&self.runtime, &self.bytes, &self.settings, order, self.features)?;
        self.session = Arc::new(Mutex::new(session));
        Ok(self)
    }

    /// Point forecasts of a batch of rows.
    ///
    /// # Shape
    /// `x` is rows x features, in the view's order after [`for_view`](Self::for_view), else in the model's; one forecast a
    /// row; no rows give none.
    ///
    /// # Units
    /// Those of the model: log returns over the horizon, if it was fitted on them.
    ///
    /// # Missing values
    /// As [`Missing`](super::Missing) says.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` has another number of features, [`Error::Inference`] when ONNX Runtime fails,
    /// [`Error::Forecast`] when a forecast is not finite.
    pub fn predict(&self, x: ArrayView2<'_, f32>) -> Result<Array1<f64>> {
        check_shape("x (features)", self.features, x.ncols())?;
        if x.nrows() == 0 {
            return Ok(Array1::zeros(0));
        }
        let y = self.run(x)?;
        match y.iter().position(|value| !value.is_finite()) {
            Some(row) => Err(Error::Forecast { row, value: y[row] }),
            None => Ok(y),
        }
    }

    /// The artifact of this model with prediction intervals: input `x`, outputs `y` and `quantiles`, like that of a model that
    /// was fitted here.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Artifact`] when the models and `meta` differ in features, horizon or levels.
    pub fn to_onnx(&self, interval: &IntervalModel, meta: &ArtifactMeta) -> Result<Vec<u8>> {
        artifact(self.features, interval, meta, |graph| self.add_to(graph, "x", "y"))
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.features
    }

    /// The features in the model's order, if its metadata has them: the entry `feature_names`, a JSON list.
    pub fn feature_names(&self) -> Option<&[String]> {
        self.names.as_deref()
    }

    /// The tool that wrote the file, such as `skl2onnx 1.20.0`.
    pub fn producer(&self) -> &str {
        &self.producer
    }

    /// How it is taken.
    pub fn settings(&self) -> &ForeignSettings {
        &self.settings
    }

    /// The file it was opened from.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The digest of that file: SHA-256 in lower-case hexadecimal.
    pub fn digest(&self) -> String {
        digest(&self.bytes)
    }

    pub(super) fn order(&self) -> Option<&[usize]> {
        self.order.as_deref()
    }

    /// A model that cannot take any number of rows, or whose rows depend on each other, would fail where it serves.
    fn try_out(&self) -> Result<()> {
        let x = Array2::from_shape_fn((3, self.features), |(row, column)| {
            (row as f32 - 0.9) * (1.0 + column as f32 % 7.0)
        });
        let failed = |e: Error| match e {
            Error::Inference { reason } => refused(format!("ONNX Runtime cannot run it ({reason})")),
            Error::Shape { found, .. } => refused(format!(
                "its output holds {found} numbers for another number of rows: one number a row is needed, for any \
                 number of rows"
            )),
            other => other,
        };
        let together = self.run(x.view()).map_err(failed)?;
        let alone = self.run(x.slice(s![0..1, ..])).map_err(failed)?;
        let difference = (together[0] - alone[0]).abs();
        if difference > 1e-5 * alone[0].abs().max(1.0) {
            let reason =
                "its forecast of a row depends on the other rows: export it for inference, not for training";
            return Err(refused(reason.to_owned()));
        }
        Ok(())
    }

    fn run(&self, x: ArrayView2<'_, f32>) -> Result<Array1<f64>> {
        let x = x.as_standard_layout();
        let values = x.as_slice().unwrap_or_default();
        let input = TensorRef::from_array_view(([x.nrows(), x.ncols()], values)).map_err(inference)?;
        // A session holds no state between runs that a panic could have left half done.
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = session.run(ort::inputs!["x" => input]).map_err(inference)?;
        Ok(Array1::from_vec(floats(&outputs, "y", x.nrows())?))
    }
}

/// The same file, taken the same way.
impl PartialEq for ForeignModel {
    fn eq(&self, other: &Self) -> bool {
        (&self.bytes, &self.settings, &self.order) == (&other.bytes, &other.settings, &other.order)
    }
}

impl fmt::Debug for ForeignModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ForeignModel");
        debug.field("digest", &self.digest()).field("producer", &self.producer);
        debug.field("features", &self.features).field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// The model alone, between the nodes that it has around it within an artifact.
fn session(
    runtime: &OnnxRuntime,
    bytes: &[u8],
    settings: &ForeignSettings,
    order: Option<&[usize]>,
    features: usize,
) -> Result<Session> {
    let mut graph = GraphBuilder::new("foreign");
    graph.input("x", features);
    graph.output("y", 1);
    add(&mut graph, bytes, settings, order, ("x", "y"))?;
    let alone = graph.into_model(Vec::new()).encode_to_vec();
    open(runtime, &alone).map_err(|e| refused(format!("ONNX Runtime cannot load it ({e})")))
}
