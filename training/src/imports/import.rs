//! What an import says of its model.

use serde::{Deserialize, Serialize};
use weekahead_market::{Horizon, Session};
use weekahead_models::onnx::{ForeignSettings, digest};

use crate::{Error, Result};

/// The longest name of an import.
const LONGEST_NAME: usize = 64;

/// A model of another tool with all that it takes to run it, but the bytes of its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// What plans call it.
    pub name: String,
    /// The SHA-256 of its file.
    pub model_digest: String,
    /// The tool that wrote the file.
    pub producer: String,
    /// The feature view.
    pub view: String,
    /// The version of the view's definitions.
    pub view_version: String,
    /// Sessions ahead.
    pub horizon: Horizon,
    /// The view's features, in the order in which the model takes them.
    pub features: Vec<String>,
    /// How the model is taken.
    pub settings: ForeignSettings,
    /// The last origin whose target it may have seen.
    pub trained_until: Session,
}

impl Import {
    /// The digest that tells it from all others: the same file taken another way is another import.
    pub fn digest(&self) -> String {
        digest(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// That plans can call it by its name.
    ///
    /// # Errors
    /// [`Error::Import`].
    pub fn check_name(name: &str) -> Result<()> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        match (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(plain) {
            true => Ok(()),
            false => Err(Error::Import {
                name: name.to_owned(),
                reason: format!("its name must be 1 to {LONGEST_NAME} of a-z A-Z 0-9 . _ -"),
            }),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::imports) fn import() -> Import {
        Import {
            name: "my-lgbm".to_owned(),
            model_digest: digest(b"model"),
            producer: "skl2onnx 1.20.0".to_owned(),
            view: "weekly_core".to_owned(),
            view_version: "0123".to_owned(),
            horizon: Horizon::WEEK,
            features: vec!["vol_20".to_owned(), "ret_5".to_owned()],
            settings: ForeignSettings::default(),
            trained_until: "2011-12-30".parse().unwrap(),
        }
    }

    #[test]
    fn the_same_file_taken_another_way_is_another_import() {
        let one = import();
        assert_eq!((one.digest(), one.digest().len()), (import().digest(), 64));
        let features = one.features.iter().rev().cloned().collect();
        let missing = weekahead_models::onnx::Missing::Zero;
        let settings = ForeignSettings { missing, ..ForeignSettings::default() };
        for other in [
            Import { features, ..import() },
            Import { settings, ..import() },
            Import { trained_until: "2012-01-06".parse().unwrap(), ..import() },
        ] {
            assert_ne!(other.digest(), one.digest(), "{other:?}");
        }
        let text = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<Import>(&text).unwrap(), one);
    }

    #[test]
    fn a_name_is_plain() {
        Import::check_name("my-lgbm_2.onnx").unwrap();
        for wrong in ["", "my lgbm", "it's", "a/b", &"x".repeat(65)] {
            let error = Import::check_name(wrong).unwrap_err();
            assert!(error.to_string().contains("its name must be"), "{error}");
        }
    }
}
