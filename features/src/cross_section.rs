//! Functions over all symbols of a session: `CsRank`, `CsZscore`.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use weekahead_market::{BarSeries, Session};

use crate::expr::CrossSectionOp;
use crate::kernel::{Queue, present};
use crate::plan::{Cross, Plan};
use crate::{FeatureMatrix, batch};

/// The values of one symbol: a column a function over all symbols, one value a bar; empty where there are none yet.
pub(crate) type CrossColumns = Vec<Vec<f64>>;

/// The columns of every series. Functions whose inputs need other such functions come after those.
pub(crate) fn columns(plan: &Arc<Plan>, panel: &[&BarSeries]) -> Vec<CrossColumns> {
    let mut columns = vec![vec![Vec::new(); plan.crosses.len()]; panel.len()];
    let stages = plan.crosses.iter().map(|cross| cross.stage + 1).max().unwrap_or(0);
    for stage in 0..stages {
        let of_stage = plan.crosses.iter().copied().enumerate().filter(|(_, cross)| cross.stage == stage);
        let (places, crosses): (Vec<usize>, Vec<Cross>) = of_stage.unzip();
        let inputs = inputs(plan, &crosses, panel, &columns);
        for (at, (place, cross)) in places.into_iter().zip(crosses).enumerate() {
            let values: Vec<&[f64]> = inputs.iter().map(|of_symbol| of_symbol[at].as_slice()).collect();
            for (columns, column) in columns.iter_mut().zip(across(cross.op, panel, &values)) {
                columns[place] = column;
            }
        }
    }
    columns
}

/// A row that depends on other symbols is known when the last of them is: gives every row the latest knowledge time of
/// all rows of the sessions that it looks back on.
pub(crate) fn spread_knowledge<'a>(look_back: usize, matrices: impl Iterator<Item = &'a mut FeatureMatrix>) {
    let matrices: Vec<_> = matrices.collect();
    let mut latest: BTreeMap<Session, i64> = BTreeMap::new();
    for matrix in &matrices {
        for (session, known) in matrix.sessions.iter().zip(&matrix.knowledge_times) {
            latest.entry(*session).and_modify(|latest| *latest = (*known).max(*latest)).or_insert(*known);
        }
    }
    for matrix in matrices {
        let mut window = Queue::new(look_back);
        for (session, known) in matrix.sessions.iter().zip(&mut matrix.knowledge_times) {
            *known = window.push(latest[session], |new, old| new >= old);
        }
    }
}

/// The values that the functions of a stage take, by symbol.
fn inputs(
    plan: &Plan,
    crosses: &[Cross],
    panel: &[&BarSeries],
    columns: &[CrossColumns],
) -> Vec<CrossColumns> {
    let reduced = Arc::new(plan.reduced(crosses.iter().map(|cross| cross.input).collect()));
    let symbols: Vec<_> = panel.iter().zip(columns).collect();
    let of_symbol = |executor: &mut crate::executor::Executor,
                     (series, columns): (&&BarSeries, &CrossColumns)| {
        executor.reset();
        let mut inputs = vec![vec![f64::NAN; series.len()]; crosses.len()];
        batch::run(executor, series, columns, |input, row, values| {
            inputs[input][row..row + values.len()].copy_from_slice(values);
        });
        inputs
    };
    symbols.into_par_iter().map_init(|| batch::executor(&reduced), of_symbol).collect()
}

/// One function over the values of all symbols, session by session.
fn across(op: CrossSectionOp, panel: &[&BarSeries], values: &[&[f64]]) -> Vec<Vec<f64>> {
    let mut sessions: BTreeMap<Session, Vec<(usize, usize)>> = BTreeMap::new();
    for (symbol, series) in panel.iter().enumerate() {
        for (row, session) in series.sessions().iter().enumerate() {
            if !values[symbol][row].is_nan() {
                sessions.entry(*session).or_default().push((symbol, row));
            }
        }
    }
    let mut out: Vec<Vec<f64>> = panel.iter().map(|series| vec![f64::NAN; series.len()]).collect();
    for places in sessions.into_values() {
        let section: Vec<f64> = places.iter().map(|(symbol, row)| values[*symbol][*row]).collect();
        let scores = match op {
            CrossSectionOp::Rank => ranks(&section),
            CrossSectionOp::Zscore => z_scores(&section),
        };
        for ((symbol, row), score) in places.into_iter().zip(scores) {
            out[symbol][row] = present(score);
        }
    }
    out
}

/// Ranks as shares of the number of values; equal values share the mean of their ranks.
fn ranks(section: &[f64]) -> Vec<f64> {
    let mut sorted = section.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = |value: &f64| {
        let below = sorted.partition_point(|other| other < value);
        let up_to = sorted.partition_point(|other| other <= value);
        (below + up_to + 1) as f64 / 2.0 / sorted.len() as f64
    };
    section.iter().map(rank).collect()
}

/// Distances from the mean in standard deviations; missing when the values do not differ.
fn z_scores(section: &[f64]) -> Vec<f64> {
    let n = section.len() as f64;
    let mean = section[0] + section.iter().map(|value| value - section[0]).sum::<f64>() / n;
    let squares: f64 = section.iter().map(|value| (value - mean) * (value - mean)).sum();
    let deviation = (squares / (n - 1.0)).sqrt();
    section.iter().map(|value| (value - mean) / deviation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_share_ties() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [0.875, 0.25, 0.875, 0.5]);
        assert_eq!(ranks(&[7.0]), [1.0]);
    }

    #[test]
    fn z_scores_are_of_the_sample() {
        assert_eq!(z_scores(&[1.0, 2.0, 3.0]), [-1.0, 0.0, 1.0]);
        assert!(z_scores(&[2.0]).iter().all(|score| score.is_nan()));
    }
}
