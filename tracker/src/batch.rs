//! Splitting what a run logs into requests within MLflow's limits.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Error, Metric, Result};

/// Metrics, parameters and tags to log together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// Measurements.
    pub metrics: Vec<Metric>,
    /// Parameters; a run's parameter keeps its first value for ever.
    pub params: BTreeMap<String, String>,
    /// Tags; a later value replaces an earlier one.
    pub tags: BTreeMap<String, String>,
}

const MAX_METRICS: usize = 1_000;
const MAX_PARAMS: usize = 100;
const MAX_TAGS: usize = 100;
const MAX_ENTITIES: usize = 1_000;
const MAX_BYTES: usize = 1_000_000;
const MAX_KEY: usize = 250;
const MAX_PARAM_VALUE: usize = 6_000;
const MAX_TAG_VALUE: usize = 8_000;
/// The braces, list names and commas of a request, on the safe side.
const ENVELOPE_BYTES: usize = 100;

/// One `runs/log-batch` request.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Request {
    run_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    metrics: Vec<Metric>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    params: Vec<Pair>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Pair>,
    #[serde(skip)]
    size_bytes: usize,
}

#[derive(Debug, Serialize)]
struct Pair {
    key: String,
    value: String,
}

enum Entity {
    Param(Pair),
    Tag(Pair),
    Metric(Metric),
}

/// The requests that log a batch: parameters first, then tags, then metrics, each request as full as it may be.
pub(crate) fn split(run_id: &str, batch: &Batch) -> Result<Vec<Request>> {
    let mut requests: Vec<Request> = Vec::new();
    for entity in entities(batch)? {
        let size_bytes = entity.size_bytes();
        if !requests.last().is_some_and(|request| request.has_room(&entity, size_bytes)) {
            requests.push(Request::new(run_id));
        }
        if let Some(request) = requests.last_mut() {
            request.push(entity, size_bytes);
        }
    }
    Ok(requests)
}

/// A tag's value within MLflow's limit.
pub(crate) fn tag_value(key: &str, value: &str) -> Result<String> {
    check_key("tag", key)?;
    Ok(cut(value, MAX_TAG_VALUE))
}

fn entities(batch: &Batch) -> Result<Vec<Entity>> {
    let mut entities = Vec::new();
    for (key, value) in &batch.params {
        check_key("parameter", key)?;
        entities.push(Entity::Param(Pair { key: key.clone(), value: cut(value, MAX_PARAM_VALUE) }));
    }
    for (key, value) in &batch.tags {
        entities.push(Entity::Tag(Pair { key: key.clone(), value: tag_value(key, value)? }));
    }
    for metric in &batch.metrics {
        check_key("metric", &metric.key)?;
        entities.push(Entity::Metric(metric.clone()));
    }
    Ok(entities)
}

fn check_key(what: &'static str, key: &str) -> Result<()> {
    let length = key.chars().count();
    if length > MAX_KEY {
        let key = key.chars().take(80).collect();
        return Err(Error::TooLong { what, key, length, limit: MAX_KEY });
    }
    Ok(())
}

/// Cuts a text to `limit` characters, saying so at its end.
fn cut(text: &str, limit: usize) -> String {
    let length = text.chars().count();
    if length <= limit {
        return text.to_owned();
    }
    let note = format!("... [cut from {length} characters]");
    let kept = limit.saturating_sub(note.len());
    text.chars().take(kept).chain(note.chars()).collect()
}

impl Entity {
    /// The bytes it takes within a request, with its comma.
    fn size_bytes(&self) -> usize {
        let json = match self {
            Entity::Param(pair) | Entity::Tag(pair) => serde_json::to_vec(pair),
            Entity::Metric(metric) => serde_json::to_vec(metric),
        };
        json.map_or(0, |json| json.len()) + 1
    }
}

impl Request {
    fn new(run_id: &str) -> Request {
        Request { run_id: run_id.to_owned(), size_bytes: ENVELOPE_BYTES + run_id.len(), ..Request::default() }
    }

    fn has_room(&self, entity: &Entity, size_bytes: usize) -> bool {
        let kind_has_room = match entity {
            Entity::Param(_) => self.params.len() < MAX_PARAMS,
            Entity::Tag(_) => self.tags.len() < MAX_TAGS,
            Entity::Metric(_) => self.metrics.len() < MAX_METRICS,
        };
        let entities = self.params.len() + self.tags.len() + self.metrics.len();
        kind_has_room && entities < MAX_ENTITIES && self.size_bytes + size_bytes <= MAX_BYTES
    }

    fn push(&mut self, entity: Entity, size_bytes: usize) {
        self.size_bytes += size_bytes;
        match entity {
            Entity::Param(pair) => self.params.push(pair),
            Entity::Tag(pair) => self.tags.push(pair),
            Entity::Metric(metric) => self.metrics.push(metric),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(count: usize, value: &str) -> BTreeMap<String, String> {
        (0..count).map(|i| (format!("key_{i:05}"), value.to_owned())).collect()
    }

    fn metrics(count: usize) -> Vec<Metric> {
        (0..count).map(|i| Metric::new("mae", i as f64, 0, i as i64)).collect()
    }

    fn counts(batch: &Batch) -> Vec<(usize, usize, usize)> {
        let requests = split("run", batch).unwrap();
        requests.iter().map(|r| (r.params.len(), r.tags.len(), r.metrics.len())).collect()
    }

    #[test]
    fn nothing_needs_no_request() {
        assert_eq!(counts(&Batch::default()), []);
    }

    #[test]
    fn every_count_has_its_limit() {
        let batch = Batch { params: pairs(250, "v"), tags: pairs(130, "v"), metrics: metrics(2_100) };
        assert_eq!(
            counts(&batch),
            [(100, 0, 0), (100, 0, 0), (50, 100, 0), (0, 30, 970), (0, 0, 1_000), (0, 0, 130)]
        );
    }

    #[test]
    fn no_request_is_over_a_megabyte() {
        let batch = Batch {
            params: pairs(100, &"é\"".repeat(3_000)),
            tags: pairs(90, &"x".repeat(8_000)),
            metrics: metrics(900),
        };
        let requests = split("run", &batch).unwrap();
        let sizes: Vec<usize> = requests.iter().map(|r| serde_json::to_vec(r).unwrap().len()).collect();
        assert!(sizes.len() > 2 && sizes.iter().all(|&size| size <= MAX_BYTES), "{sizes:?}");
        let params: usize = requests.iter().map(|r| r.params.len()).sum();
        assert_eq!(params, 100);
    }

    #[test]
    fn long_values_are_cut_and_say_so() {
        let value = cut(&"ä".repeat(7_000), MAX_PARAM_VALUE);
        assert_eq!(value.chars().count(), MAX_PARAM_VALUE);
        assert!(value.ends_with("ä... [cut from 7000 characters]"));
        assert_eq!(cut("short", MAX_PARAM_VALUE), "short");
    }

    #[test]
    fn long_keys_are_errors() {
        let batch = Batch { metrics: vec![Metric::new(&"k".repeat(251), 1.0, 0, 0)], ..Batch::default() };
        let error = split("run", &batch).unwrap_err();
        assert!(matches!(error, Error::TooLong { what: "metric", length: 251, limit: 250, .. }), "{error}");
    }
}
