//! Recording a session: runs, stored forecasts, versions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;
use weekahead_market::{ForecastKey, Quantile};
use weekahead_tracker::Run;
use weekahead_warehouse::BacktestRow;

use super::{Progress, Session};
use crate::recording::Recording;
use crate::{Backtest, Dataset, ExperimentPlan, Lineage, Result, export, fit_on_all};

impl Session {
    pub(super) async fn record(
        &self,
        plan: &ExperimentPlan,
        dataset: &Dataset,
        backtests: &[Backtest],
        recording: &Recording<'_>,
        written_at: Timestamp,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<()> {
        let lineage = Lineage::read(&self.lake, &self.warehouse, dataset.as_of).await?;
        let mut recorded = Vec::with_capacity(backtests.len());
        for backtest in backtests {
            let run = recording.record(backtest, &backtests[0].losses, &lineage).await?;
            self.warehouse.write_backtests(&stored(dataset, backtest, &run, plan, written_at)?).await?;
            let fitted = fit_on_all(dataset, &self.calendar, &backtest.spec, &plan.settings)?;
            let artifact = export(dataset, &backtest.spec, &fitted, &plan.settings, &self.runtime)?;
            let version = recording.register(&run.info, &backtest.spec, &artifact).await?;
            let (model, done) = (backtest.spec.to_string(), recorded.len() + 1);
            progress(Progress::Registered { model, version: version.version, done });
            recorded.push((run, version));
        }
        let decision = self.decide(plan, dataset, backtests, &recorded, written_at).await?;
        let runs: Vec<Run> = recorded.into_iter().map(|(run, _)| run).collect();
        recording.finish(&runs, &decision.reason, &json!(decision)).await
    }
}

/// The backtest's forecasts as rows of the warehouse.
fn stored(
    dataset: &Dataset,
    backtest: &Backtest,
    run: &Run,
    plan: &ExperimentPlan,
    written_at: Timestamp,
) -> Result<Vec<BacktestRow>> {
    let levels: BTreeMap<usize, Quantile> = plan
        .settings
        .levels
        .iter()
        .enumerate()
        .map(|(index, level)| Ok((index, Quantile::new(*level)?)))
        .collect::<Result<_>>()?;
    let width = levels.len();
    let row = |index: usize| {
        let key = &dataset.keys[backtest.rows[index]];
        let values = &backtest.quantiles[index * width..(index + 1) * width];
        BacktestRow {
            run_id: run.info.run_id.clone(),
            model: backtest.spec.to_string(),
            model_kind: backtest.spec.kind().to_owned(),
            fold: backtest.folds[index] as u16,
            key: ForecastKey { symbol: key.symbol.clone(), origin: key.origin, horizon: dataset.horizon },
            point: backtest.points[index],
            quantiles: levels.values().copied().zip(values.iter().copied()).collect(),
            target: dataset.y[backtest.rows[index]],
            written_at,
        }
    };
    Ok((0..backtest.rows.len()).map(row).collect())
}
