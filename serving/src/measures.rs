//! What the service counts of itself, apart from HTTP: runs of the model, forecasts, and how the newest ones compare with those before.

use std::sync::{Mutex, PoisonError};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use weekahead_warehouse::ForecastMoments;

/// Counters that are fed where the work is done, and read by `/metrics`.
#[derive(Debug)]
pub(crate) struct Measures {
    batch_rows: Histogram,
    batch_requests: Histogram,
    served: Counter,
    written: Counter,
    moments: Mutex<Option<ForecastMoments>>,
}

impl Default for Measures {
    fn default() -> Self {
        Self {
            batch_rows: Histogram::new(exponential_buckets(1.0, 2.0, 11)),
            batch_requests: Histogram::new(exponential_buckets(1.0, 2.0, 9)),
            served: Counter::default(),
            written: Counter::default(),
            moments: Mutex::default(),
        }
    }
}

impl Measures {
    /// A run of the model took these rows of so many requests.
    pub(crate) fn ran(&self, rows: usize, requests: usize) {
        self.batch_rows.observe(rows as f64);
        self.batch_requests.observe(requests as f64);
    }

    /// Forecasts were answered.
    pub(crate) fn served(&self, forecasts: usize) {
        self.served.inc_by(forecasts as u64);
    }

    /// Forecasts were new to the warehouse.
    pub(crate) fn written(&self, forecasts: usize) {
        self.written.inc_by(forecasts as u64);
    }

    /// How the stored forecasts are spread, as of the last look.
    pub(crate) fn moments(&self) -> Option<ForecastMoments> {
        self.moments.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_moments(&self, moments: ForecastMoments) {
        *self.moments.lock().unwrap_or_else(PoisonError::into_inner) = Some(moments);
    }

    /// Puts the counters into the registry of a server: it shares them.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let (rows, requests) = (self.batch_rows.clone(), self.batch_requests.clone());
        registry.register("batch_rows", "Rows of a run of the model", rows);
        registry.register("batch_requests", "Requests whose rows were run together", requests);
        registry.register("forecasts_served", "Forecasts that were answered", self.served.clone());
        registry.register(
            "forecasts_written",
            "Forecasts that were new to the warehouse",
            self.written.clone(),
        );
    }
}
