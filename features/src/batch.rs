//! A view over whole histories: the streaming kernels, over blocks of sessions.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use weekahead_market::{BarSeries, Columns, Panel, Symbol};

use crate::cross_section::CrossColumns;
use crate::executor::{Executor, Rows};
use crate::kernel::Queue;
use crate::plan::Plan;
use crate::{FeatureMatrix, View, cross_section};

/// The features of one symbol, one row a bar; bit for bit what [`ViewState::push`](crate::ViewState::push) gives, as `f32`.
///
/// The row of a session depends on the bars up to it alone. A function over all symbols sees this one symbol.
///
/// # Missing values
/// NaN: in the first [`View::warm_up`] rows for some or all features.
pub fn compute(view: &View, series: &BarSeries) -> FeatureMatrix {
    let crosses = cross_section::columns(view.plan(), &[series]).pop().unwrap_or_default();
    matrix(&mut executor(view.plan()), view, series, &crosses)
}

/// The features of every symbol of a panel, in parallel over symbols; the same as [`compute`] of each, but that
/// functions over all symbols see the panel's.
pub fn compute_panel(view: &View, panel: &Panel) -> BTreeMap<Symbol, FeatureMatrix> {
    let series: Vec<&BarSeries> = panel.iter().map(|(_, series)| series).collect();
    let crosses = cross_section::columns(view.plan(), &series);
    let mut matrices: Vec<_> = panel
        .iter()
        .zip(crosses)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map_init(
            || executor(view.plan()),
            |executor, ((symbol, series), crosses)| {
                executor.reset();
                (symbol.clone(), matrix(executor, view, series, &crosses))
            },
        )
        .collect();
    if view.is_cross_sectional() {
        cross_section::spread_knowledge(view.look_back(), matrices.iter_mut().map(|(_, matrix)| matrix));
    }
    matrices.into_iter().collect()
}

/// Blocks of as many sessions as keep what a step reads and writes in a core's cache, but not so few that the partial
/// results before a block's first session are much of its work.
pub(crate) fn executor(plan: &Arc<Plan>) -> Executor {
    const LEAST_SESSIONS: usize = 1_024;
    let reach = plan.history.iter().max().copied().unwrap_or(0);
    Executor::new(plan, LEAST_SESSIONS.max(2 * reach))
}

/// Runs a series through an executor and hands on the values of each output with the row they begin at.
pub(crate) fn run(
    executor: &mut Executor,
    series: &BarSeries,
    crosses: &CrossColumns,
    mut emit: impl FnMut(usize, usize, &[f64]),
) {
    let mut done = 0;
    while done < series.len() {
        let rest: Vec<&[f64]> = crosses.iter().map(|column| column.get(done..).unwrap_or_default()).collect();
        let rows = Rows {
            sessions: &series.sessions()[done..],
            bars: &series.bars()[done..],
            actions: &series.actions()[done..],
            crosses: &rest,
        };
        done += executor.advance(rows, |output, values| emit(output, done, values));
    }
}

fn matrix(executor: &mut Executor, view: &View, series: &BarSeries, crosses: &CrossColumns) -> FeatureMatrix {
    let mut columns = Columns::zeros(view.features().len(), series.len());
    let wide = pulp::Arch::new();
    run(executor, series, crosses, |feature, row, values| {
        let column = columns.from_row_mut(feature, row);
        wide.dispatch(|| column.iter_mut().zip(values).for_each(|(out, value)| *out = *value as f32));
    });
    FeatureMatrix {
        sessions: series.sessions().to_vec(),
        knowledge_times: latest_known(view, series),
        columns,
    }
}

/// Per row, the latest knowledge time of the bars that the view looks back on.
fn latest_known(view: &View, series: &BarSeries) -> Vec<i64> {
    let mut latest = Queue::new(view.look_back());
    let times = series.knowledge_times().iter();
    times.map(|time| latest.push(*time, |new, old| new >= old)).collect()
}
