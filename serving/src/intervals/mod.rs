//! Intervals that learn from how those before turned out.

mod memory;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ndarray::Array2;
use tokio::task::JoinSet;
use weekahead_features::{TradedSessions, targets_of};
use weekahead_market::{AsOf, BarSeries, Calendar, Horizon, Session, Symbol};
use weekahead_models::{AdaptiveLevels, IntervalCoverage, Outputs, ResidualQuantiles};
use weekahead_warehouse::{IntervalRecord, ServedQuantiles, Warehouse};

use self::memory::Ground;
pub(crate) use self::memory::Memory;
use crate::{Error, LoadedModel, Result};

/// How many sessions back forecasts count: three years.
const MEMORY_SESSIONS: i64 = 756;

/// What is known of the intervals that a model has served, and what follows for the next ones.
///
/// A function of the forecasts and bars that the warehouse knew at an instant, and of nothing else: no state is kept that
/// could be lost, or could differ between two servers. All versions of a model continue one history, as long as horizon and
/// levels stay the same.
#[derive(Debug, Clone, PartialEq)]
pub struct ServedIntervals {
    levels: AdaptiveLevels,
    adapts: bool,
}

impl ServedIntervals {
    /// Those of a champion at `as_of`; a step of 0 counts outcomes and changes no interval.
    ///
    /// # Errors
    /// Errors of the warehouse and of the levels.
    pub(crate) async fn at(
        as_of: AsOf,
        warehouse: &Warehouse,
        calendar: &Calendar,
        champion: &LoadedModel,
        step: f64,
        memory: &Memory,
    ) -> Result<Self> {
        let last_closed = calendar.last_closed(as_of.instant())?;
        let from = calendar.offset(last_closed, -MEMORY_SESSIONS)?;
        let counts = warehouse.outcome_counts(as_of, &champion.model, from).await?;
        let ground = Ground { version: champion.version, from, counts };
        if let Some(intervals) = memory.recall(as_of, ground) {
            return Ok(intervals);
        }
        let meta = champion.meta();
        let adapts = step > 0.0 && champion.residual_quantiles().is_some();
        let step = if adapts { step } else { 0.0 };
        let reading = Reading {
            as_of,
            warehouse: warehouse.clone(),
            calendar: calendar.clone(),
            model: champion.model.clone(),
            horizon: meta.horizon,
            levels: meta.levels.clone(),
            from,
        };
        let outcomes = Arc::new(reading).outcomes().await?;
        let intervals = Self { levels: replay(&meta.levels, step, &outcomes)?, adapts };
        memory.keep(as_of, ground, &intervals);
        Ok(intervals)
    }

    /// `adaptive` where outcomes change the intervals that come after them, else `fixed`.
    pub fn method(&self) -> &'static str {
        if self.adapts { "adaptive" } else { "fixed" }
    }

    /// Outcomes that were known.
    pub fn outcomes(&self) -> u64 {
        self.levels.outcomes()
    }

    /// What each central interval has covered of them, the widest first.
    pub fn coverage(&self) -> Vec<IntervalCoverage> {
        self.levels.coverage()
    }

    /// The level that is asked for in place of each of the model's.
    pub fn adapted_levels(&self) -> Vec<f64> {
        self.levels.adapted()
    }

    /// What the 80 % interval has covered.
    pub fn coverage_80(&self) -> Option<f64> {
        let eighty = |coverage: &IntervalCoverage| (coverage.nominal - 0.8).abs() < 1e-9;
        self.coverage().into_iter().find(eighty)?.share
    }

    /// What is written back beside a forecast.
    pub(crate) fn record(&self) -> IntervalRecord {
        IntervalRecord {
            adapted_levels: self.adapted_levels(),
            outcomes: u32::try_from(self.outcomes()).unwrap_or(u32::MAX),
            coverage_80: self.coverage_80(),
        }
    }

    /// The quantiles to serve: those of the artifact, to the bit, until a level has moved.
    ///
    /// # Shape
    /// Rows x levels, increasing along a row.
    pub(crate) fn quantiles(&self, outputs: &Outputs, residuals: Option<&ResidualQuantiles>) -> Array2<f64> {
        let adapted = self.adapted_levels();
        match (residuals, &outputs.scale) {
            (Some(residuals), Some(scale)) if self.adapts && adapted != self.levels.nominal() => {
                let offsets: Vec<f64> =
                    adapted.iter().map(|level| f64::from(residuals.offset(*level))).collect();
                Array2::from_shape_fn(outputs.quantiles.dim(), |(row, level)| {
                    outputs.y[row] + offsets[level] * scale[row]
                })
            }
            _ => outputs.quantiles.clone(),
        }
    }
}

/// What came true of the forecasts of each origin.
type Outcomes = BTreeMap<Session, Tally>;

/// What came true of forecasts.
#[derive(Debug, Clone, PartialEq, Default)]
struct Tally {
    outcomes: u64,
    /// Of each level, how many of them lie at or below the quantile that was forecast.
    below: Vec<u64>,
}

impl Tally {
    fn add(&mut self, target: f64, quantiles: &[f64]) {
        self.outcomes += 1;
        self.below.resize(quantiles.len(), 0);
        for (below, quantile) in self.below.iter_mut().zip(quantiles) {
            *below += u64::from(target <= *quantile);
        }
    }

    fn plus(&mut self, other: &Self) {
        self.outcomes += other.outcomes;
        self.below.resize(other.below.len(), 0);
        for (below, more) in self.below.iter_mut().zip(&other.below) {
            *below += more;
        }
    }
}

/// Symbols whose forecasts and closes are read at once.
const GROUP: usize = 1_000;

/// Groups that are under way at once: one is looked for by the warehouse while another is counted here.
const GROUPS: usize = 2;

/// What is read of the past.
struct Reading {
    as_of: AsOf,
    warehouse: Warehouse,
    calendar: Calendar,
    model: String,
    horizon: Horizon,
    levels: Vec<f64>,
    from: Session,
}

impl Reading {
    /// What came true of the model's forecasts, as far as the bars known at `as_of` tell.
    async fn outcomes(self: Arc<Self>) -> Result<Outcomes> {
        let symbols = self.warehouse.served_symbols(self.as_of, &self.model, self.from).await?;
        let mut waiting = symbols.chunks(GROUP).filter_map(|group| group.first().zip(group.last()));
        let (mut outcomes, mut running) = (Outcomes::new(), JoinSet::new());
        loop {
            let free = GROUPS - running.len();
            for (first, last) in waiting.by_ref().take(free) {
                running.spawn(Arc::clone(&self).outcomes_of(first.clone(), last.clone()));
            }
            match running.join_next().await {
                Some(counted) => outcomes = plus(outcomes, counted.map_err(|_| Error::Outcomes)??),
                None => return Ok(outcomes),
            }
        }
    }

    /// Those of the symbols from one to another.
    async fn outcomes_of(self: Arc<Self>, first: Symbol, last: Symbol) -> Result<Outcomes> {
        let (as_of, horizon, symbols) = (self.as_of, self.horizon, &first..=&last);
        let served = self.warehouse.served_quantiles(
            as_of,
            &self.model,
            horizon,
            &self.levels,
            self.from,
            symbols.clone(),
        );
        let served = served.await?;
        let mut sessions: BTreeSet<Session> =
            served.iter().flat_map(|of_symbol| &of_symbol.origins).copied().collect();
        let realised = |origin: &Session| self.calendar.offset(*origin, horizon.get() as i64).ok();
        let targets: Vec<Session> = sessions.iter().filter_map(realised).collect();
        sessions.extend(targets);
        let count = |outcomes: &mut Outcomes, symbol: &Symbol, series: &BarSeries| {
            if let Ok(at) = served.binary_search_by(|of_symbol| of_symbol.symbol.cmp(symbol)) {
                count(outcomes, series, &self.calendar, horizon, &served[at]);
            }
        };
        Ok(self.warehouse.fold_closes(as_of, symbols, &sessions, count).await?)
    }
}

/// What came true of the forecasts of either.
fn plus(mut sum: Outcomes, others: Outcomes) -> Outcomes {
    for (origin, tally) in others {
        sum.entry(origin).or_default().plus(&tally);
    }
    sum
}

/// Counts the returns between the bars of a symbol. One without a bar in the target's session has no outcome yet, whether it rests or
/// stopped trading, just as in the marts.
fn count(
    outcomes: &mut Outcomes,
    series: &BarSeries,
    calendar: &Calendar,
    horizon: Horizon,
    served: &ServedQuantiles,
) {
    let mut origins = served.origins.clone();
    origins.dedup();
    for target in targets_of(series, calendar, horizon, &TradedSessions::default(), origins) {
        let tally = outcomes.entry(target.origin).or_default();
        served.of_origin(target.origin).for_each(|quantiles| tally.add(target.value, quantiles));
    }
}

/// Walks adaptive levels through outcomes in order of origin, one step each.
fn replay(levels: &[f64], step: f64, outcomes: &Outcomes) -> Result<AdaptiveLevels> {
    let mut adaptive = AdaptiveLevels::new(levels, step)?;
    for tally in outcomes.values() {
        adaptive.update_together(tally.outcomes, &tally.below)?;
    }
    Ok(adaptive)
}

#[cfg(test)]
mod tests;
