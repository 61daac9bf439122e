//! The step from features to a champion.

use weekahead_market::{Calendar, Clock};
use weekahead_models::onnx::OnnxRuntime;
use weekahead_training::{ExperimentPlan, Outline, PlanSettings, Progress, Session, TrainingReport};

use super::{stand, training_view};
use crate::platform;
use crate::progress::{Step, thousands};
use crate::settings::{Experiment, Settings};

/// Backtests, records, registers and decides.
pub async fn train(
    settings: &Settings,
    experiment: &Experiment,
    clock: &dyn Clock,
) -> anyhow::Result<TrainingReport> {
    let step = Step::start("train", "backtesting models");
    let session = Session {
        lake: platform::lake(settings).await?,
        warehouse: platform::warehouse(settings).await?,
        tracker: platform::tracker(settings).await?,
        runtime: OnnxRuntime::load(&settings.tools.libonnxruntime)?,
        calendar: Calendar::nyse(),
    };
    let plan = plan(settings, experiment)?;
    let (as_of, written_at) = stand(clock);
    let models = plan.models.len() as u64;
    let tell = |progress: Progress| match progress {
        Progress::Dataset { .. } => step.position(0, 2 * models),
        Progress::Backtested { model, done, .. } => {
            step.position(done as u64, 2 * models);
            step.message(&format!("{model} backtested"));
        }
        Progress::Registered { model, done, .. } => {
            step.position(models + done as u64, 2 * models);
            step.message(&format!("{model} registered"));
        }
    };
    let report = session.train(&plan, as_of, written_at, &tell).await?;
    let recorded = if report.already_recorded { "recorded before" } else { "recorded in MLflow" };
    step.done(&format!(
        "{} models over {} folds of {} rows, {recorded}",
        report.leaderboard.len(),
        report.folds,
        thousands(report.rows as u64)
    ));
    Ok(report)
}

/// What [`train`] would do.
pub async fn outline(
    settings: &Settings,
    experiment: &Experiment,
    clock: &dyn Clock,
) -> anyhow::Result<(ExperimentPlan, Outline)> {
    let (warehouse, plan) = (platform::warehouse(settings).await?, plan(settings, experiment)?);
    let outline = Outline::read(&warehouse, &Calendar::nyse(), &plan, stand(clock).0).await?;
    Ok((plan, outline))
}

fn plan(settings: &Settings, experiment: &Experiment) -> anyhow::Result<ExperimentPlan> {
    let settings = &experiment.over(settings.clone());
    Ok(experiment.over_plan(ExperimentPlan {
        experiment: settings.tracker.experiment.clone(),
        model_name: settings.training.model.clone(),
        view: training_view(settings)?,
        symbols: settings.universe.symbols.clone(),
        settings: PlanSettings {
            horizon: settings.training.horizon,
            seed: settings.training.seed,
            preprocessing: settings.training.preprocessing.spec(),
            ..PlanSettings::default()
        },
        models: ExperimentPlan::default_models(),
    }))
}
