//! What a run says of how good its model was: metrics, overall and in parts.

use weekahead_market::{Calendar, Symbol};

use crate::evaluation::{
    LossSeries, Metrics, PooledErrors, Regime, SkillRatio, by_regime, by_symbol, expanding_regimes,
    overlap_lag,
};
use crate::plan::PlanSettings;
use crate::{Backtest, Dataset, Result};

/// The figures of a backtest beyond those of all rows and of each fold.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    pub(crate) errors: PooledErrors,
    /// The mean of the baseline's loss less the model's over its deviation; `None` for the baseline, and where it is no number.
    pub(crate) skill_ratio: Option<f64>,
    pub(crate) by_symbol: Vec<(String, Metrics)>,
    pub(crate) by_regime: Vec<(String, Metrics)>,
}

impl Figures {
    /// Those of a backtest beside the baseline's losses.
    ///
    /// # Errors
    /// Those of scoring.
    pub(crate) fn of(
        backtest: &Backtest,
        baseline: &LossSeries,
        dataset: &Dataset,
        settings: &PlanSettings,
    ) -> Result<Self> {
        let (origins, targets) = backtest.realised(dataset);
        let rows = backtest.scored(&origins, &targets, &settings.levels);
        let mut distinct = origins.clone();
        distinct.dedup();
        let overlap = overlap_lag(&Calendar::nyse(), settings.horizon, &distinct)?;
        let symbols: Vec<Symbol> =
            backtest.rows.iter().map(|row| dataset.keys[*row].symbol.clone()).collect();
        let regimes = regimes(backtest, dataset, settings);
        let symbols = by_symbol(&rows, &symbols, overlap)?.into_iter();
        let regimes = by_regime(&rows, &regimes, overlap)?.into_iter();
        Ok(Self {
            errors: PooledErrors::of(&rows, overlap)?,
            skill_ratio: skill_ratio(&backtest.losses, baseline),
            by_symbol: symbols.map(|group| (group.label.to_string(), group.metrics)).collect(),
            by_regime: regimes.map(|group| (group.label.to_string(), group.metrics)).collect(),
        })
    }

    /// Names and values as a tracker logs them: errors, skill, and the main figures by symbol and regime.
    pub(crate) fn named(&self) -> Vec<(String, f64)> {
        let mut named: Vec<(String, f64)> =
            self.errors.named().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        named.extend(self.skill_ratio.map(|ratio| (super::trials::SKILL_METRIC.to_owned(), ratio)));
        for (label, metrics) in self.by_symbol.iter().chain(&self.by_regime) {
            let of_part = metrics.named().into_iter().filter(|(name, _)| PART.contains(name));
            named.extend(of_part.map(|(name, value)| (format!("{name}/{label}"), value)));
        }
        named
    }
}

/// What is logged of a part: a folder of charts each, and not a page of them.
const PART: [&str; 4] = ["mae", "mase", "directional_accuracy", "coverage_80"];

fn skill_ratio(losses: &LossSeries, baseline: &LossSeries) -> Option<f64> {
    let skill: Vec<f64> =
        losses.iter().filter_map(|(origin, loss)| Some(baseline.get(origin)? - loss)).collect();
    let ratio = SkillRatio::of(&skill).ok()?.ratio;
    (ratio.is_finite() && skill.iter().any(|skill| *skill != 0.0)).then_some(ratio)
}

/// The regime of each forecast's origin, by the mean volatility of its symbols among those of the origins before.
fn regimes(backtest: &Backtest, dataset: &Dataset, settings: &PlanSettings) -> Vec<Regime> {
    let column = dataset.features.iter().position(|name| *name == settings.scale_feature);
    let volatility = |row: usize| column.map_or(f32::NAN, |column| dataset.x[[row, column]]);
    let of_origin = |rows: &[usize]| {
        let known = rows.iter().map(|row| f64::from(volatility(*row))).filter(|value| value.is_finite());
        let (sum, count) = known.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
        sum / count
    };
    let by_origin: Vec<&[usize]> =
        backtest.rows.chunk_by(|a, b| dataset.keys[*a].origin == dataset.keys[*b].origin).collect();
    let volatilities: Vec<f64> = by_origin.iter().map(|rows| of_origin(rows)).collect();
    let labels = expanding_regimes(&volatilities);
    by_origin.iter().zip(labels).flat_map(|(rows, label)| vec![label; rows.len()]).collect()
}
