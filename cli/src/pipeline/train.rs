//! The step from features to a champion.

use std::time::Duration;

use anyhow::Context;
use weekahead_market::{Calendar, Clock};
use weekahead_models::onnx::OnnxRuntime;
use weekahead_training::{
    Error, ExperimentPlan, OpenRuns, Outline, PlanSettings, Progress, Session, TrainingReport,
};

use super::{stand, training_view};
use crate::platform;
use crate::progress::{self, Step, thousands};
use crate::settings::{Experiment, Settings};

/// Backtests, records, registers and decides.
pub async fn train(
    settings: &Settings,
    experiment: &Experiment,
    clock: &dyn Clock,
) -> anyhow::Result<TrainingReport> {
    Training::open(settings).await?.train(settings, experiment, clock).await
}

/// What trains, for whoever wants to stop it in between.
#[derive(Debug)]
pub struct Training {
    session: Session,
    tracker_url: String,
}

impl Training {
    /// Opens the stores.
    pub async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let session = Session {
            lake: platform::lake(settings).await?,
            warehouse: platform::warehouse(settings).await?,
            tracker: platform::tracker(settings).await?,
            runtime: OnnxRuntime::load(&settings.tools.libonnxruntime)?,
            calendar: Calendar::nyse(),
            directory: settings.home.join("training"),
            open_runs: OpenRuns::default(),
        };
        Ok(Self { session, tracker_url: settings.tracker.url.clone() })
    }

    /// Sends what is pending, then backtests, records, registers and decides.
    pub async fn train(
        &self,
        settings: &Settings,
        experiment: &Experiment,
        clock: &dyn Clock,
    ) -> anyhow::Result<TrainingReport> {
        let plan = plan(settings, experiment)?;
        let step = Step::start("train", "backtesting models");
        let (as_of, written_at) = stand(clock);
        let tell = |progress: Progress| show(&step, progress);
        let report = self.kept(self.session.train(&plan, as_of, written_at, &tell).await)?;
        let recorded = if report.already_recorded { "recorded before" } else { "recorded in MLflow" };
        step.done(&format!(
            "{} models over {} folds of {} rows, {recorded}",
            report.leaderboard.len(),
            report.folds,
            thousands(report.rows as u64)
        ));
        warn(&report);
        Ok(report)
    }

    /// Sends what is pending.
    pub async fn send_pending(&self) -> anyhow::Result<Vec<TrainingReport>> {
        let step = Step::start("train", "sending pending sessions");
        let tell = |progress: Progress| show(&step, progress);
        let reports = self.kept(self.session.send_pending(&tell).await)?;
        step.done(&format!("{} pending sessions recorded in MLflow", reports.len()));
        reports.iter().for_each(warn);
        Ok(reports)
    }

    /// Ends the open runs as killed; a tracker that does not answer must not hold up the end.
    pub async fn interrupt(&self, signal: &str) {
        let reason = format!("interrupted by {signal}");
        let ended = tokio::time::timeout(LAST_WORDS, self.session.interrupt(&reason)).await;
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the runs of the session still say that they run"),
            Err(_) => {
                tracing::warn!("MLflow does not answer: the runs of the session still say that they run")
            }
        }
    }

    /// Says where results are when the tracker is away.
    fn kept<T>(&self, outcome: weekahead_training::Result<T>) -> anyhow::Result<T> {
        let away = outcome.as_ref().is_err_and(Error::is_tracker_away);
        let outcome = outcome.map_err(anyhow::Error::from);
        match away {
            true => outcome.with_context(|| {
                format!(
                    "MLflow at {} cannot be reached: the session's results are kept in {} and are sent by the next \
                     `weekahead train`",
                    self.tracker_url,
                    self.session.directory.display()
                )
            }),
            false => outcome,
        }
    }
}

/// How long ending the runs may take.
const LAST_WORDS: Duration = Duration::from_secs(10);

fn show(step: &Step, progress: Progress) {
    match progress {
        Progress::Resumed { as_of } => step.note(&format!("the pending session of {as_of} goes on")),
        Progress::NotResumed { reason } => {
            step.note(&format!("a pending session is left for later: {reason}"))
        }
        Progress::Dataset { .. } => {}
        Progress::Fitted { model, done, whole } => {
            step.position(done as u64, whole as u64);
            step.message(&model);
        }
        Progress::Excluded(exclusion) => {
            step.note(&format!("{} is left out: {}", exclusion.model, exclusion.reason));
        }
        Progress::Registered { model, .. } => step.message(&format!("{model} registered")),
    }
}

fn warn(report: &TrainingReport) {
    if !report.features_all_missing.is_empty() {
        let features = report.features_all_missing.join(", ");
        progress::say(&format!(
            "  warning: no row has {features}: models see what missing values are filled with"
        ));
    }
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
