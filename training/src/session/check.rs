//! What must hold before anything is fitted: rows that can carry the plan's statements.

use weekahead_market::{Calendar, Session};

use crate::backtest::test_rows;
use crate::evaluation::{Fold, overlap_lag};
use crate::{Dataset, Error, ExperimentPlan, Result};

/// That there is something to learn, and enough of it to decide on.
///
/// # Errors
/// [`Error::ConstantTarget`]; [`Error::UnknownFeature`] for the scale of intervals; [`Error::Setting`] for a significance
/// outside (0, 1); [`Error::TooFew`] test origins for a comparison.
pub(super) fn evidence(
    dataset: &Dataset,
    folds: &[Fold],
    plan: &ExperimentPlan,
    calendar: &Calendar,
) -> Result<()> {
    let settings = &plan.settings;
    if let Some(value) = dataset.y.first().filter(|first| dataset.y.iter().all(|y| y == *first)) {
        return Err(Error::ConstantTarget { view: dataset.view.clone(), rows: dataset.len(), value: *value });
    }
    if !dataset.features.contains(&settings.scale_feature) {
        let (feature, view) = (settings.scale_feature.clone(), dataset.view.clone());
        return Err(Error::UnknownFeature { feature, view });
    }
    if !(settings.significance > 0.0 && settings.significance < 1.0) {
        let (setting, value) = ("significance", settings.significance);
        return Err(Error::Setting { setting, value, allowed: "a number between 0 and 1" });
    }
    if plan.models.len() < 2 {
        return Ok(());
    }
    let origins = tested_origins(dataset, folds);
    let lag = overlap_lag(calendar, settings.horizon, &origins)?;
    // What the test itself needs, beside what the plan asks for.
    let (needed, found) = (settings.minimum_origins.max(2 * (lag + 2)), origins.len());
    match found < needed {
        true => Err(Error::TooFew { what: "test origins to compare models on", needed, found }),
        false => Ok(()),
    }
}

/// The features that no row has.
pub(super) fn features_all_missing(dataset: &Dataset) -> Vec<String> {
    let missing = |column: &usize| dataset.x.column(*column).iter().all(|value| !value.is_finite());
    (0..dataset.features.len()).filter(missing).map(|column| dataset.features[column].clone()).collect()
}

fn tested_origins(dataset: &Dataset, folds: &[Fold]) -> Vec<Session> {
    let rows = folds.iter().flat_map(|fold| test_rows(dataset, fold));
    let mut origins: Vec<_> = rows.map(|row| dataset.keys[row].origin).collect();
    origins.dedup();
    origins
}

#[cfg(test)]
mod tests {
    use weekahead_models::ModelSpec;

    use super::*;
    use crate::folds;
    use crate::session::testing::{dataset, plan};

    fn checked(change: impl Fn(&mut Dataset, &mut ExperimentPlan)) -> Result<()> {
        let calendar = Calendar::nyse();
        let mut plan = plan(vec![ModelSpec::RandomWalk, ModelSpec::HistoricalMean]);
        let mut dataset = dataset(&calendar);
        change(&mut dataset, &mut plan);
        let folds = folds(&dataset, &calendar, &plan.settings)?;
        evidence(&dataset, &folds, &plan, &calendar)
    }

    fn told(change: impl Fn(&mut Dataset, &mut ExperimentPlan)) -> String {
        checked(change).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_decided_is_told_before_anything_is_fitted() {
        checked(|_, _| {}).unwrap();
        let short = told(|_, plan| plan.settings.warm_up_origins = 10_000);
        assert!(short.contains("weekly origins with realised targets: 209"), "{short}");
        let constant = told(|dataset, _| dataset.y.fill(0.5));
        assert!(constant.starts_with("all 418 targets of view `made_up` are 0.5"), "{constant}");
        let scale = told(|_, plan| plan.settings.scale_feature = "vol_60".to_owned());
        assert!(scale.contains("no feature `vol_60`"), "{scale}");
        for significance in [0.0, 1.0, f64::NAN] {
            let told = told(|_, plan| plan.settings.significance = significance);
            assert!(told.starts_with("significance = "), "{told}");
        }
        let origins = told(|_, plan| plan.settings.minimum_origins = 90);
        assert!(origins.starts_with("test origins to compare models on: 89 are too few"), "{origins}");
        // Alone, the baseline is compared with nobody.
        checked(|_, plan| {
            plan.settings.minimum_origins = 90;
            plan.models.truncate(1);
        })
        .unwrap();
    }

    #[test]
    fn features_that_no_row_has_are_named() {
        assert_eq!(features_all_missing(&dataset(&Calendar::nyse())), ["nothing"]);
    }
}
