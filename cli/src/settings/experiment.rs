//! An experiment: what one training does differently from the settings, in a TOML file.

use std::path::Path;

use anyhow::{Context, ensure};
use serde::Deserialize;
use weekahead_market::{Horizon, Symbol};
use weekahead_models::{BoostingSpec, ModelSpec};
use weekahead_training::evaluation::{LossKind, Window};
use weekahead_training::{ExperimentPlan, IntervalMethod};

use super::Settings;
use super::training::PreprocessingSettings;

/// What a training does differently: whatever is left out is as in the settings, or as by default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Experiment {
    /// The feature view: a built-in name or a TOML file.
    view: Option<String>,
    /// The name of the registered model, whose alias `champion` is at stake.
    model: Option<String>,
    /// Sessions ahead.
    horizon: Option<Horizon>,
    /// Several horizons, each with models of its own.
    horizons: Option<Vec<Horizon>>,
    /// Seed of everything random.
    seed: Option<u64>,
    /// The symbols that are learned from.
    universe: Option<Vec<Symbol>>,
    /// The age at which a row weighs half as much as the newest, in weeks.
    half_life_weeks: Option<f64>,
    preprocessing: Option<PreprocessingSettings>,
    folds: Folds,
    intervals: Intervals,
    promotion: Promotion,
    /// The models; the first is the baseline, the random walk.
    models: Vec<ModelSpec>,
}

/// How history is cut.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Folds {
    warm_up_origins: Option<usize>,
    refit_every_origins: Option<usize>,
    window: Option<Window>,
    calibration_origins: Option<usize>,
}

/// What intervals are made of.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Intervals {
    method: Option<Method>,
    /// The trees of quantile regression.
    boosting: Option<BoostingSpec>,
    scale_feature: Option<String>,
    levels: Option<Vec<f64>>,
}

/// How intervals are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Method {
    SplitConformal,
    QuantileRegression,
}

impl Intervals {
    fn wanted(&self) -> Option<IntervalMethod> {
        self.method.map(|method| match method {
            Method::SplitConformal => IntervalMethod::SplitConformal,
            Method::QuantileRegression => {
                IntervalMethod::QuantileRegression(self.boosting.unwrap_or_default())
            }
        })
    }
}

/// What it takes to become champion.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Promotion {
    loss: Option<LossKind>,
    significance: Option<f64>,
    minimum_origins: Option<usize>,
}

impl Experiment {
    /// Reads a file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the experiment {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is no experiment", path.display()))
    }

    /// Reads the text of a file.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        toml::from_str::<Self>(text).map_err(anyhow::Error::from).and_then(Self::checked)
    }

    fn checked(self) -> anyhow::Result<Self> {
        if let Some(first) = self.models.first() {
            let hint = "put kind = \"random_walk\" first: it is what every model is held against";
            ensure!(*first == ModelSpec::RandomWalk, "the first model is {first}; {hint}");
        }
        for (at, model) in self.models.iter().enumerate() {
            ensure!(!self.models[..at].contains(model), "the model {model} is there twice");
        }
        let several = self.horizons.as_deref().unwrap_or_default();
        ensure!(self.horizon.is_none() || self.horizons.is_none(), "write horizon or horizons, not both");
        ensure!(self.horizons.is_none() || !several.is_empty(), "horizons is empty: name 1 to 10 sessions");
        for (at, horizon) in several.iter().enumerate() {
            ensure!(!several[..at].contains(horizon), "the horizon {horizon} is there twice");
        }
        let regression = self.intervals.method == Some(Method::QuantileRegression);
        let hint = "intervals.boosting is for method = \"quantile_regression\" alone";
        ensure!(regression || self.intervals.boosting.is_none(), "{hint}");
        Ok(self)
    }

    /// The experiment once for each of its horizons; each is a session of its own.
    pub fn by_horizon(self) -> Vec<Self> {
        match self.horizons.clone() {
            None => vec![self],
            Some(horizons) => {
                let of_one = |horizon| Self { horizons: Some(vec![horizon]), ..self.clone() };
                horizons.into_iter().map(of_one).collect()
            }
        }
    }

    /// The settings, as this experiment wants them.
    pub fn over(&self, settings: Settings) -> Settings {
        let mut settings = self.over_one(settings);
        match self.horizons.as_deref() {
            Some([horizon]) => {
                settings.look_ahead(*horizon);
                settings
            }
            _ => settings,
        }
    }

    fn over_one(&self, mut settings: Settings) -> Settings {
        let training = &mut settings.training;
        set(&mut training.view, &self.view);
        set(&mut training.model, &self.model);
        set(&mut training.horizon, &self.horizon);
        set(&mut training.seed, &self.seed);
        set(&mut training.preprocessing, &self.preprocessing);
        set(&mut settings.universe.symbols, &self.universe);
        settings
    }

    /// The plan, as this experiment wants it.
    pub fn over_plan(&self, mut plan: ExperimentPlan) -> ExperimentPlan {
        let settings = &mut plan.settings;
        settings.half_life_weeks = self.half_life_weeks;
        set(&mut settings.warm_up_origins, &self.folds.warm_up_origins);
        set(&mut settings.refit_every_origins, &self.folds.refit_every_origins);
        set(&mut settings.window, &self.folds.window);
        set(&mut settings.calibration_origins, &self.folds.calibration_origins);
        set(&mut settings.intervals, &self.intervals.wanted());
        set(&mut settings.scale_feature, &self.intervals.scale_feature);
        set(&mut settings.levels, &self.intervals.levels);
        set(&mut settings.loss, &self.promotion.loss);
        set(&mut settings.significance, &self.promotion.significance);
        set(&mut settings.minimum_origins, &self.promotion.minimum_origins);
        if !self.models.is_empty() {
            plan.models.clone_from(&self.models);
        }
        plan
    }
}

fn set<T: Clone>(setting: &mut T, wanted: &Option<T>) {
    if let Some(wanted) = wanted {
        setting.clone_from(wanted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Experiment, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, text).unwrap();
        Experiment::read(&path).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn faults_are_told_with_their_place() {
        let unknown = read("seed = 1\nhorizonn = 5\n").unwrap_err();
        assert!(
            unknown.contains("mine.toml") && unknown.contains("line 2") && unknown.contains("horizonn"),
            "{unknown}"
        );
        let baseline = read("[[models]]\nkind = 'ridge'\nalpha = 1.0\n").unwrap_err();
        assert!(baseline.contains("random_walk") && baseline.contains("ridge(alpha=1)"), "{baseline}");
        assert!(read("horizons = [1, 5, 1]\n").unwrap_err().contains("horizon 1 is there twice"));
        assert!(read("horizons = [1]\nhorizon = 5\n").unwrap_err().contains("not both"));
        assert!(read("horizons = [11]\n").is_err());
        let twice = "[[models]]\nkind = 'random_walk'\n";
        assert!(read(&twice.repeat(2)).unwrap_err().contains("twice"));
        assert!(read("").is_ok());
    }

    #[test]
    fn other_horizons_are_other_models() {
        let of = |experiment: &Experiment| {
            let training = experiment.over(Settings::load(None, None).unwrap()).training;
            (training.model, training.horizon.get())
        };
        let models: Vec<_> = read("horizons = [1, 5, 10]").unwrap().by_horizon().iter().map(of).collect();
        let expected = [("weekahead-weekly-h1", 1), ("weekahead-weekly", 5), ("weekahead-weekly-h10", 10)];
        assert_eq!(models, expected.map(|(name, horizon)| (name.to_owned(), horizon)));
        assert_eq!(
            read("model = 'm'").unwrap().by_horizon().iter().map(of).collect::<Vec<_>>(),
            [("m".to_owned(), 5)]
        );
    }
}
