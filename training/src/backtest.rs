//! A model, walked forward through history: fitted on a fold's past, asked about its future.

use std::ops::Range;

use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};
use weekahead_market::{Calendar, Session};
use weekahead_models::{
    Calibration, FittedModel, IntervalModel, ModelContext, ModelSpec, ScaleSpec, TrainingRows,
};

use crate::error::check_finite;
use crate::evaluation::{Fold, FoldPlan, LossSeries, Metrics, ScoredRows, evaluate, loss_series};
use crate::fixed::FixedForecasts;
use crate::imports::ImportedModel;
use crate::plan::{IntervalMethod, PlanSettings};
use crate::{Dataset, Error, Result, RowKey};

/// A model's forecasts over all folds, with what they are worth.
#[derive(Debug, Clone)]
pub struct Backtest {
    /// The model.
    pub spec: ModelSpec,
    /// Rows of the data set, in the order of the forecasts.
    pub rows: Vec<usize>,
    /// The fold of each forecast.
    pub folds: Vec<usize>,
    /// The points, one a row.
    pub points: Vec<f64>,
    /// The quantiles, row-major.
    pub quantiles: Vec<f64>,
    /// Metrics over all folds.
    pub metrics: Metrics,
    /// Metrics of each fold that it forecast.
    pub fold_metrics: Vec<Metrics>,
    /// The loss that decides promotion, by origin.
    pub losses: LossSeries,
}

impl Backtest {
    /// The origin and the target of each forecast.
    pub(crate) fn realised(&self, dataset: &Dataset) -> (Vec<Session>, Vec<f64>) {
        self.rows.iter().map(|row| (dataset.keys[*row].origin, dataset.y[*row])).unzip()
    }

    /// The folds that it forecast, with their metrics.
    pub(crate) fn by_fold(&self) -> impl Iterator<Item = (usize, &Metrics)> {
        let mut folds = self.folds.clone();
        folds.dedup();
        folds.into_iter().zip(&self.fold_metrics)
    }

    /// The forecasts beside what came true.
    pub(crate) fn scored<'a>(
        &'a self,
        origins: &'a [Session],
        targets: &'a [f64],
        levels: &'a [f64],
    ) -> ScoredRows<'a> {
        ScoredRows { origins, targets, points: &self.points, levels, quantiles: &self.quantiles }
    }
}

/// A model's forecasts of a fold's test rows.
///
/// # Shape
/// `points` has one entry a test row, in the data set's order; `quantiles` is row-major, rows x levels. Both are empty where the
/// model has no part in the fold.
///
/// # Units
/// Log returns over the horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoldForecasts {
    /// The points.
    pub points: Vec<f64>,
    /// The quantiles.
    pub quantiles: Vec<f64>,
}

impl FoldForecasts {
    /// Those of a model that has no part in a fold.
    fn none() -> Self {
        Self { points: Vec::new(), quantiles: Vec::new() }
    }

    fn check(&self) -> Result<()> {
        let width = self.quantiles.len() / self.points.len().max(1);
        check_finite("a point forecast", &self.points, 1)?;
        check_finite("a quantile", &self.quantiles, width)
    }
}

/// A model fitted on one fold's past, or on all of it.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// The point forecaster.
    pub model: FittedModel,
    /// Its intervals.
    pub interval: IntervalModel,
}

/// The folds of a data set under the plan's settings.
///
/// # Errors
/// [`Error::TooFew`] when the history is shorter than the warm-up; [`Error::Setting`].
pub fn folds(dataset: &Dataset, calendar: &Calendar, settings: &PlanSettings) -> Result<Vec<Fold>> {
    if let Some(value) = settings.half_life_weeks.filter(|weeks| !(weeks.is_finite() && *weeks > 0.0)) {
        let allowed = "a finite number above 0, or leave it out";
        return Err(Error::Setting { setting: "half_life_weeks", value, allowed });
    }
    let weekly = weekly_origins(dataset, calendar);
    let (needed, found) = (settings.warm_up_origins + 1, weekly.len());
    let what = "weekly origins with realised targets";
    let first_test = weekly.get(settings.warm_up_origins).ok_or(Error::TooFew { what, needed, found })?;
    let plan = FoldPlan {
        horizon: settings.horizon,
        embargo_sessions: settings.embargo_sessions,
        refit_every_origins: settings.refit_every_origins,
        window: settings.window,
    };
    plan.folds(calendar, weekly[0], *first_test, weekly[found - 1])
}

/// The rows of a fold by what they are for.
#[derive(Debug)]
pub(crate) struct Split {
    pub(crate) fit: Vec<usize>,
    pub(crate) calibration: Vec<usize>,
    pub(crate) test: Vec<usize>,
}

impl Split {
    pub(crate) fn of(dataset: &Dataset, fold: &Fold, settings: &PlanSettings) -> Result<Self> {
        let origins = fold.split(settings.calibration_origins)?;
        let past = |row: usize| {
            let RowKey { origin, realised, known_at, .. } = dataset.keys[row];
            fold.trains_on(origin, realised, known_at)
        };
        let split = Self {
            fit: rows_of(dataset, &origins.fit, past),
            calibration: rows_of(dataset, &origins.calibration, past),
            test: rows_of(dataset, fold.test(), |_| true),
        };
        match split.fit.is_empty() {
            true => Err(Error::TooFew { what: "rows to fit a fold on", needed: 1, found: 0 }),
            false => Ok(split),
        }
    }
}

/// Walks a model forward through the folds.
///
/// # Errors
/// Those of fitting and of scoring.
pub fn backtest(
    dataset: &Dataset,
    folds: &[Fold],
    spec: &ModelSpec,
    settings: &PlanSettings,
) -> Result<Backtest> {
    let fixed = FixedForecasts::of(dataset, &Calendar::nyse(), spec, settings)?;
    let forecasts = folds.iter().map(|fold| forecast_fold(dataset, fold, spec, settings, fixed.as_ref()));
    assemble(dataset, folds, spec, settings, forecasts.collect::<Result<_>>()?)
}

/// Fits a model on a fold's past, or takes its forecasts from those that are fixed, and asks it about the fold's test rows. Where
/// those that are fixed do not cover all rows to calibrate on and to test, the model has no part in the fold.
///
/// # Errors
/// Those of fitting; [`Error::NotFinite`] for a forecast that is no number.
pub(crate) fn forecast_fold(
    dataset: &Dataset,
    fold: &Fold,
    spec: &ModelSpec,
    settings: &PlanSettings,
    fixed: Option<&FixedForecasts>,
) -> Result<FoldForecasts> {
    let Split { fit, calibration, test } = Split::of(dataset, fold, settings)?;
    if fixed.is_some_and(|fixed| !fixed.covers(&calibration) || !fixed.covers(&test)) {
        return Ok(FoldForecasts::none());
    }
    let x = dataset.x.select(Axis(0), &test);
    let (points, interval) = match fixed {
        Some(fixed) => {
            let interval = calibrate(dataset, settings, &fit, &calibration, fixed.points(&calibration))?;
            (fixed.points(&test), interval)
        }
        None => {
            let fitted = fit_model(dataset, spec, settings, &fit, &calibration)?;
            (fitted.model.predict(x.view())?, fitted.interval)
        }
    };
    let quantiles = interval.quantiles(points.view(), x.view())?;
    let forecasts = FoldForecasts { points: points.to_vec(), quantiles: quantiles.into_iter().collect() };
    forecasts.check()?;
    Ok(forecasts)
}

/// The test rows of a fold: what its forecasts are about, in this order.
pub(crate) fn test_rows(dataset: &Dataset, fold: &Fold) -> Vec<usize> {
    rows_of(dataset, fold.test(), |_| true)
}

/// Joins the forecasts of all folds, in order, and scores them.
///
/// # Errors
/// [`Error::TooFew`] for a model that has no part in any fold; those of scoring; [`Error::NotFinite`] for a loss that is no number.
pub(crate) fn assemble(
    dataset: &Dataset,
    folds: &[Fold],
    spec: &ModelSpec,
    settings: &PlanSettings,
    forecasts: Vec<FoldForecasts>,
) -> Result<Backtest> {
    let mut walked = Walked::default();
    for (fold, forecasts) in folds.iter().zip(forecasts) {
        if forecasts.points.is_empty() {
            continue;
        }
        let test = test_rows(dataset, fold);
        walked.folds.extend(test.iter().map(|_| fold.index()));
        walked.rows.extend(test);
        walked.points.extend(forecasts.points);
        walked.quantiles.extend(forecasts.quantiles);
    }
    if walked.rows.is_empty() {
        let what =
            "folds whose origins, those to calibrate on included, are later than what the model has seen";
        return Err(Error::TooFew { what, needed: 1, found: 0 });
    }
    walked.score(dataset, spec, settings)
}

/// Fits a model on all origins whose targets are realised, the last ones kept for its intervals.
///
/// # Errors
/// [`Error::TooFew`] when the history is shorter than what is kept; those of fitting.
pub fn fit_on_all(
    dataset: &Dataset,
    calendar: &Calendar,
    spec: &ModelSpec,
    settings: &PlanSettings,
) -> Result<Fitted> {
    let (fit, calibration) = final_split(dataset, calendar, settings)?;
    fit_model(dataset, spec, settings, &fit, &calibration)
}

/// An imported model with intervals that are calibrated on the last origins whose targets are realised.
///
/// # Errors
/// [`Error::TooFew`] when it may have seen some of them; those of calibrating.
pub(crate) fn calibrate_imported(
    dataset: &Dataset,
    calendar: &Calendar,
    imported: &ImportedModel,
    settings: &PlanSettings,
) -> Result<Fitted> {
    let (fit, calibration) = final_split(dataset, calendar, settings)?;
    let fixed = FixedForecasts::of_imported(dataset, calendar, imported)?;
    if !fixed.covers(&calibration) {
        let covered = calibration.into_iter().filter(|row| fixed.covers(&[*row]));
        let mut origins: Vec<_> = covered.map(|row| dataset.keys[row].origin).collect();
        origins.dedup();
        let what = "calibration origins that are later than what the model has seen";
        return Err(Error::TooFew { what, needed: settings.calibration_origins, found: origins.len() });
    }
    let interval = calibrate(dataset, settings, &fit, &calibration, fixed.points(&calibration))?;
    Ok(Fitted { model: FittedModel::Foreign(Box::new(imported.model.clone())), interval })
}

/// The rows of all origins to fit on, and of the last ones to calibrate on.
fn final_split(
    dataset: &Dataset,
    calendar: &Calendar,
    settings: &PlanSettings,
) -> Result<(Vec<usize>, Vec<usize>)> {
    let weekly = weekly_origins(dataset, calendar);
    let (needed, found) = (settings.calibration_origins + 2, weekly.len());
    if found < needed {
        return Err(Error::TooFew { what: "weekly origins with realised targets", needed, found });
    }
    let (past, recent) = weekly.split_at(found - settings.calibration_origins);
    let past = &past[settings.window.first_of(found).min(past.len() - 1)..];
    let known = |row: usize| dataset.keys[row].known_at <= dataset.as_of.as_microsecond();
    let purged = |row: usize| known(row) && dataset.keys[row].realised < recent[0];
    Ok((rows_of(dataset, past, purged), rows_of(dataset, recent, known)))
}

/// The last sessions of the weeks in which the data set has rows.
pub(crate) fn weekly_origins(dataset: &Dataset, calendar: &Calendar) -> Vec<Session> {
    let last_of_week = |origin: &Session| calendar.last_of_week(*origin) == Ok(*origin);
    dataset.origins().into_iter().filter(last_of_week).collect()
}

/// The rows of some origins that pass a test, in order.
pub(crate) fn rows_of(dataset: &Dataset, origins: &[Session], keep: impl Fn(usize) -> bool) -> Vec<usize> {
    origins.iter().flat_map(|origin| rows_at(dataset, *origin)).filter(|row| keep(*row)).collect()
}

fn rows_at(dataset: &Dataset, origin: Session) -> Range<usize> {
    let start = dataset.keys.partition_point(|key| key.origin < origin);
    let end = dataset.keys.partition_point(|key| key.origin <= origin);
    start..end
}

fn fit_model(
    dataset: &Dataset,
    spec: &ModelSpec,
    settings: &PlanSettings,
    fit: &[usize],
    calibration: &[usize],
) -> Result<Fitted> {
    let context =
        ModelContext { features: &dataset.features, horizon: settings.horizon, seed: settings.seed };
    let forecaster = spec.forecaster(context)?;
    let chosen = Chosen::of(dataset, fit, settings);
    let model = forecaster.fit(&chosen.rows(settings)?)?;
    let forecast = model.predict(dataset.x.select(Axis(0), calibration).view())?;
    let interval = calibrate(dataset, settings, fit, calibration, forecast)?;
    Ok(Fitted { model, interval })
}

/// Intervals around the forecasts of the calibration rows, or regressed on the rows that were fitted on.
fn calibrate(
    dataset: &Dataset,
    settings: &PlanSettings,
    fit: &[usize],
    calibration: &[usize],
    forecast: Array1<f64>,
) -> Result<IntervalModel> {
    let (x, y) = (dataset.x.select(Axis(0), calibration), dataset.y.select(Axis(0), calibration));
    let rows = Calibration { x: x.view(), y: y.view(), forecast: forecast.view() };
    let (scale, levels) = (scale(dataset, settings)?, &settings.levels);
    Ok(match settings.intervals {
        IntervalMethod::SplitConformal => IntervalModel::calibrate(&rows, scale, levels)?,
        IntervalMethod::QuantileRegression(boosting) => {
            let chosen = Chosen::of(dataset, fit, settings);
            let fit = chosen.rows(settings)?;
            IntervalModel::calibrate_regression(&fit, &rows, scale, levels, boosting, settings.seed)?
        }
    })
}

/// Rows of the data set to fit on, copied, with their weights and the origin of each.
struct Chosen {
    x: Array2<f32>,
    y: Array1<f64>,
    weights: Option<Array1<f64>>,
    origins: Vec<u32>,
    /// The most later origins that lie before the realised session of one.
    overlap: usize,
}

impl Chosen {
    fn of(dataset: &Dataset, rows: &[usize], settings: &PlanSettings) -> Self {
        let mut distinct: Vec<Session> = rows.iter().map(|row| dataset.keys[*row].origin).collect();
        distinct.dedup();
        let number = |origin: Session| distinct.partition_point(|other| *other < origin);
        let reached = |row: &usize| {
            let key = &dataset.keys[*row];
            (number(key.realised) - number(key.origin)).saturating_sub(1)
        };
        Self {
            x: dataset.x.select(Axis(0), rows),
            y: dataset.y.select(Axis(0), rows),
            weights: weights(dataset, rows, settings),
            origins: rows.iter().map(|row| number(dataset.keys[*row].origin) as u32).collect(),
            overlap: rows.iter().map(reached).max().unwrap_or(0),
        }
    }

    fn rows(&self, settings: &PlanSettings) -> Result<TrainingRows<'_>> {
        let rows = TrainingRows::new(self.x.view(), self.y.view())?.preprocessed(settings.preprocessing)?;
        let rows = rows.grouped(&self.origins, self.overlap)?;
        Ok(self.weights.as_ref().map_or(Ok(rows), |weights| rows.weighted(weights.view()))?)
    }
}

/// What rows weigh by their age, 1 on average, so that penalties mean the same with and without; nothing when all weigh
/// the same.
fn weights(dataset: &Dataset, rows: &[usize], settings: &PlanSettings) -> Option<Array1<f64>> {
    const WEEK: f64 = 7.0;
    let half_life_days = WEEK * settings.half_life_weeks?;
    let day = |row: &usize| f64::from(dataset.keys[*row].origin.days_since_epoch());
    let newest = rows.iter().map(day).fold(f64::MIN, f64::max);
    let weights: Array1<f64> =
        rows.iter().map(|row| (-(newest - day(row)) / half_life_days).exp2()).collect();
    let mean = weights.mean()?;
    Some(weights / mean)
}

fn scale(dataset: &Dataset, settings: &PlanSettings) -> Result<ScaleSpec> {
    let feature = &settings.scale_feature;
    let column = dataset.features.iter().position(|name| name == feature);
    let missing = || Error::UnknownFeature { feature: feature.clone(), view: dataset.view.clone() };
    Ok(ScaleSpec::new(column.ok_or_else(missing)?, settings.horizon))
}

#[derive(Default)]
struct Walked {
    rows: Vec<usize>,
    folds: Vec<usize>,
    points: Vec<f64>,
    quantiles: Vec<f64>,
}

impl Walked {
    fn score(self, dataset: &Dataset, spec: &ModelSpec, settings: &PlanSettings) -> Result<Backtest> {
        let origins: Vec<_> = self.rows.iter().map(|row| dataset.keys[*row].origin).collect();
        let targets: Vec<_> = self.rows.iter().map(|row| dataset.y[*row]).collect();
        let width = settings.levels.len();
        let scored = |rows: Range<usize>| ScoredRows {
            origins: &origins[rows.clone()],
            targets: &targets[rows.clone()],
            points: &self.points[rows.clone()],
            levels: &settings.levels,
            quantiles: &self.quantiles[rows.start * width..rows.end * width],
        };
        let all = scored(0..self.rows.len());
        let by_fold = self.folds.chunk_by(|a, b| a == b).scan(0, |start, fold| {
            let rows = *start..*start + fold.len();
            *start = rows.end;
            Some(rows)
        });
        let losses = loss_series(&all, settings.loss)?;
        if let Some(row) = losses.values().position(|loss| !loss.is_finite()) {
            return Err(Error::NotFinite { what: "the loss of an origin", row });
        }
        Ok(Backtest {
            metrics: evaluate(&all)?,
            losses,
            fold_metrics: by_fold.map(|rows| evaluate(&scored(rows))).collect::<Result<_>>()?,
            spec: spec.clone(),
            rows: self.rows,
            folds: self.folds,
            points: self.points,
            quantiles: self.quantiles,
        })
    }
}
