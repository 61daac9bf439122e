//! Which forecaster, with which hyperparameters: what a configuration file says and a run records.

use std::fmt;

use serde::{Deserialize, Serialize};
use weekahead_market::Horizon;

use crate::{Drift, ElasticNet, Error, Forecaster, HistoricalMean, Pls, RandomWalk, Result, Ridge};

/// A kind of forecaster and its hyperparameters, as written in a configuration file.
///
/// ```
/// use weekahead_models::ModelSpec;
/// let spec: ModelSpec = serde_json::from_str(r#"{"kind":"ridge","alpha":100.0}"#).unwrap();
/// assert_eq!(spec, ModelSpec::Ridge { alpha: 100.0 });
/// assert_eq!((spec.kind(), spec.to_string().as_str()), ("ridge", "ridge(alpha=100)"));
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
}

fn default_drift_feature() -> String {
    "ret_mean_250".to_owned()
}

impl ModelSpec {
    /// The forecaster for a matrix with these features.
    ///
    /// # Errors
    /// [`Error::UnknownFeature`] when the features lack the one that the drift follows.
    pub fn forecaster(&self, features: &[String], horizon: Horizon) -> Result<Box<dyn Forecaster>> {
        Ok(match self {
            Self::RandomWalk => Box::new(RandomWalk),
            Self::Drift { feature } => Box::new(Drift { column: column_of(features, feature)?, horizon }),
            Self::HistoricalMean => Box::new(HistoricalMean),
            Self::Ridge { alpha } => Box::new(Ridge { alpha: *alpha }),
            Self::ElasticNet { alpha, l1_ratio } => {
                Box::new(ElasticNet { alpha: *alpha, l1_ratio: *l1_ratio })
            }
            Self::Pls { components } => Box::new(Pls { components: *components }),
        })
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
        }
    }

    /// The hyperparameters by name, as a run records them.
    pub fn hyperparameters(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::RandomWalk | Self::HistoricalMean => Vec::new(),
            Self::Drift { feature } => vec![("feature", feature.clone())],
            Self::Ridge { alpha } => vec![("alpha", alpha.to_string())],
            Self::ElasticNet { alpha, l1_ratio } => {
                vec![("alpha", alpha.to_string()), ("l1_ratio", l1_ratio.to_string())]
            }
            Self::Pls { components } => vec![("components", components.to_string())],
        }
    }
}

impl fmt::Display for ModelSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters: Vec<_> =
            self.hyperparameters().into_iter().map(|(k, v)| format!("{k}={v}")).collect();
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

    #[test]
    fn specs_survive_a_round_trip_and_have_distinct_names() {
        let specs = [
            ModelSpec::RandomWalk,
            ModelSpec::Drift { feature: "m".to_owned() },
            ModelSpec::HistoricalMean,
            ModelSpec::Ridge { alpha: 0.5 },
            ModelSpec::ElasticNet { alpha: 1e-3, l1_ratio: 0.5 },
            ModelSpec::Pls { components: 3 },
        ];
        for spec in &specs {
            let text = serde_json::to_string(spec).unwrap();
            assert_eq!(&serde_json::from_str::<ModelSpec>(&text).unwrap(), spec, "{text}");
            assert!(text.contains(&format!("\"kind\":\"{}\"", spec.kind())), "{text}");
        }
        let names = specs.map(|spec| spec.to_string());
        let expected = ["random_walk", "drift(feature=m)", "historical_mean", "ridge(alpha=0.5)"];
        assert_eq!(names[..4], expected);
        assert_eq!(names[4..], ["elastic_net(alpha=0.001,l1_ratio=0.5)", "pls(components=3)"]);
    }

    #[test]
    fn drift_needs_its_feature() {
        let spec: ModelSpec = serde_json::from_str(r#"{"kind":"drift"}"#).unwrap();
        let features = ["ret_1".to_owned(), "ret_mean_250".to_owned()];
        assert!(spec.forecaster(&features, Horizon::WEEK).is_ok());
        let error = spec.forecaster(&features[..1], Horizon::WEEK).unwrap_err();
        assert!(matches!(error, Error::UnknownFeature { .. }), "{error}");
    }

    #[test]
    fn an_unknown_hyperparameter_is_an_error() {
        assert!(serde_json::from_str::<ModelSpec>(r#"{"kind":"ridge","alpha":1.0,"beta":2.0}"#).is_err());
    }
}
