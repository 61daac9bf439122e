//! Intervals that learn from how those before turned out.

mod memory;
mod outcomes;

use std::sync::Arc;

use ndarray::Array2;
use weekahead_market::{AsOf, Calendar};
use weekahead_models::{AdaptiveLevels, IntervalCoverage, Outputs, ResidualQuantiles};
use weekahead_warehouse::{IntervalRecord, Warehouse};

use self::memory::Ground;
pub(crate) use self::memory::Memory;
use self::outcomes::{Outcomes, Reading};
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
        let adapts = step > 0.0 && champion.residual_quantiles().is_some();
        let step = if adapts { step } else { 0.0 };
        let reading = Reading {
            as_of,
            warehouse: warehouse.clone(),
            calendar: calendar.clone(),
            model: champion.model.clone(),
            horizon: meta.horizon,
            levels: meta.levels.clone(),
            origins: from..=calendar.offset(last_closed, -(meta.horizon.get() as i64))?,
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
