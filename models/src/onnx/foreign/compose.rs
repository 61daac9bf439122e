//! A foreign graph within ours.

use super::model::ForeignModel;
use super::read::read;
use super::rename::{rename, renamed};
use super::settings::{ForeignSettings, Missing};
use crate::Result;
use crate::onnx::graph::GraphBuilder;
use crate::onnx::proto::FLOAT;

impl ForeignModel {
    /// Adds the model to a graph: `output`, a float32 matrix of one column, is its forecast of `input`, a float32 matrix of the
    /// view's features.
    ///
    /// # Missing values
    /// As [`Missing`] says.
    pub(in crate::onnx) fn add_to(&self, graph: &mut GraphBuilder, input: &str, output: &str) -> Result<()> {
        add(graph, self.bytes(), self.settings(), self.order(), (input, output))
    }
}

/// The same from its parts; `order` holds the column of `input` for each feature of the model.
pub(super) fn add(
    graph: &mut GraphBuilder,
    bytes: &[u8],
    settings: &ForeignSettings,
    order: Option<&[usize]>,
    (input, output): (&str, &str),
) -> Result<()> {
    let mut foreign = read(bytes, settings.output.as_deref())?;
    let mut from = input.to_owned();
    if let Some(order) = order {
        let (indices, ordered) = (format!("{input}_order"), format!("{input}_ordered"));
        graph.integers(&indices, &order.iter().map(|column| *column as i64).collect::<Vec<_>>());
        graph.column(&from, &indices, &ordered);
        from = ordered;
    }
    if settings.missing == Missing::Zero {
        let (zero, filled) = (format!("{input}_zero"), format!("{input}_filled"));
        graph.floats(&zero, &[1], &[0.0]);
        graph.fill_missing(&from, &zero, &filled);
        from = filled;
    }
    graph.cast(&from, foreign.signature.input_type, &renamed(&foreign.signature.input));
    rename(&mut foreign.graph);
    graph.absorb(foreign.graph, foreign.needs);
    let (float, shape) = (format!("{output}_float"), format!("{output}_shape"));
    graph.cast(&renamed(&foreign.signature.output), FLOAT, &float);
    graph.integers(&shape, &[-1, 1]);
    graph.node("Reshape", &[&float, &shape], output);
    Ok(())
}
