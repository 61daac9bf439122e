//! Requests: how many, how long, how many at once, and what went wrong with them.

use std::fmt;
use std::hash::{Hash, Hasher};

use axum::extract::MatchedPath;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The bounds of the durations, in seconds: from a look into memory to the longest that a request may take.
const BOUNDS: [f64; 14] =
    [0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// What is told of requests.
#[derive(Debug)]
pub(in crate::http) struct Requests {
    /// Requests under way.
    pub(in crate::http) in_flight: Gauge,
    /// Open connections.
    pub(in crate::http) connections: Gauge,
    /// Connections that were turned away.
    pub(in crate::http) refused_connections: Counter,
    /// Whether the server is stopping.
    pub(in crate::http) draining: Gauge,
    answered: Family<Answer, Histogram, fn() -> Histogram>,
    problems: Family<Kind, Counter>,
}

/// A route as a label: the template, as in `/v1/features/{symbol}`.
#[derive(Debug, Clone)]
pub(in crate::http) struct Route(Option<MatchedPath>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    method: &'static str,
    route: Route,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    code: String,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            refused_connections: Counter::default(),
            draining: Gauge::default(),
            answered: Family::new_with_constructor(|| Histogram::new(BOUNDS)),
            problems: Family::default(),
        }
    }
}

impl Requests {
    /// A request was answered.
    pub(in crate::http) fn answered(&self, method: &'static str, route: &Route, status: u16, seconds: f64) {
        let answer = Answer { method, route: route.clone(), status };
        self.answered.get_or_create(&answer).observe(seconds);
    }

    /// A request was answered with a problem.
    pub(in crate::http) fn problem(&self, code: &str) {
        self.problems.get_or_create(&Kind { code: code.to_owned() }).inc();
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("http_requests_in_flight", "Requests under way", self.in_flight.clone());
        registry.register("http_connections", "Open connections", self.connections.clone());
        let refused = self.refused_connections.clone();
        registry.register("http_connections_refused", "Connections beyond the limit", refused);
        registry.register("draining", "1 while the server is stopping", self.draining.clone());
        let (help, answered) = ("Time to the answer, by route template and status", self.answered.clone());
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, answered);
        let (help, problems) =
            ("Requests that were answered with a problem, by its code", self.problems.clone());
        registry.register("http_problems", help, problems);
    }
}

impl Route {
    pub(in crate::http) fn new(matched: Option<MatchedPath>) -> Self {
        Self(matched)
    }

    /// The template, where there is a route.
    pub(in crate::http) fn template(&self) -> Option<&str> {
        self.0.as_ref().map(MatchedPath::as_str)
    }

    /// The template; `unmatched` where there is no route.
    pub(in crate::http) fn as_str(&self) -> &str {
        self.template().unwrap_or("unmatched")
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Route {}

impl Hash for Route {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl EncodeLabelValue for Route {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        self.as_str().encode(encoder)
    }
}
