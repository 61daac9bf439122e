//! All that it takes to forecast one horizon.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::AbortOnDropHandle;
use weekahead_market::Clock;

use crate::{Forecaster, LiveModel, Present, keep_live, keep_present};

/// A registered model with its forecasts: each horizon has a model of its own.
#[derive(Debug, Clone)]
pub struct ForecastService {
    /// Makes forecasts and writes them back.
    pub forecaster: Arc<Forecaster>,
    /// The version that answers.
    pub live: Arc<LiveModel>,
    /// What it forecasts now.
    pub present: Arc<Present>,
}

impl ForecastService {
    /// Forecasts by a forecaster with the live model of its registry.
    ///
    /// `shadow` is the alias of a version that forecasts beside it and is answered to nobody.
    pub fn new(forecaster: Forecaster, live: LiveModel, shadow: Option<&str>) -> Self {
        let (forecaster, live) = (Arc::new(forecaster), Arc::new(live));
        let present = Present::new(Arc::clone(&forecaster), Arc::clone(&live));
        let present = match shadow {
            Some(alias) => present.with_shadow(alias),
            None => present,
        };
        Self { forecaster, live, present: Arc::new(present) }
    }

    /// Follows registry and warehouse until the handles are dropped.
    pub fn keep_up(&self, clock: &Arc<dyn Clock>, every: Duration) -> [AbortOnDropHandle<()>; 2] {
        let live = keep_live(Arc::clone(&self.live), Arc::clone(clock), every);
        [live, keep_present(Arc::clone(&self.present), Arc::clone(clock), every)]
    }
}
