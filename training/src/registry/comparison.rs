//! Two versions side by side.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use weekahead_market::{AsOf, Calendar};
use weekahead_tracker::{ModelSelector, Run};

use super::{ModelRegistry, Paired, VersionSummary, pair};
use crate::Result;

/// Metrics of single folds, which are left out.
const FOLD_PREFIX: &str = "fold_";

/// How two versions differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionComparison {
    /// The first.
    pub a: VersionSummary,
    /// The second.
    pub b: VersionSummary,
    /// The parameters that differ, by name.
    pub params: Vec<ParameterPair>,
    /// The metrics of the two runs, each on its own rows, by name.
    pub metrics: Vec<MetricPair>,
    /// Both on the same rows.
    pub paired: Paired,
}

/// A parameter that is not the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParameterPair {
    /// Its name.
    pub name: String,
    /// Of the first, if it has it.
    pub a: Option<String>,
    /// Of the second, if it has it.
    pub b: Option<String>,
}

/// A metric of both.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricPair {
    /// Its name.
    pub name: String,
    /// Of the first, if it has it.
    pub a: Option<f64>,
    /// Of the second, if it has it.
    pub b: Option<f64>,
}

impl ModelRegistry {
    /// How two versions differ: in parameters, in metrics, and on the out-of-sample forecasts that both made.
    ///
    /// # Errors
    /// [`Error::UnknownVersion`](crate::Error::UnknownVersion); errors of tracker and warehouse. That they cannot be compared is
    /// no error: it is told.
    pub async fn compare(
        &self,
        a: &ModelSelector,
        b: &ModelSelector,
        calendar: &Calendar,
        as_of: AsOf,
    ) -> Result<VersionComparison> {
        let (_, a, first) = self.summarised(a, as_of).await?;
        let (_, b, second) = self.summarised(b, as_of).await?;
        let rows_a = self.warehouse.backtests(as_of, &a.run_id).await?;
        let rows_b = self.warehouse.backtests(as_of, &b.run_id).await?;
        let params = differing(&params(first.as_ref()), &params(second.as_ref()));
        let metrics = side_by_side(&metrics(first.as_ref()), &metrics(second.as_ref()));
        Ok(VersionComparison { a, b, params, metrics, paired: pair(&rows_a, &rows_b, calendar)? })
    }
}

fn params(run: Option<&Run>) -> BTreeMap<String, String> {
    run.map(|run| run.data.params.clone()).unwrap_or_default()
}

fn metrics(run: Option<&Run>) -> BTreeMap<String, f64> {
    let all = run.map(|run| run.data.metrics.as_slice()).unwrap_or_default();
    let overall = all.iter().filter(|metric| !metric.key.starts_with(FOLD_PREFIX));
    overall.map(|metric| (metric.key.clone(), metric.value)).collect()
}

fn names<'a, V>(a: &'a BTreeMap<String, V>, b: &'a BTreeMap<String, V>) -> BTreeSet<&'a String> {
    a.keys().chain(b.keys()).collect()
}

fn differing(a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) -> Vec<ParameterPair> {
    let pair = |name: &String| ParameterPair {
        name: name.clone(),
        a: a.get(name).cloned(),
        b: b.get(name).cloned(),
    };
    names(a, b).into_iter().map(pair).filter(|pair| pair.a != pair.b).collect()
}

fn side_by_side(a: &BTreeMap<String, f64>, b: &BTreeMap<String, f64>) -> Vec<MetricPair> {
    let pair =
        |name: &String| MetricPair { name: name.clone(), a: a.get(name).copied(), b: b.get(name).copied() };
    names(a, b).into_iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_is_left_out_and_what_one_lacks_is_not() {
        let params = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let a = params(&[("model", "ridge"), ("alpha", "1000"), ("seed", "42")]);
        let b = params(&[("model", "drift"), ("seed", "42")]);
        let found = differing(&a, &b);
        assert_eq!(found.iter().map(|pair| pair.name.as_str()).collect::<Vec<_>>(), ["alpha", "model"]);
        assert_eq!((found[0].a.as_deref(), found[0].b.as_deref()), (Some("1000"), None));
    }
}
