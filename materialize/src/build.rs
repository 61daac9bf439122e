//! A build of a feature view: bars as of an instant, folded, and what is new written down.

use jiff::{Timestamp, ToSpan};
use weekahead_features::View;
use weekahead_market::{AsOf, Session, Symbol};
use weekahead_warehouse::{FeatureTable, Warehouse};

use crate::Result;
use crate::group::{Input, Output};
use crate::plan::{Known, Plan, Task};
use crate::stats::describe;

/// Values computed at once: two groups are in memory, one that is computed and one that is written.
const GROUP_VALUES: usize = 1 << 25;

/// Rows of sessions of the last so many days are written where forecasts look for them, too: they reach back five sessions, which
/// is nine days over holidays.
const RECENT_DAYS: i64 = 14;

/// What is to be built.
///
/// # Memory
/// Two groups of symbols, whatever their number: some 150 MB each of values, and as much again of bars and of what is on
/// its way. A view with functions over all symbols is one group, which grows with their number.
#[derive(Debug, Clone)]
pub struct Build<'a> {
    view: &'a View,
    symbols: &'a [Symbol],
    as_of: AsOf,
    written_at: Timestamp,
    since: Option<Session>,
    group_values: usize,
}

/// How far a build is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BuildProgress {
    /// Symbols that are up to date.
    pub symbols: usize,
    /// Symbols in all.
    pub of_symbols: usize,
    /// Rows written so far.
    pub written: usize,
}

/// What a build did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BuildReport {
    /// Symbols with at least one bar.
    pub symbols: usize,
    /// Those among them of which nothing had changed, so that nothing was computed.
    pub unchanged: usize,
    /// Rows that there are now, versions counted one by one.
    pub rows: usize,
    /// Rows that were not there yet, or not like this.
    pub written: usize,
}

impl<'a> Build<'a> {
    /// A build of all sessions of some symbols, from what is known at `as_of`. `written_at` is the writer's clock.
    pub fn new(view: &'a View, symbols: &'a [Symbol], as_of: AsOf, written_at: Timestamp) -> Self {
        Self { view, symbols, as_of, written_at, since: None, group_values: GROUP_VALUES }
    }

    /// Writes no session before this one; they are read all the same, since windows and chained prices need them.
    #[must_use]
    pub fn since(self, since: Option<Session>) -> Self {
        Self { since, ..self }
    }

    /// Bounds the values (sessions times features) that are computed at once; a symbol is never divided.
    #[must_use]
    pub fn group_values(self, group_values: usize) -> Self {
        Self { group_values, ..self }
    }

    /// Brings the view's table up to what is known, and says what was new.
    ///
    /// Symbols of which neither the bars nor the stored rows have changed since the last build are passed over. Of the
    /// others, rows are computed from the first session on, and those that differ from the stored ones are written:
    /// new sessions, what restated bars reach, under the instant of the restatement, and what bars changed that arrived
    /// late (they were knowable all along), under the keys that were there before. One group of symbols is read and
    /// computed while the one before is written. At the end the statistics of the view are written to `ops.feature_stats`.
    ///
    /// # Errors
    /// Errors of the warehouse; the groups before the failing one are written, and the next build goes on from there.
    pub async fn run(
        &self,
        warehouse: &Warehouse,
        mut progress: impl FnMut(BuildProgress),
    ) -> Result<BuildReport> {
        let view = self.view;
        warehouse.create_feature_table(view.name(), view.features()).await?;
        let plan = Plan::of(warehouse, view, self.symbols, self.as_of).await?;
        let unchanged = plan.unchanged.len();
        let mut report = BuildReport {
            symbols: unchanged + plan.tasks.len(),
            unchanged,
            rows: plan.unchanged.iter().map(|word| word.rows.rows as usize).sum(),
            written: 0,
        };
        let mut done = unchanged;
        let mut waiting = Output::default();
        let bars = match view.is_cross_sectional() {
            true => usize::MAX,
            false => (self.group_values / view.features().len()).max(1),
        };
        for group in plan.groups(bars) {
            let tell = BuildProgress { symbols: done, of_symbols: report.symbols, written: report.written };
            progress(tell);
            let (next, written) =
                tokio::try_join!(self.compute(warehouse, group), self.write(warehouse, &waiting))?;
            done += waiting.symbols;
            report.rows += next.outcome as usize;
            report.written += written;
            waiting = next;
        }
        report.written += self.write(warehouse, &waiting).await?;
        if !plan.tasks.is_empty() {
            self.confirm(warehouse, &plan).await?;
        }
        describe(warehouse, view, self.as_of, self.written_at).await?;
        warehouse.drop_recent_features(view.name(), self.recent()).await?;
        let all = report.symbols;
        progress(BuildProgress { symbols: all, of_symbols: all, written: report.written });
        Ok(report)
    }

    async fn compute(&self, warehouse: &Warehouse, tasks: &[Task]) -> Result<Output> {
        let symbols: Vec<Symbol> = tasks.iter().map(|task| task.symbol.clone()).collect();
        let compared = tasks.iter().filter(|task| task.known == Known::Some);
        let compared: Vec<Symbol> = compared.map(|task| task.symbol.clone()).collect();
        let (view, as_of) = (self.view, self.as_of);
        let (histories, stored) = tokio::try_join!(
            warehouse.bar_histories(as_of, &symbols),
            warehouse.feature_keys(as_of, view.name(), view.version(), Some(&compared)),
        )?;
        let (view, tasks, since) = (view.clone(), tasks.to_vec(), self.since);
        Input { view, as_of, since, tasks, histories, stored }.compute().await
    }

    /// Writes a group's rows, copies of the recent ones first, so that a row that is there has one; then what holds from
    /// there on: if this breaks off in between, the next build finds rows of which nothing is said, compares them and says it.
    async fn write(&self, warehouse: &Warehouse, group: &Output) -> Result<usize> {
        let (name, version, at) = (self.view.name(), self.view.version(), self.written_at);
        if group.len() > 0 {
            let names = self.view.features();
            let recent: Vec<_> = group.rows.iter().map(|rows| rows.since(self.recent())).collect();
            for (of, rows) in [(FeatureTable::Recent, &recent), (FeatureTable::All, &group.rows)] {
                warehouse.write_feature_columns(of, name, version, names, at, rows).await?;
            }
        }
        warehouse.write_materialized(name, version, at, &group.words).await?;
        Ok(group.len())
    }

    /// The first session that is recent.
    fn recent(&self) -> Session {
        Session::from_date(self.as_of.date().saturating_sub(RECENT_DAYS.days()))
    }

    /// Says of the unchanged symbols, too, where this build stood: the next one then asks after a single instant.
    async fn confirm(&self, warehouse: &Warehouse, plan: &Plan) -> Result<()> {
        let (name, version) = (self.view.name(), self.view.version());
        Ok(warehouse.write_materialized(name, version, self.written_at, &plan.unchanged).await?)
    }
}
