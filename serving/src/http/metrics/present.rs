//! What holds at the moment of asking: the live model, the registry, the age of the features, the drift of the forecasts.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use weekahead_market::AsOf;
use weekahead_warehouse::{ForecastMoments, Moments};

use crate::http::Api;

/// A number that need not be whole; NaN where it is not known.
type Number = Gauge<f64, AtomicU64>;

/// Values that are looked up for each reader.
#[derive(Debug, Default)]
pub(super) struct Present {
    model: Family<Model, Gauge>,
    version: Gauge,
    look_age: Number,
    registry_failing: Gauge,
    features_lag: Number,
    features_symbols: Gauge,
    features_age: Number,
    warehouse_failing: Gauge,
    forecasts_age: Number,
    drift: Drift,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Model {
    model: String,
    version: u32,
    digest: String,
}

/// How the points of the newest origin are spread beside those before.
#[derive(Debug, Default)]
struct Drift {
    points: Family<Batch, Number>,
    mean: Family<Batch, Number>,
    deviation: Family<Batch, Number>,
    shift: Number,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Batch {
    batch: &'static str,
}

impl Present {
    pub(super) fn register(&self, registry: &mut Registry) {
        let help = "1 with the version that answers; 0 before one is live";
        registry.register("model_info", help, self.model.clone());
        registry.register(
            "model_version",
            "The version that answers; 0 before one is live",
            self.version.clone(),
        );
        let help = "Time since the registry was last read";
        registry.register_with_unit("registry_look_age", help, Unit::Seconds, self.look_age.clone());
        let help = "1 while looks at the registry fail and the last good model answers";
        registry.register("registry_failing", help, self.registry_failing.clone());
        let help = "Sessions that have closed since the newest bar of the oldest online features";
        registry.register("features_lag_sessions", help, self.features_lag.clone());
        registry.register("features_symbols", "Symbols with online features", self.features_symbols.clone());
        let help = "Time since the online features were last brought up to the bars";
        registry.register_with_unit("features_look_age", help, Unit::Seconds, self.features_age.clone());
        let help = "1 while looks at the warehouse fail and forecasts that were made are answered";
        registry.register("warehouse_failing", help, self.warehouse_failing.clone());
        let help = "Time since the instant that forecasts of the present stand at";
        registry.register_with_unit("forecasts_age", help, Unit::Seconds, self.forecasts_age.clone());
        self.drift.register(registry);
    }

    /// Looks everything up.
    pub(super) fn look(&self, api: &Api) {
        let now = AsOf::now(&*api.clock);
        self.look_at_model(api, now);
        self.look_at_features(api, now);
        self.warehouse_failing.set(i64::from(api.present.failing_since().is_some()));
        let as_of = api.present.as_of();
        self.forecasts_age.set(as_of.map_or(f64::NAN, |as_of| age(now, as_of.instant())));
        self.drift.set(api.live.registry().measures().moments());
    }

    fn look_at_model(&self, api: &Api, now: AsOf) {
        self.model.clear();
        let champion = api.live.champion().ok();
        self.version.set(champion.as_ref().map_or(0, |champion| i64::from(champion.version)));
        let model = Model {
            model: api.live.registry().model().to_owned(),
            version: champion.as_ref().map_or(0, |champion| champion.version),
            digest: champion.as_ref().map_or_else(String::new, |champion| champion.digest.clone()),
        };
        self.model.get_or_create(&model).set(i64::from(champion.is_some()));
        self.look_age.set(api.live.looked_at().map_or(f64::NAN, |then| age(now, then)));
        self.registry_failing.set(i64::from(api.live.fault().is_some()));
    }

    fn look_at_features(&self, api: &Api, now: AsOf) {
        let held = api.features.as_ref().ok();
        let oldest = held.and_then(|held| held.lag_sessions(now).ok().flatten());
        self.features_lag.set(oldest.map_or(f64::NAN, |lag| lag as f64));
        self.features_symbols.set(held.map_or(0, |held| held.symbols_held() as i64));
        let as_of = held.and_then(|held| held.as_of());
        self.features_age.set(as_of.map_or(f64::NAN, |as_of| age(now, as_of.instant())));
    }
}

impl Drift {
    fn register(&self, registry: &mut Registry) {
        let help = "Forecasts of the newest stored origin, and of those before";
        registry.register("forecast_points", help, self.points.clone());
        let help = "Mean log return that they expect";
        registry.register("forecast_mean_log_return", help, self.mean.clone());
        let help = "Standard deviation of the log returns that they expect";
        registry.register("forecast_standard_deviation_log_return", help, self.deviation.clone());
        let help = "How far the newest mean lies from the one before, in standard deviations of those before";
        registry.register("forecast_drift_standard_deviations", help, self.shift.clone());
    }

    fn set(&self, moments: Option<ForecastMoments>) {
        let unknown = || Moments { count: 0, mean: f64::NAN, standard_deviation: f64::NAN };
        let (newest, before) =
            moments.map_or_else(|| (unknown(), unknown()), |moments| (moments.newest, moments.before));
        self.shift.set((newest.mean - before.mean) / before.standard_deviation);
        for (batch, moments) in [("newest", newest), ("before", before)] {
            let batch = Batch { batch };
            self.points.get_or_create(&batch).set(moments.count as f64);
            self.mean.get_or_create(&batch).set(moments.mean);
            self.deviation.get_or_create(&batch).set(moments.standard_deviation);
        }
    }
}

fn age(now: AsOf, then: jiff::Timestamp) -> f64 {
    now.instant().duration_since(then).as_secs_f64()
}
