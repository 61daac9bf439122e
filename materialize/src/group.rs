//! Some symbols computed at once: from their bars to what is to be written of them.

use std::collections::BTreeMap;

use rayon::prelude::*;
use weekahead_features::{View, compute_panel};
use weekahead_market::{AsOf, Panel, Session, Symbol};
use weekahead_warehouse::{BarHistory, FeatureColumns, FeatureKey, Materialized, TableDigest};

use crate::plan::{Known, Task};
use crate::reconcile::{Difference, difference};
use crate::replay::{Implied, State, implied};
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
        let implied = if self.view.is_cross_sectional() { self.together() } else { self.one_by_one() }?;
        let tasks: BTreeMap<&Symbol, &Task> = self.tasks.iter().map(|task| (&task.symbol, task)).collect();
        // What follows from the bars of each symbol, a column a feature, passes by here before what is stored is left out.
        let differences = implied.into_par_iter().filter_map(|implied| {
            let symbol = implied.rows.symbol();
            let task = *tasks.get(symbol)?;
            let stored = self.stored.get(symbol).map_or(&[][..], Vec::as_slice);
            Some(difference(implied, stored, self.since).map(|difference| (task, difference)))
        });
        let differences = differences.collect::<Result<_>>()?;
        Ok(self.output(differences))
    }

    /// Features over all symbols: the symbols of the group have one history.
    fn together(&self) -> Result<Vec<Implied>> {
        let known = self.tasks.first().map_or(Known::Nothing, |task| task.known);
        implied(&self.view, &self.histories, None, after(known), self.as_of.as_microsecond())
    }

    /// The newest bars of symbols that nobody revised go through the kernels as one panel, the others state by state.
    fn one_by_one(&self) -> Result<Vec<Implied>> {
        let now = self.as_of.as_microsecond();
        let mut panel = Panel::new();
        for history in self.histories.iter().filter(|history| history.revisions().is_empty()) {
            *panel.entry(history.symbol()) = history.known_at(now)?;
        }
        let mut newest = compute_panel(&self.view, &panel);
        let known: BTreeMap<&Symbol, Known> =
            self.tasks.iter().map(|task| (&task.symbol, task.known)).collect();
        let work: Vec<_> = self
            .histories
            .iter()
            .map(|history| {
                let series = panel.get(history.symbol());
                let state = series.zip(newest.remove(history.symbol()));
                (history, state.map(|(series, matrix)| State::of(series, matrix)))
            })
            .collect();
        let of_symbol = |(history, state): (&BarHistory, Option<State>)| {
            let after = known.get(history.symbol()).copied().and_then(after);
            implied(&self.view, std::slice::from_ref(history), state, after, now)
        };
        let rows: Vec<Vec<Implied>> = work.into_par_iter().map(of_symbol).collect::<Result<_>>()?;
        Ok(rows.into_iter().flatten().collect())
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

/// From where on rows are asked for.
fn after(known: Known) -> Option<i64> {
    match known {
        Known::Until(then, _) => Some(then.as_microsecond()),
        Known::Some | Known::Nothing => None,
    }
}
