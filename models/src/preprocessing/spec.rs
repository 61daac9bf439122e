//! What a plan declares.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How features are filled, scaled and clipped, as written in a configuration file.
///
/// What is left out is as in the default: the median, the z-score, 5 deviations.
///
/// ```
/// use weekahead_models::{Fill, PreprocessingSpec, Scale};
/// let spec: PreprocessingSpec = serde_json::from_str(r#"{"scale":"robust_z_score","clip":3.0}"#).unwrap();
/// assert_eq!(spec, PreprocessingSpec { fill: Fill::Median, scale: Scale::RobustZScore, clip: 3.0 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PreprocessingSpec {
    /// What a missing value is replaced by.
    pub fill: Fill,
    /// What a feature is centred and divided by.
    pub scale: Scale,
    /// The largest magnitude that is let through, in units of the scale: a finite number above 0.
    pub clip: f32,
}

/// What a missing value is replaced by: a statistic of the feature's finite values in the training rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fill {
    /// The median.
    #[default]
    Median,
    /// The mean.
    Mean,
    /// 0, whatever the training rows say.
    Zero,
}

/// What a feature is centred and divided by: statistics of the training rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Nothing: values go to the model as they are, clipped.
    None,
    /// `(x - mean) / std`, of the filled values, with n as the divisor of the variance.
    #[default]
    ZScore,
    /// `(x - median) / (1.4826 median(|x - median|))`, of the finite values: a few wild ones do not move it. Where more
    /// than half of the values are equal, the standard deviation about the median takes the place of the divisor.
    RobustZScore,
}

impl Default for PreprocessingSpec {
    fn default() -> Self {
        Self { fill: Fill::default(), scale: Scale::default(), clip: 5.0 }
    }
}

impl PreprocessingSpec {
    /// Fails unless `clip` is a finite number above 0.
    ///
    /// # Errors
    /// [`Error::Hyperparameter`].
    pub fn check(&self) -> Result<()> {
        if self.clip.is_finite() && self.clip > 0.0 {
            return Ok(());
        }
        let (model, parameter, value) = ("preprocessing", "clip", f64::from(self.clip));
        let allowed = "a finite number above 0, in units of the scale";
        Err(Error::Hyperparameter { model, parameter, value, allowed })
    }

    /// The settings by name, as a run records them.
    pub fn named(&self) -> [(&'static str, String); 3] {
        let spelled =
            |value: serde_json::Result<String>| value.unwrap_or_default().trim_matches('"').to_owned();
        [
            ("fill", spelled(serde_json::to_string(&self.fill))),
            ("scale", spelled(serde_json::to_string(&self.scale))),
            ("clip", self.clip.to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_the_default_and_what_is_unknown_an_error() {
        let parsed = |text: &str| serde_json::from_str::<PreprocessingSpec>(text);
        assert_eq!(parsed("{}").unwrap(), PreprocessingSpec::default());
        assert!(parsed(r#"{"clipp":3.0}"#).is_err());
        assert!(parsed(r#"{"scale":"minmax"}"#).is_err());
        let names = parsed(r#"{"fill":"zero","scale":"none","clip":2.5}"#).unwrap().named();
        assert_eq!(names.map(|(_, value)| value), ["zero", "none", "2.5"]);
    }

    #[test]
    fn a_clip_that_lets_nothing_through_is_refused() {
        for clip in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert!(PreprocessingSpec { clip, ..PreprocessingSpec::default() }.check().is_err(), "{clip}");
        }
    }
}
