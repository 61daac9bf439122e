//! Intervals that learn from how those before turned out.

mod memory;

use std::collections::BTreeMap;

use ndarray::Array2;
use weekahead_features::{TradedSessions, targets};
use weekahead_market::{AsOf, Calendar, Horizon, Panel, Session, Symbol};
use weekahead_models::{AdaptiveLevels, IntervalCoverage, Outputs, ResidualQuantiles};
use weekahead_warehouse::{IntervalRecord, ServedQuantiles, Warehouse};

use self::memory::Ground;
pub(crate) use self::memory::Memory;
use crate::{LoadedModel, Result};

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
        let served = warehouse.served_quantiles(as_of, &champion.model, meta.horizon, &meta.levels, from);
        let mut served = served.await?;
        let due = |origin| calendar.offset(origin, meta.horizon.get() as i64);
        served.retain(|forecast| due(forecast.origin).is_ok_and(|target| target <= last_closed));
        let adapts = step > 0.0 && champion.residual_quantiles().is_some();
        let step = if adapts { step } else { 0.0 };
        let realised = realised(as_of, warehouse, calendar, meta.horizon, &served).await?;
        let intervals = Self { levels: replay(&meta.levels, step, &served, &realised)?, adapts };
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

/// What came true by symbol and origin.
type Realised = BTreeMap<(Symbol, Session), f64>;

/// What came true of forecasts, as far as the bars known at `as_of` tell.
async fn realised(
    as_of: AsOf,
    warehouse: &Warehouse,
    calendar: &Calendar,
    horizon: Horizon,
    served: &[ServedQuantiles],
) -> Result<Realised> {
    let Some(first) = served.first() else { return Ok(Realised::new()) };
    let mut symbols: Vec<Symbol> = served.iter().map(|forecast| forecast.symbol.clone()).collect();
    symbols.sort_unstable();
    symbols.dedup();
    let bars = warehouse.bars(as_of, Some(&symbols), Some(first.origin)).await?;
    Ok(outcomes(&bars, calendar, horizon))
}

/// The returns between bars. A symbol without a bar in the target's session has no outcome yet, whether it rests or stopped
/// trading, just as in the marts.
fn outcomes(bars: &Panel, calendar: &Calendar, horizon: Horizon) -> Realised {
    let of_symbol = bars.iter().flat_map(|(symbol, series)| {
        let targets = targets(series, calendar, horizon, &TradedSessions::default());
        targets.into_iter().map(|target| ((symbol.clone(), target.origin), target.value))
    });
    of_symbol.collect()
}

/// Walks adaptive levels through forecasts in order of origin, one step an origin with outcomes.
fn replay(
    levels: &[f64],
    step: f64,
    served: &[ServedQuantiles],
    realised: &Realised,
) -> Result<AdaptiveLevels> {
    let mut adaptive = AdaptiveLevels::new(levels, step)?;
    for of_origin in served.chunk_by(|a, b| a.origin == b.origin) {
        let below = of_origin.iter().filter_map(|forecast| {
            let target = realised.get(&(forecast.symbol.clone(), forecast.origin))?;
            Some(forecast.values.iter().map(|quantile| target <= quantile).collect::<Vec<bool>>())
        });
        let below: Vec<Vec<bool>> = below.collect();
        if !below.is_empty() {
            adaptive.update_together(&below.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        }
    }
    Ok(adaptive)
}

#[cfg(test)]
mod tests;
