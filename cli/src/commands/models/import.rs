//! `weekahead models import`: a model of another tool, for plans to name.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use weekahead_features::View;
use weekahead_market::{Calendar, Clock, Horizon, Session, SystemClock};
use weekahead_models::onnx::{BatchParity, ForeignModel, ForeignSettings, Missing, OnnxRuntime, ParityBatch};
use weekahead_training::{Import as Record, ImportStore};

use crate::settings::Settings;
use crate::{pipeline, platform};

/// Import a model of another tool, an ONNX file, for plans to name
#[derive(Debug, clap::Args)]
pub struct Import {
    /// The model's file
    #[arg(value_name = "MODEL.onnx")]
    file: PathBuf,
    /// What plans call it: `{ kind = "imported", name = "NAME" }`
    #[arg(long, value_name = "NAME")]
    name: String,
    /// A CSV file of features and `prediction`, by the tool that fitted the model: it must forecast the same here
    #[arg(long, value_name = "BATCH.csv")]
    parity: PathBuf,
    /// The last origin whose target the model may have seen: it is tested on later ones alone
    #[arg(long, value_name = "DATE")]
    trained_until: Session,
    /// The view whose features it takes: a built-in name or a TOML file [default: the one that models are trained on]
    #[arg(long, value_name = "NAME|FILE")]
    view: Option<String>,
    /// Sessions ahead [default: `training.horizon`]
    #[arg(long, value_name = "SESSIONS")]
    horizon: Option<u32>,
    /// The output that is the forecast, where several could be
    #[arg(long, value_name = "NAME")]
    output: Option<String>,
    /// What the model gets for a feature that is missing
    #[arg(long, value_enum, default_value = "pass")]
    missing: MissingValue,
}

/// What the model gets for a feature that is missing.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum MissingValue {
    /// NaN, as it is
    Pass,
    /// 0, for infinite values, too
    Zero,
}

impl Import {
    /// Runs it.
    pub async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        Record::check_name(&self.name)?;
        let now = SystemClock.now();
        let last = Calendar::nyse().last_closed(now)?;
        let until = self.trained_until;
        ensure!(
            until <= last,
            "--trained-until {until} is to come: the last session that has closed is {last}"
        );
        let view = pipeline::view_or_training(self.view.as_deref(), settings)?;
        let (bytes, batch) = (read(&self.file)?, ParityBatch::from_csv(&read(&self.parity)?)?);
        let runtime = OnnxRuntime::load(&settings.tools.libonnxruntime)?;
        let (model, features) = self.open(&runtime, &bytes, &batch, &view)?;
        let parity = self.check(&model, &batch, &view)?;
        let horizon = self.horizon.map(Horizon::sessions).transpose()?;
        let record = self.record(&model, &view, features, horizon.unwrap_or(settings.training.horizon));
        let tracker = platform::tracker(settings).await?;
        let store = ImportStore { tracker, experiment: settings.tracker.experiment.clone() };
        let stored = store.add(&record, bytes, now).await?;
        println!("{}", report(&record, &parity, stored.already));
        Ok(())
    }

    /// The model in the order of the view's features, and those in its own order: as its metadata names them, or else as the
    /// batch does.
    fn open(
        &self,
        runtime: &OnnxRuntime,
        bytes: &[u8],
        batch: &ParityBatch,
        view: &View,
    ) -> anyhow::Result<(ForeignModel, Vec<String>)> {
        let model = ForeignModel::open(runtime, bytes, &self.settings())?;
        let features = model.feature_names().unwrap_or_else(|| batch.names()).to_vec();
        let model = model.for_view(view.features(), &features);
        let model = model.with_context(|| format!("view {} {}", view.name(), view.version()))?;
        Ok((model, features))
    }

    fn settings(&self) -> ForeignSettings {
        let missing = match self.missing {
            MissingValue::Pass => Missing::Pass,
            MissingValue::Zero => Missing::Zero,
        };
        ForeignSettings { output: self.output.clone(), missing }
    }

    /// That it forecasts here what the tool that fitted it does.
    fn check(&self, model: &ForeignModel, batch: &ParityBatch, view: &View) -> anyhow::Result<BatchParity> {
        let parity = model.check_parity(view.features(), batch)?;
        if parity.ok {
            return Ok(parity);
        }
        bail!(
            "{} of {} rows of {} are forecast otherwise than predicted; the worst is row {}: {} against {}. \
             Check the order of the columns, the view's version and what missing values become (--missing)",
            parity.rows_apart,
            parity.rows,
            self.parity.display(),
            parity.worst_row + 1,
            parity.forecast,
            parity.prediction
        )
    }

    fn record(&self, model: &ForeignModel, view: &View, features: Vec<String>, horizon: Horizon) -> Record {
        Record {
            name: self.name.clone(),
            model_digest: model.digest(),
            producer: model.producer().to_owned(),
            view: view.name().to_owned(),
            view_version: view.version().to_owned(),
            horizon,
            features,
            settings: model.settings().clone(),
            trained_until: self.trained_until,
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn report(record: &Record, parity: &BatchParity, already: bool) -> String {
    let Record { name, producer, view, view_version, horizon, trained_until, .. } = record;
    let done = if already { "was imported before" } else { "is imported" };
    let digest: String = record.digest().chars().take(12).collect();
    format!(
        "{name} ({producer}) {done}: {digest}, for view {view} {view_version}, {horizon} sessions ahead\n\
         it forecasts the {} rows of the batch as predicted, within {:.1e}\n\
         train it: {{ kind = \"imported\", name = \"{name}\" }} among the models of an experiment; what it is tested on comes \
         after {trained_until}",
        parity.rows, parity.max_abs_diff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_says_how_to_go_on() {
        let record = Record {
            name: "my-lgbm".to_owned(),
            model_digest: "ab".repeat(32),
            producer: "OnnxMLTools 1.13".to_owned(),
            view: "weekly_core".to_owned(),
            view_version: "0123456789abcdef".to_owned(),
            horizon: Horizon::WEEK,
            features: vec!["vol_20".to_owned()],
            settings: ForeignSettings::default(),
            trained_until: "2011-12-30".parse().unwrap(),
        };
        let (forecast, prediction) = (0.01, 0.010_000_025);
        let max_abs_diff = 2.5e-8;
        let parity = BatchParity {
            rows: 300,
            rows_apart: 0,
            worst_row: 7,
            max_abs_diff,
            forecast,
            prediction,
            ok: true,
        };
        let said = report(&record, &parity, false);
        assert!(
            said.contains("is imported: ") && said.contains("300 rows") && said.contains("2.5e-8"),
            "{said}"
        );
        assert!(said.contains("{ kind = \"imported\", name = \"my-lgbm\" }"), "{said}");
        assert!(report(&record, &parity, true).contains("was imported before"));
    }
}
