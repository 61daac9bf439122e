//! Models to ONNX bytes.

use prost::Message;
use sha2::{Digest, Sha256};

use super::graph::GraphBuilder;
use super::meta::ArtifactMeta;
use crate::error::check_shape;
use crate::{Error, IntervalModel, LinearModel, Result};

/// The artifact of a fitted model: input `x`, outputs `y` and `quantiles`.
///
/// `y = clip((fill(x) - centre) / scale, -clip, clip) coefficients + intercept` and
/// `quantiles = y + clip(fill(x_volatility) sqrt(horizon), floor, ceiling) offsets`, in float32. The same models and `meta`
/// give the same bytes.
///
/// # Shape
/// `x` rows x features, `y` rows x 1, `quantiles` rows x levels, with any number of rows.
///
/// # Missing values
/// NaN and infinite inputs are filled inside the graph.
///
/// # Errors
/// [`Error::Shape`] or [`Error::Artifact`] when the models and `meta` differ in features, horizon or levels.
pub fn to_onnx(model: &LinearModel, interval: &IntervalModel, meta: &ArtifactMeta) -> Result<Vec<u8>> {
    artifact(model.features(), interval, meta, |graph| {
        add_point(graph, model);
        Ok(())
    })
}

/// An artifact around the nodes that `point` adds, which compute `y` from `x`.
pub(super) fn artifact(
    features: usize,
    interval: &IntervalModel,
    meta: &ArtifactMeta,
    point: impl FnOnce(&mut GraphBuilder) -> Result<()>,
) -> Result<Vec<u8>> {
    check_shape("the interval model (features)", features, interval.features)?;
    check_shape("the feature names", features, meta.features.len())?;
    if meta.levels != interval.levels || meta.horizon != interval.spec.horizon {
        let reason = "its metadata has other levels or another horizon than its interval model".to_owned();
        return Err(Error::Artifact { reason });
    }
    let mut graph = GraphBuilder::new("weekahead");
    graph.input("x", features);
    graph.output("y", 1);
    graph.output("quantiles", interval.levels.len());
    point(&mut graph)?;
    add_quantiles(&mut graph, interval);
    Ok(graph.into_model(meta.to_props()?).encode_to_vec())
}

/// The digest that names an artifact: SHA-256 in lower-case hexadecimal.
///
/// ```
/// let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// assert_eq!(weekahead_models::onnx::digest(b""), empty);
/// ```
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn add_point(graph: &mut GraphBuilder, model: &LinearModel) {
    let (features, pre) = (model.features(), &model.preprocessing);
    graph.floats("fill", &[1, features], &pre.fill);
    graph.floats("centre", &[1, features], &pre.centre);
    graph.floats("scale", &[1, features], &pre.scale);
    graph.scalar("clip_low", -pre.clip);
    graph.scalar("clip_high", pre.clip);
    graph.floats("coefficients", &[features, 1], &model.coefficients);
    graph.floats("intercept", &[1], &[model.intercept]);

    graph.fill_missing("x", "fill", "filled");
    graph.node("Sub", &["filled", "centre"], "centred");
    graph.node("Div", &["centred", "scale"], "scaled");
    graph.node("Clip", &["scaled", "clip_low", "clip_high"], "z");
    graph.node("MatMul", &["z", "coefficients"], "weighted");
    graph.node("Add", &["weighted", "intercept"], "y");
}

fn add_quantiles(graph: &mut GraphBuilder, interval: &IntervalModel) {
    graph.index("volatility_column", interval.spec.column);
    graph.floats("volatility_fill", &[1], &[interval.fill]);
    graph.floats("root_horizon", &[1], &[interval.root_horizon()]);
    graph.scalar("floor", interval.spec.floor);
    graph.scalar("ceiling", interval.spec.ceiling);
    graph.floats("offsets", &[1, interval.offsets.len()], &interval.offsets);

    graph.column("x", "volatility_column", "volatility_raw");
    graph.fill_missing("volatility_raw", "volatility_fill", "volatility");
    graph.node("Mul", &["volatility", "root_horizon"], "volatility_ahead");
    graph.node("Clip", &["volatility_ahead", "floor", "ceiling"], "row_scale");
    graph.node("Mul", &["row_scale", "offsets"], "distances");
    graph.node("Add", &["y", "distances"], "quantiles");
}
