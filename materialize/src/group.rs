//! Some symbols computed at once: from their bars to what is to be written of them.

use std::collections::BTreeMap;

use rayon::prelude::*;
use weekahead_features::{View, compute_panel};
use weekahead_market::{AsOf, Panel, Session, Symbol};
use weekahead_warehouse::{BarHistory, FeatureColumns, FeatureKey, Materialized, TableDigest};

use crate::plan::{Known, Task};
use crate::reconcile::{Difference, difference};
use crate::replay::implied;
use crate::{Error, Result};

/// What a group needs to be computed.
pub(crate) struct Input {
    pub(crate) view: View,
    pub(crate) as_of: AsOf,
    pub(crate) since: Option<Session>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) histories: Vec<BarHistory>,
    /// The stored rows of those symbols whose rows must be compared.
    pub(crate) stored: BTreeMap<Symbol, Vec<FeatureKey>>,
}

/// A group that is computed and waits to be written.
#[derive(Default)]
pub(crate) struct Output {
    /// Rows to write, in the order of the table.
    pub(crate) rows: Vec<FeatureColumns>,
    /// What will hold when they are.
    pub(crate) words: Vec<Materialized>,
    /// Rows that there will be.
    pub(crate) outcome: u64,
    /// Symbols it was computed for.
    pub(crate) symbols: usize,
}

impl Output {
    /// How many rows are to be written.
    pub(crate) fn len(&self) -> usize {
        self.rows.iter().map(FeatureColumns::len).sum()
    }
}

impl Input {
    /// Computes on a thread of its own: kernels would hold up the runtime.
    pub(crate) async fn compute(self) -> Result<Output> {
        let view = self.view.name().to_owned();
        let computed = tokio::task::spawn_blocking(move || self.run());
        computed.await.map_err(|_| Error::Interrupted { view })?
    }

    fn run(self) -> Result<Output> {
        let now = self.as_of.as_microsecond();
        let mut panel = Panel::new();
        for history in self.histories.iter().filter(|history| history.revisions().is_empty()) {
            *panel.entry(history.symbol()) = history.known_at(now)?;
        }
        // The features of the newest bars of every symbol that nobody revised, a column a feature, pass by here.
        let mut newest = compute_panel(&self.view, &panel);
        let tasks: BTreeMap<&Symbol, &Task> = self.tasks.iter().map(|task| (&task.symbol, task)).collect();
        let work: Vec<_> = self
            .histories
            .iter()
            .filter_map(|history| {
                let task = tasks.get(history.symbol())?;
                let series = panel.get(history.symbol()).cloned();
                Some((history, *task, series.zip(newest.remove(history.symbol()))))
            })
            .collect();
        let differences: Vec<(&Task, Difference)> = work
            .into_par_iter()
            .map(|(history, task, newest)| {
                let after = match task.known {
                    Known::Until(then, _) => Some(then.as_microsecond()),
                    Known::Some | Known::Nothing => None,
                };
                let implied = implied(&self.view, history, newest, after, now)?;
                let stored = self.stored.get(history.symbol()).map_or(&[][..], Vec::as_slice);
                Ok((task, difference(implied, stored, self.since)?))
            })
            .collect::<Result<_>>()?;
        Ok(self.output(differences))
    }

    fn output(&self, differences: Vec<(&Task, Difference)>) -> Output {
        let mut output = Output { symbols: differences.len(), ..Output::default() };
        for (task, Difference { rows, outcome, complete }) in differences {
            let outcome = match task.known {
                Known::Until(_, before) => TableDigest {
                    rows: before.rows + outcome.rows,
                    hash: before.hash.wrapping_add(outcome.hash),
                },
                Known::Some | Known::Nothing => outcome,
            };
            output.outcome += outcome.rows;
            if complete {
                let (symbol, bars) = (task.symbol.clone(), task.bars);
                output.words.push(Materialized { symbol, as_of: self.as_of, bars, rows: outcome });
            }
            if !rows.is_empty() {
                output.rows.push(rows);
            }
        }
        output
    }
}
