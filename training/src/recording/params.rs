//! What a run says of how it was made: parameters.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use weekahead_market::Symbol;
use weekahead_models::ModelSpec;

use crate::evaluation::Window;
use crate::plan::IntervalMethod;
use crate::{Dataset, ExperimentPlan};

/// The parameters of a model's run.
pub(super) fn params(plan: &ExperimentPlan, dataset: &Dataset, spec: &ModelSpec) -> BTreeMap<String, String> {
    let settings = &plan.settings;
    let levels: Vec<String> = settings.levels.iter().map(ToString::to_string).collect();
    let named = [
        ("model", spec.kind().to_owned()),
        ("view", dataset.view.clone()),
        ("view_version", dataset.view_version.clone()),
        ("horizon_sessions", settings.horizon.to_string()),
        ("seed", settings.seed.to_string()),
        ("warm_up_origins", settings.warm_up_origins.to_string()),
        ("calibration_origins", settings.calibration_origins.to_string()),
        ("refit_every_origins", settings.refit_every_origins.to_string()),
        ("window", window(settings.window)),
        ("intervals", settings.intervals.name().to_owned()),
        ("scale_feature", settings.scale_feature.clone()),
        ("levels", levels.join(",")),
        ("loss", settings.loss.name().to_owned()),
        ("significance", settings.significance.to_string()),
        ("minimum_origins", settings.minimum_origins.to_string()),
        ("universe_size", plan.symbols.len().to_string()),
        ("universe_digest", universe_digest(&plan.symbols)),
    ];
    let named = named.into_iter().map(|(key, value)| (key.to_owned(), value));
    let half_life = settings.half_life_weeks.map(|weeks| ("half_life_weeks".to_owned(), weeks.to_string()));
    let hyperparameters = spec.hyperparameters();
    let preprocessing = settings.preprocessing.named().into_iter();
    let preprocessing = preprocessing.map(|(key, value)| (format!("preprocessing_{key}"), value));
    let intervals = of_intervals(settings.intervals);
    named.chain(half_life).chain(hyperparameters).chain(preprocessing).chain(intervals).collect()
}

/// What the quantiles are regressed with; which loss does not matter, since each level has its own.
fn of_intervals(method: IntervalMethod) -> Vec<(String, String)> {
    let IntervalMethod::QuantileRegression(boosting) = method else { return Vec::new() };
    let named = ModelSpec::GradientBoosting(boosting).hyperparameters().into_iter();
    named
        .filter(|(name, _)| name != "loss")
        .map(|(name, value)| (format!("intervals_{name}"), value))
        .collect()
}

fn window(window: Window) -> String {
    match window {
        Window::Expanding => "expanding".to_owned(),
        Window::Sliding { origins } => format!("sliding({origins})"),
    }
}

/// Names a universe, in whatever order it is written.
fn universe_digest(symbols: &[Symbol]) -> String {
    let mut sorted: Vec<&str> = symbols.iter().map(Symbol::as_str).collect();
    sorted.sort_unstable();
    let digest = Sha256::digest(sorted.join("\n").as_bytes());
    digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use weekahead_models::BoostingSpec;

    use super::*;

    #[test]
    fn regressed_intervals_say_with_what() {
        assert!(of_intervals(IntervalMethod::SplitConformal).is_empty());
        let boosting = BoostingSpec { trees: 7, ..BoostingSpec::default() };
        let told = of_intervals(IntervalMethod::QuantileRegression(boosting));
        assert!(told.contains(&("intervals_trees".to_owned(), "7".to_owned())), "{told:?}");
        assert!(told.iter().all(|(name, _)| name != "intervals_loss"), "{told:?}");
    }

    #[test]
    fn a_universe_is_named_whatever_its_order() {
        let symbols = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect::<Vec<_>>();
        let digest = universe_digest(&symbols(&["IBM", "AAPL"]));
        assert_eq!(digest, universe_digest(&symbols(&["AAPL", "IBM"])));
        assert_ne!(digest, universe_digest(&symbols(&["AAPL"])));
        assert_eq!(digest.len(), 16);
    }
}
