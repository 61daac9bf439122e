//! Models to ONNX bytes.
//!
//! A model is a piece of graph between the input and its forecast; the names within it carry a prefix, so that a stack can
//! hold several.

use prost::Message;
use sha2::{Digest, Sha256};

use super::graph::GraphBuilder;
use super::meta::ArtifactMeta;
use super::trees::add_trees;
use crate::error::check_shape;
use crate::{Error, FittedModel, IntervalModel, LinearModel, Result, StackModel};

/// The artifact of a fitted model: input `x`, outputs `y`, `quantiles`, `offsets` and `scale`.
///
/// Of a linear model `y = clip((fill(x) - centre) / scale, -clip, clip) coefficients + intercept`; trees are a
/// `TreeEnsembleRegressor`; a stack is the weighted sum of its models. `quantiles = y + clip(fill(x_volatility) sqrt(horizon),
/// floor, ceiling) offsets`, or that `scale` times the sorted sums of regressed quantiles and offsets, in float32. The same models and `meta` give the same bytes.
///
/// # Shape
/// `x` rows x features, `y` and `scale` rows x 1, `quantiles` rows x levels, with any number of rows; `offsets` rows x levels, the
/// same in every row.
///
/// # Missing values
/// NaN and infinite inputs are filled inside the graph.
///
/// # Errors
/// [`Error::Shape`] or [`Error::Artifact`] when the models and `meta` differ in features, horizon or levels.
pub fn to_onnx(model: &FittedModel, interval: &IntervalModel, meta: &ArtifactMeta) -> Result<Vec<u8>> {
    artifact(model.features(), interval, meta, |graph| add_point(graph, model, "", "y"))
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
    graph.output("offsets", interval.levels.len());
    graph.output("scale", 1);
    point(&mut graph)?;
    add_quantiles(&mut graph, interval);
    let props = meta.to_props(interval.residual_quantiles())?;
    Ok(graph.into_model(props).encode_to_vec())
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

/// From the input `x` to the forecast `y`.
fn add_point(graph: &mut GraphBuilder, model: &FittedModel, prefix: &str, y: &str) -> Result<()> {
    match model {
        FittedModel::Linear(model) => add_linear(graph, model, prefix, y),
        FittedModel::Trees(model) => add_trees(graph, model, prefix, y),
        FittedModel::Stack(model) => add_stack(graph, model, prefix, y)?,
        FittedModel::Searched { model, .. } => add_point(graph, model, prefix, y)?,
        FittedModel::Foreign(model) => model.add_to(graph, "x", y)?,
        FittedModel::Series(_) => {
            let reason =
                "a model of one series is fitted anew on every row, which no graph can do".to_owned();
            return Err(Error::Artifact { reason });
        }
    }
    Ok(())
}

fn add_linear(graph: &mut GraphBuilder, model: &LinearModel, prefix: &str, y: &str) {
    let (features, pre) = (model.features(), &model.preprocessing);
    let name = |part: &str| format!("{prefix}{part}");
    graph.floats(&name("fill"), &[1, features], &pre.fill);
    graph.floats(&name("centre"), &[1, features], &pre.centre);
    graph.floats(&name("spread"), &[1, features], &pre.scale);
    graph.scalar(&name("clip_low"), -pre.clip);
    graph.scalar(&name("clip_high"), pre.clip);
    graph.floats(&name("coefficients"), &[features, 1], &model.coefficients);
    graph.floats(&name("intercept"), &[1], &[model.intercept]);

    graph.fill_missing("x", &name("fill"), &name("filled"));
    graph.node("Sub", &[&name("filled"), &name("centre")], &name("centred"));
    graph.node("Div", &[&name("centred"), &name("spread")], &name("scaled"));
    graph.node("Clip", &[&name("scaled"), &name("clip_low"), &name("clip_high")], &name("z"));
    graph.node("MatMul", &[&name("z"), &name("coefficients")], &name("weighted"));
    graph.node("Add", &[&name("weighted"), &name("intercept")], y);
}

fn add_stack(graph: &mut GraphBuilder, model: &StackModel, prefix: &str, y: &str) -> Result<()> {
    if model.parts.is_empty() {
        add_linear(graph, &LinearModel::constant(model.features, 0.0)?, prefix, y);
        return Ok(());
    }
    let mut shares = Vec::with_capacity(model.parts.len());
    for (number, (share, part)) in model.parts.iter().enumerate() {
        let name = |of: &str| format!("{prefix}part_{number}/{of}");
        add_point(graph, part, &name(""), &name("y"))?;
        graph.scalar(&name("share"), *share);
        graph.node("Mul", &[&name("y"), &name("share")], &name("shared"));
        shares.push(name("shared"));
    }
    let shares: Vec<&str> = shares.iter().map(String::as_str).collect();
    graph.node("Sum", &shares, y);
    Ok(())
}

fn add_quantiles(graph: &mut GraphBuilder, interval: &IntervalModel) {
    graph.index("volatility_column", interval.spec.column);
    graph.floats("volatility_fill", &[1], &[interval.fill]);
    graph.floats("root_horizon", &[1], &[interval.root_horizon()]);
    graph.scalar("floor", interval.spec.floor);
    graph.scalar("ceiling", interval.spec.ceiling);
    graph.floats("level_offsets", &[1, interval.offsets.len()], &interval.offsets);

    graph.column("x", "volatility_column", "volatility_raw");
    graph.fill_missing("volatility_raw", "volatility_fill", "volatility");
    graph.node("Mul", &["volatility", "root_horizon"], "volatility_ahead");
    graph.node("Clip", &["volatility_ahead", "floor", "ceiling"], "scale");
    // The offsets once a row, so that every output has the rows of the input; the scale is finite and `scale - scale` 0.
    graph.node("Sub", &["scale", "scale"], "row_zero");
    graph.node("Add", &["row_zero", "level_offsets"], "offsets");
    match interval.is_regression() {
        true => add_regressed(graph, interval),
        false => {
            graph.node("Mul", &["scale", "level_offsets"], "distances");
            graph.node("Add", &["y", "distances"], "quantiles");
        }
    }
}

/// `sort(scale (Q(x) + offsets))`.
fn add_regressed(graph: &mut GraphBuilder, interval: &IntervalModel) {
    let name = |level: usize| format!("quantile_{level}/value");
    for (level, regression) in interval.regressions.iter().enumerate() {
        add_trees(graph, regression, &format!("quantile_{level}/"), &name(level));
    }
    let levels: Vec<String> = (0..interval.regressions.len()).map(name).collect();
    graph.side_by_side(&levels.iter().map(String::as_str).collect::<Vec<_>>(), "regressed");
    graph.node("Add", &["regressed", "level_offsets"], "shifted");
    graph.node("Mul", &["scale", "shifted"], "unsorted");
    graph.index("levels", levels.len());
    graph.sorted("unsorted", "levels", "quantiles");
}
