//! A view over whole histories: the streaming kernels, folded.

use std::collections::BTreeMap;

use rayon::prelude::*;
use weekahead_market::{BarSeries, Panel, Symbol};

use crate::kernel::Queue;
use crate::{FeatureMatrix, View, ViewState};

/// Sessions a block: the values of all steps of a block stay in the cache.
const BLOCK_SESSIONS: usize = 128;

/// The features of one symbol, one row a bar; bit for bit what [`ViewState::push`] gives, as `f32`.
///
/// The row of a session depends on the bars up to it alone.
///
/// # Missing values
/// NaN: in the first [`View::warm_up`] rows for some or all features.
pub fn compute(view: &View, series: &BarSeries) -> FeatureMatrix {
    compute_with(&mut ViewState::with_capacity(view, BLOCK_SESSIONS), view, series)
}

/// The features of every symbol of a panel, in parallel over symbols; the same as [`compute`] of each.
pub fn compute_panel(view: &View, panel: &Panel) -> BTreeMap<Symbol, FeatureMatrix> {
    let series: Vec<_> = panel.iter().collect();
    let new_state = || ViewState::with_capacity(view, BLOCK_SESSIONS);
    let matrices: Vec<_> = series
        .into_par_iter()
        .map_init(new_state, |state, (symbol, series)| {
            state.reset();
            (symbol.clone(), compute_with(state, view, series))
        })
        .collect();
    matrices.into_iter().collect()
}

fn compute_with(state: &mut ViewState, view: &View, series: &BarSeries) -> FeatureMatrix {
    let mut columns = vec![Vec::with_capacity(series.len()); view.features().len()];
    let mut done = 0;
    while done < series.len() {
        let rows =
            state.advance(&series.sessions()[done..], &series.bars()[done..], &series.actions()[done..]);
        for (feature, column) in columns.iter_mut().enumerate() {
            column.extend(state.block(feature, rows).iter().map(|value| *value as f32));
        }
        done += rows;
    }
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
