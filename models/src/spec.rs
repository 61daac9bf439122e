//! Which forecaster, with which hyperparameters: what a configuration file says and a run records.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use weekahead_market::Horizon;

use crate::grid::candidates;
use crate::{
    BoostingSpec, Drift, ElasticNet, Error, ExtraTrees, Forecaster, ForestSpec, GradientBoosting,
    HistoricalMean, Pls, RandomForest, RandomWalk, Result, Ridge, Search, SeriesForecaster, SeriesMethod,
    Stack,
};

/// A kind of forecaster and its hyperparameters, as written in a configuration file.
///
/// ```
/// use weekahead_models::ModelSpec;
/// let spec: ModelSpec = serde_json::from_str(r#"{"kind":"ridge","alpha":100.0}"#).unwrap();
/// assert_eq!(spec, ModelSpec::Ridge { alpha: 100.0 });
/// assert_eq!((spec.kind(), spec.to_string().as_str()), ("ridge", "ridge(alpha=100)"));
/// let spec: ModelSpec = serde_json::from_str(r#"{"kind":"random_forest","trees":50}"#).unwrap();
/// assert_eq!(spec.to_string(), "random_forest(trees=50)"); // all else as by default
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ModelSpec {
    /// [`RandomWalk`].
    RandomWalk,
    /// [`Drift`] along a feature.
    Drift {
        /// The feature that holds the mean daily log return.
        #[serde(default = "default_drift_feature")]
        feature: String,
    },
    /// [`HistoricalMean`].
    HistoricalMean,
    /// [`Ridge`].
    Ridge {
        /// The strength of the penalty, above 0.
        alpha: f64,
    },
    /// [`ElasticNet`].
    ElasticNet {
        /// The strength of both penalties together, above 0.
        alpha: f64,
        /// The share of the l1 penalty, above 0 and up to 1.
        l1_ratio: f64,
    },
    /// [`Pls`].
    Pls {
        /// Number of directions, at least 1.
        components: usize,
    },
    /// [`RandomForest`].
    RandomForest(ForestSpec),
    /// [`ExtraTrees`].
    ExtraTrees(ForestSpec),
    /// [`GradientBoosting`].
    GradientBoosting(BoostingSpec),
    /// [`AutoEts`](crate::AutoEts) of the closes of each symbol.
    Ets {
        /// Closes in a window.
        #[serde(default = "default_series_window")]
        window: usize,
    },
    /// [`AutoTheta`](crate::AutoTheta) of the closes of each symbol.
    Theta {
        /// Closes in a window.
        #[serde(default = "default_series_window")]
        window: usize,
    },
    /// [`Stack`].
    Stack {
        /// The models.
        models: Vec<ModelSpec>,
        /// Number of inner folds, at least 1.
        #[serde(default = "default_inner_folds")]
        folds: usize,
    },
    /// [`Search`] over a grid of hyperparameters, or over some of its points, drawn.
    Search {
        /// The model, with what the grid does not name.
        model: Box<ModelSpec>,
        /// The values to try, by hyperparameter.
        grid: BTreeMap<String, Vec<Value>>,
        /// How many points of the grid to draw, without it all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        draws: Option<usize>,
        /// Number of inner folds, at least 1.
        #[serde(default = "default_inner_folds")]
        folds: usize,
    },
    /// A model that another tool fitted, imported under a name.
    Imported {
        /// The name.
        name: String,
        /// Which import of that name: its digest, or the first digits of it. Without it the newest one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
    },
}

/// Digits of a digest that tell imports apart where people read them.
const SHORT_DIGEST: usize = 12;

/// What the rows of a forecaster's matrix are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelInput {
    /// Features.
    Features,
    /// Windows of so many closes: the model learns from each alone, and from no other row.
    Closes(usize),
}

/// What a forecaster is made for.
#[derive(Debug, Clone, Copy)]
pub struct ModelContext<'a> {
    /// The features, in the order of the columns.
    pub features: &'a [String],
    /// Sessions ahead.
    pub horizon: Horizon,
    /// Seed of what is drawn.
    pub seed: u64,
}

fn default_drift_feature() -> String {
    "ret_mean_250".to_owned()
}

/// Two years.
fn default_series_window() -> usize {
    504
}

fn default_inner_folds() -> usize {
    3
}

impl ModelSpec {
    /// The forecaster for a matrix with these features.
    ///
    /// # Errors
    /// [`Error::UnknownFeature`] when the features lack the one that the drift follows; [`Error::Grid`] for a grid that does
    /// not fit its model; [`Error::Imported`] for a model that comes fitted.
    pub fn forecaster(&self, context: ModelContext<'_>) -> Result<Box<dyn Forecaster>> {
        let (horizon, seed) = (context.horizon, context.seed);
        Ok(match self {
            Self::RandomWalk => Box::new(RandomWalk),
            Self::Drift { feature } => {
                Box::new(Drift { column: column_of(context.features, feature)?, horizon })
            }
            Self::HistoricalMean => Box::new(HistoricalMean),
            Self::Ridge { alpha } => Box::new(Ridge { alpha: *alpha }),
            Self::ElasticNet { alpha, l1_ratio } => {
                Box::new(ElasticNet { alpha: *alpha, l1_ratio: *l1_ratio })
            }
            Self::Pls { components } => Box::new(Pls { components: *components }),
            Self::RandomForest(spec) => Box::new(RandomForest { spec: *spec, seed }),
            Self::ExtraTrees(spec) => Box::new(ExtraTrees { spec: *spec, seed }),
            Self::GradientBoosting(spec) => Box::new(GradientBoosting { spec: *spec, seed }),
            Self::Ets { window } => {
                Box::new(SeriesForecaster { method: SeriesMethod::Ets, window: *window, horizon })
            }
            Self::Theta { window } => {
                Box::new(SeriesForecaster { method: SeriesMethod::Theta, window: *window, horizon })
            }
            Self::Stack { models, folds } => {
                let models = models.iter().map(|model| model.forecaster(context)).collect::<Result<_>>()?;
                Box::new(Stack { models, folds: *folds })
            }
            Self::Search { model, grid, draws, folds } => {
                let specs = candidates(model, grid, *draws, seed)?;
                let made = specs.into_iter().map(|spec| Ok((spec.clone(), spec.forecaster(context)?)));
                Box::new(Search { candidates: made.collect::<Result<_>>()?, folds: *folds })
            }
            Self::Imported { name, .. } => return Err(Error::Imported { name: name.clone() }),
        })
    }

    /// What its rows are.
    pub fn input(&self) -> ModelInput {
        match self {
            Self::Ets { window } | Self::Theta { window } => ModelInput::Closes(*window),
            _ => ModelInput::Features,
        }
    }

    /// The kind alone, as configuration files spell it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RandomWalk => "random_walk",
            Self::Drift { .. } => "drift",
            Self::HistoricalMean => "historical_mean",
            Self::Ridge { .. } => "ridge",
            Self::ElasticNet { .. } => "elastic_net",
            Self::Pls { .. } => "pls",
            Self::RandomForest(_) => "random_forest",
            Self::ExtraTrees(_) => "extra_trees",
            Self::GradientBoosting(_) => "gradient_boosting",
            Self::Ets { .. } => "ets",
            Self::Theta { .. } => "theta",
            Self::Stack { .. } => "stack",
            Self::Search { .. } => "search",
            Self::Imported { .. } => "imported",
        }
    }

    /// The hyperparameters by name, as a run records them.
    pub fn hyperparameters(&self) -> Vec<(String, String)> {
        match self {
            Self::Stack { models, folds } => {
                let models: Vec<String> = models.iter().map(Self::to_string).collect();
                vec![("models".to_owned(), models.join("+")), ("inner_folds".to_owned(), folds.to_string())]
            }
            Self::Search { model, grid, draws, folds } => {
                let values = |values: &[Value]| values.iter().map(text).collect::<Vec<_>>().join("|");
                let mut named = vec![("model".to_owned(), model.to_string())];
                named.extend(grid.iter().map(|(name, of_name)| (format!("grid_{name}"), values(of_name))));
                named.extend(draws.map(|draws| ("draws".to_owned(), draws.to_string())));
                named.push(("inner_folds".to_owned(), folds.to_string()));
                named
            }
            _ => fields(self),
        }
    }

    /// The same kind with all that can be left out as by default.
    fn by_default(&self) -> Option<Self> {
        match self {
            Self::RandomForest(_) => Some(Self::RandomForest(ForestSpec::default())),
            Self::ExtraTrees(_) => Some(Self::ExtraTrees(ForestSpec::default())),
            Self::GradientBoosting(_) => Some(Self::GradientBoosting(BoostingSpec::default())),
            Self::Ets { .. } => Some(Self::Ets { window: default_series_window() }),
            Self::Theta { .. } => Some(Self::Theta { window: default_series_window() }),
            _ => None,
        }
    }
}

/// The fields of a spec but its kind, in order of name.
fn fields(spec: &ModelSpec) -> Vec<(String, String)> {
    let Ok(Value::Object(fields)) = serde_json::to_value(spec) else { return Vec::new() };
    let mut fields: Vec<_> = fields.into_iter().filter(|(name, _)| name != "kind").collect();
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    fields.into_iter().map(|(name, value)| (name, text(&value))).collect()
}

/// A value as people write it: no quotes, no trailing zeros.
fn text(value: &Value) -> String {
    match (value, value.as_f64()) {
        (Value::String(text), _) => text.clone(),
        (_, Some(number)) => number.to_string(),
        (Value::Object(object), _) => {
            object.iter().map(|(name, value)| format!("{name} {}", text(value))).collect::<Vec<_>>().join(" ")
        }
        _ => value.to_string(),
    }
}

impl fmt::Display for ModelSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = self.by_default().map(|spec| spec.hyperparameters()).unwrap_or_default();
        let told = self.hyperparameters().into_iter().filter(|parameter| !default.contains(parameter));
        let short = |name: &str, value: String| match (self, name) {
            (Self::Imported { .. }, "digest") => value.chars().take(SHORT_DIGEST).collect(),
            _ => value,
        };
        let parameters: Vec<_> =
            told.map(|(name, value)| format!("{name}={}", short(&name, value))).collect();
        match parameters.is_empty() {
            true => f.pad(self.kind()),
            false => f.pad(&format!("{}({})", self.kind(), parameters.join(","))),
        }
    }
}

/// The column of a named feature.
fn column_of(features: &[String], feature: &str) -> Result<usize> {
    let column = features.iter().position(|name| name == feature);
    column.ok_or_else(|| Error::UnknownFeature { feature: feature.to_owned(), features: features.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specs() -> Vec<ModelSpec> {
        let forest = ForestSpec { trees: 50, ..ForestSpec::default() };
        let grid = BTreeMap::from([("alpha".to_owned(), vec![1.0.into(), 10.0.into()])]);
        vec![
            ModelSpec::RandomWalk,
            ModelSpec::Drift { feature: "m".to_owned() },
            ModelSpec::HistoricalMean,
            ModelSpec::Ridge { alpha: 0.5 },
            ModelSpec::ElasticNet { alpha: 1e-3, l1_ratio: 0.5 },
            ModelSpec::Pls { components: 3 },
            ModelSpec::RandomForest(forest),
            ModelSpec::ExtraTrees(ForestSpec::default()),
            ModelSpec::GradientBoosting(BoostingSpec {
                loss: crate::BoostingLoss::Quantile(0.9),
                ..BoostingSpec::default()
            }),
            ModelSpec::Ets { window: 504 },
            ModelSpec::Theta { window: 260 },
            ModelSpec::Stack {
                models: vec![ModelSpec::HistoricalMean, ModelSpec::Pls { components: 1 }],
                folds: 3,
            },
            ModelSpec::Search {
                model: Box::new(ModelSpec::Ridge { alpha: 1.0 }),
                grid,
                draws: None,
                folds: 2,
            },
            ModelSpec::Imported { name: "my-lgbm".to_owned(), digest: None },
            ModelSpec::Imported { name: "my-lgbm".to_owned(), digest: Some("0123456789abcdef".to_owned()) },
        ]
    }

    #[test]
    fn specs_survive_a_round_trip_and_have_distinct_names() {
        for spec in specs() {
            let text = serde_json::to_string(&spec).unwrap();
            assert_eq!(serde_json::from_str::<ModelSpec>(&text).unwrap(), spec, "{text}");
            assert!(text.contains(&format!("\"kind\":\"{}\"", spec.kind())), "{text}");
        }
        let names: Vec<String> = specs().iter().map(ModelSpec::to_string).collect();
        let expected = [
            "random_walk",
            "drift(feature=m)",
            "historical_mean",
            "ridge(alpha=0.5)",
            "elastic_net(alpha=0.001,l1_ratio=0.5)",
            "pls(components=3)",
            "random_forest(trees=50)",
            "extra_trees",
            "gradient_boosting(loss=quantile 0.9)",
            "ets",
            "theta(window=260)",
            "stack(models=historical_mean+pls(components=1),inner_folds=3)",
            "search(model=ridge(alpha=1),grid_alpha=1|10,inner_folds=2)",
            "imported(name=my-lgbm)",
            "imported(digest=0123456789ab,name=my-lgbm)",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn drift_needs_its_feature() {
        let spec: ModelSpec = serde_json::from_str(r#"{"kind":"drift"}"#).unwrap();
        let features = ["ret_1".to_owned(), "ret_mean_250".to_owned()];
        let context = |features| ModelContext { features, horizon: Horizon::WEEK, seed: 0 };
        assert!(spec.forecaster(context(&features)).is_ok());
        let error = spec.forecaster(context(&features[..1])).unwrap_err();
        assert!(matches!(error, Error::UnknownFeature { .. }), "{error}");
    }

    #[test]
    fn a_model_that_comes_fitted_is_fitted_nowhere() {
        let imported = ModelSpec::Imported { name: "my-lgbm".to_owned(), digest: None };
        let stack = ModelSpec::Stack { models: vec![ModelSpec::HistoricalMean, imported.clone()], folds: 2 };
        for spec in [imported, stack] {
            let context = ModelContext { features: &[], horizon: Horizon::WEEK, seed: 0 };
            let error = spec.forecaster(context).unwrap_err();
            assert!(error.to_string().contains("`my-lgbm`"), "{error}");
        }
    }

    #[test]
    fn an_unknown_hyperparameter_is_an_error() {
        for text in [
            r#"{"kind":"ridge","alpha":1.0,"beta":2.0}"#,
            r#"{"kind":"random_forest","tree":5}"#,
            r#"{"kind":"gradient_boosting","depth":5}"#,
        ] {
            assert!(serde_json::from_str::<ModelSpec>(text).is_err(), "{text}");
        }
    }
}
