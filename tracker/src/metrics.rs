//! Metrics: numbers a run measured, at steps.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::encoding::{Ignored, float};
use crate::{Batch, Result, Tracker, batch};

/// One measurement.
///
/// # Missing values
/// NaN and the infinities are kept on the way; MLflow stores infinities as the largest finite number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// The metric's name; `/` groups metrics in the UI.
    pub key: String,
    /// The value.
    #[serde(with = "float")]
    pub value: f64,
    /// When it was measured, in milliseconds since 1970.
    #[serde(default, rename = "timestamp")]
    pub timestamp_ms: i64,
    /// The fold, epoch or week it belongs to.
    #[serde(default)]
    pub step: i64,
}

impl Metric {
    /// A measurement.
    pub fn new(key: &str, value: f64, timestamp_ms: i64, step: i64) -> Metric {
        Metric { key: key.to_owned(), value, timestamp_ms, step }
    }
}

impl Tracker {
    /// Logs any number of metrics, parameters and tags, in as few calls as MLflow's limits allow.
    ///
    /// A call takes 1,000 metrics, 100 parameters, 100 tags, 1,000 of them together and 1 MB. Parameters go first,
    /// then tags, then metrics. Doing it again changes nothing, so a failed call is safe to repeat.
    /// A parameter value over 6,000 characters or a tag value over 8,000 is cut to that length, ending in
    /// `... [cut from <n> characters]`: a long value must not lose a finished training.
    ///
    /// # Errors
    /// [`crate::Error::TooLong`] for a key over 250 characters, before anything is sent;
    /// [`crate::Error::Invalid`] when a parameter was logged before with another value.
    pub async fn log_batch(&self, run_id: &str, batch: &Batch) -> Result<()> {
        for request in batch::split(run_id, batch)? {
            self.send::<Ignored>(Method::POST, "runs/log-batch", &request).await?;
        }
        Ok(())
    }

    /// Every value that a run logged for a metric, in the order of the server.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when there is no such run.
    pub async fn metric_history(&self, run_id: &str, key: &str) -> Result<Vec<Metric>> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            metrics: Vec<Metric>,
            #[serde(default)]
            next_page_token: String,
        }
        let mut history = Vec::new();
        let mut page = String::new();
        loop {
            let mut query = vec![("run_id", run_id), ("metric_key", key), ("max_results", VALUES_PER_PAGE)];
            if !page.is_empty() {
                query.push(("page_token", &page));
            }
            let answer: Answer = self.get("metrics/get-history", &query).await?;
            history.extend(answer.metrics);
            if answer.next_page_token.is_empty() {
                return Ok(history);
            }
            page = answer.next_page_token;
        }
    }
}

const VALUES_PER_PAGE: &str = "5000";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_cannot_spell_travels_as_text() {
        let json = |value| serde_json::to_string(&Metric::new("m", value, 1, 0)).unwrap();
        assert_eq!(json(f64::NAN), r#"{"key":"m","value":"NaN","timestamp":1,"step":0}"#);
        assert!(json(f64::INFINITY).contains(r#""Infinity""#));
        assert!(json(f64::NEG_INFINITY).contains(r#""-Infinity""#));
        assert!(json(0.5).contains(r#""value":0.5"#));
    }

    #[test]
    fn texts_and_numbers_read_back() {
        let read = |value: &str| {
            let json = format!(r#"{{"key":"m","value":{value},"timestamp":1,"step":0,"new_field":1}}"#);
            serde_json::from_str::<Metric>(&json).unwrap().value
        };
        assert!(read(r#""NaN""#).is_nan());
        assert_eq!(read(r#""Infinity""#), f64::INFINITY);
        assert_eq!(read(r#""-Infinity""#), f64::NEG_INFINITY);
        assert_eq!(read("-1.5"), -1.5);
        assert_eq!(read("2"), 2.0);
    }
}
