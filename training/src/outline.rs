//! What a session would do, without doing it.

use weekahead_market::{AsOf, Calendar, Session};
use weekahead_warehouse::Warehouse;

use crate::backtest::{Split, rows_of, weekly_origins};
use crate::{Dataset, ExperimentPlan, Result, folds};

/// What a session would read, fit and hold in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// Rows with a realised target.
    pub rows: usize,
    /// Features of a row.
    pub features: usize,
    /// The folds, in order.
    pub folds: Vec<FoldOutline>,
    /// An estimate of what a model is fitted in, in bytes: all rows, a copy of those of the largest fold, the rows as they
    /// are read, and the closes.
    pub memory_bytes: u64,
}

/// A fold of an [`Outline`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldOutline {
    /// The first and last origin that models are fitted on.
    pub fit: (Session, Session),
    /// Rows that models are fitted on.
    pub fit_rows: usize,
    /// Rows that intervals are calibrated on.
    pub calibration_rows: usize,
    /// Rows left out because their targets reach into what comes after, or were known too late.
    pub purged_rows: usize,
    /// The first and last test origin.
    pub test: (Session, Session),
    /// Rows that are forecast.
    pub test_rows: usize,
}

impl Outline {
    /// Reads the data set of a plan and cuts it into folds; needs the warehouse alone, and writes nothing.
    ///
    /// # Errors
    /// Those of reading the data set and of cutting it into folds.
    pub async fn read(
        warehouse: &Warehouse,
        calendar: &Calendar,
        plan: &ExperimentPlan,
        as_of: AsOf,
    ) -> Result<Self> {
        let horizon = plan.settings.horizon;
        let dataset = Dataset::read(warehouse, calendar, &plan.view, &plan.symbols, horizon, as_of).await?;
        outline(&dataset, calendar, plan)
    }
}

fn outline(dataset: &Dataset, calendar: &Calendar, plan: &ExperimentPlan) -> Result<Outline> {
    let weekly = weekly_origins(dataset, calendar);
    let mut outlines = Vec::new();
    for fold in folds(dataset, calendar, &plan.settings)? {
        let split = Split::of(dataset, &fold, &plan.settings)?;
        let (first, last) =
            (dataset.keys[split.fit[0]].origin, dataset.keys[split.fit[split.fit.len() - 1]].origin);
        let at = |origin: Session| weekly.partition_point(|weekly| *weekly < origin);
        let before = rows_of(dataset, &weekly[at(first)..at(fold.test()[0])], |_| true);
        outlines.push(FoldOutline {
            fit: (first, last),
            fit_rows: split.fit.len(),
            calibration_rows: split.calibration.len(),
            purged_rows: before.len() - split.fit.len() - split.calibration.len(),
            test: (fold.test()[0], fold.test()[fold.test().len() - 1]),
            test_rows: split.test.len(),
        });
    }
    let row_bytes = (size_of::<f32>() * dataset.features.len() + size_of::<f64>()) as u64;
    let largest = outlines.iter().map(|fold| fold.fit_rows).max().unwrap_or(0);
    Ok(Outline {
        rows: dataset.len(),
        features: dataset.features.len(),
        folds: outlines,
        memory_bytes: row_bytes * (2 * dataset.len() + largest) as u64 + dataset.closes.bytes() as u64,
    })
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2};
    use weekahead_features::View;
    use weekahead_market::{Horizon, Symbol};

    use super::*;
    use crate::{CloseHistory, PlanSettings, RowKey};

    /// Three years of weeks of one symbol.
    fn dataset(calendar: &Calendar) -> Dataset {
        let (first, last) = ("2010-01-04".parse().unwrap(), "2012-12-31".parse().unwrap());
        let key = |origin: Session| {
            let realised = calendar.offset(origin, Horizon::WEEK.get() as i64).unwrap();
            let known_at = calendar.close(realised).unwrap().as_microsecond();
            RowKey { origin, symbol: Symbol::new("IBM").unwrap(), realised, known_at }
        };
        let keys: Vec<RowKey> = calendar.weekly_origins(first, last).into_iter().map(key).collect();
        Dataset {
            view: "made_up".to_owned(),
            view_version: "0".to_owned(),
            features: vec!["vol_20".to_owned()],
            horizon: Horizon::WEEK,
            as_of: "2013-02-01".parse().unwrap(),
            x: Array2::zeros((keys.len(), 1)),
            y: Array1::zeros(keys.len()),
            keys,
            closes: CloseHistory::default(),
        }
    }

    #[test]
    fn a_row_that_was_known_too_late_is_left_out() {
        let calendar = Calendar::nyse();
        let settings =
            PlanSettings { warm_up_origins: 100, calibration_origins: 40, ..PlanSettings::default() };
        let plan = ExperimentPlan {
            experiment: String::new(),
            model_name: String::new(),
            view: View::parse("name = 'made_up'\n[[feature]]\nname = 'vol_20'\nexpr = 'close'").unwrap(),
            symbols: Vec::new(),
            settings,
            models: Vec::new(),
        };
        let mut dataset = dataset(&calendar);
        let counts = |dataset: &Dataset| {
            let outline = outline(dataset, &calendar, &plan).unwrap();
            let of_fold = |fold: &FoldOutline| (fold.fit_rows, fold.calibration_rows, fold.purged_rows);
            (of_fold(&outline.folds[0]), of_fold(&outline.folds[1]))
        };
        let (first, second) = counts(&dataset);
        assert_eq!(first.0 + first.1 + first.2, 100);
        // One to fit on and one to calibrate on are known an instant after the first fold's deadline.
        let late = folds(&dataset, &calendar, &plan.settings).unwrap()[0].deadline() + 1;
        dataset.keys[20].known_at = late;
        dataset.keys[90].known_at = late;
        let after = counts(&dataset);
        assert_eq!(after, ((first.0 - 1, first.1 - 1, first.2 + 2), second));
    }
}
