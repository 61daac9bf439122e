//! The forecasts of the real statsforecast of the same series: see `tests/golden/README.md` for how they were made.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking, in its support functions too")]

use std::collections::BTreeMap;
use std::path::Path;

use weekahead_market::Horizon;
use weekahead_models::{AutoEts, AutoTheta, SeriesForecast};

const STEPS: usize = 5;
/// Series of the golden files, and those of them that never move.
const SERIES: (usize, usize) = (60, 4);
/// The 2.5 % tail of the normal distribution begins this many deviations out.
const TAIL: f64 = 1.959_963_984_540_054;

/// What statsforecast says of a series.
struct Golden {
    series: String,
    model: String,
    criterion: f64,
    mean: Vec<f64>,
    /// 10 %, 90 %, 2.5 % and 97.5 %.
    quantiles: Vec<Vec<f64>>,
}

impl Golden {
    /// The standard deviation of a step.
    fn deviation(&self, step: usize) -> f64 {
        (self.quantiles[3][step] - self.quantiles[2][step]) / (2.0 * TAIL)
    }

    /// Whether the series never moves: there is nothing to be fitted then.
    fn is_constant(&self) -> bool {
        self.series.starts_with("constant")
    }

    /// The largest distance of our means, in standard deviations.
    fn means_apart(&self, ours: &SeriesForecast) -> f64 {
        apart(self, &ours.mean, &self.mean)
    }

    /// The largest distance of our quantiles, in standard deviations.
    fn quantiles_apart(&self, ours: &SeriesForecast) -> f64 {
        let levels = [0.1, 0.9, 0.025, 0.975];
        let of = |(level, golden): (f64, &Vec<f64>)| apart(self, &ours.quantile(level).unwrap(), golden);
        levels.into_iter().zip(&self.quantiles).map(of).fold(0.0, f64::max)
    }

    /// The mean absolute error of some forecasts, in standard deviations.
    fn error(&self, forecasts: &[f64], truth: &[f64]) -> f64 {
        let scaled = |step: usize| (forecasts[step] - truth[step]).abs() / self.deviation(step);
        (0..STEPS).map(scaled).sum::<f64>() / STEPS as f64
    }
}

fn apart(golden: &Golden, ours: &[f64], theirs: &[f64]) -> f64 {
    (0..STEPS).map(|step| (ours[step] - theirs[step]).abs() / golden.deviation(step)).fold(0.0, f64::max)
}

fn lines(name: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn numbers(cells: &[String]) -> Vec<f64> {
    cells.iter().map(|cell| cell.parse().unwrap()).collect()
}

/// What statsforecast says of a series, what we say, and what came true.
type Compared = (Golden, SeriesForecast, Vec<f64>);

fn compared(method: &str, ours: impl Fn(&[f64]) -> SeriesForecast) -> Vec<Compared> {
    let values: BTreeMap<String, Vec<f64>> =
        lines("series_values.tsv").iter().map(|line| (line[0].clone(), numbers(&line[1..]))).collect();
    let golden = lines("series_forecasts.tsv").into_iter().filter(|line| line[1].starts_with(method));
    let golden = golden.map(|line| {
        let numbers = numbers(&line[2..]);
        let mut steps = numbers[1..].chunks(STEPS).map(<[f64]>::to_vec);
        let (series, model, mean) = (line[0].clone(), line[1].clone(), steps.next().unwrap());
        Golden { series, model, criterion: numbers[0], mean, quantiles: steps.collect() }
    });
    let beside = golden.map(|golden| {
        let (learned, truth) = values[&golden.series].split_at(values[&golden.series].len() - STEPS);
        let ours = ours(learned);
        (golden, ours, truth.to_vec())
    });
    beside.collect()
}

/// Our mean absolute error over theirs.
fn error_ratio(all: &[Compared]) -> f64 {
    let ours: f64 = all.iter().map(|(golden, ours, truth)| golden.error(&ours.mean, truth)).sum();
    let theirs: f64 = all.iter().map(|(golden, _, truth)| golden.error(&golden.mean, truth)).sum();
    ours / theirs
}

fn moving(all: Vec<Compared>) -> Vec<Compared> {
    assert_eq!(all.len(), SERIES.0);
    let (constant, moving): (Vec<_>, Vec<_>) = all.into_iter().partition(|(golden, ..)| golden.is_constant());
    assert_eq!(constant.len(), SERIES.1);
    for (golden, ours, truth) in &constant {
        assert_eq!(&ours.mean, truth, "{}", golden.series);
        assert_eq!(&ours.quantile(0.975).unwrap(), truth, "{}", golden.series);
    }
    moving
}

/// Forecasts of a fit that is as good are the same forecasts: how many there are.
fn same_forecasts(
    all: &[Compared],
    as_good: impl Fn(&Golden, &SeriesForecast) -> bool,
    near: (f64, f64),
) -> usize {
    let same = all.iter().filter(|(golden, ours, _)| ours.model == golden.model && as_good(golden, ours));
    let check = |(golden, ours, _): &Compared| {
        let found = (golden.means_apart(ours), golden.quantiles_apart(ours));
        assert!(found.0 < near.0 && found.1 < near.1, "{}, {}: {found:?}", golden.series, ours.model);
    };
    same.inspect(|compared| check(compared)).count()
}

#[test]
fn ets_forecasts_what_statsforecast_does() {
    let all = moving(compared("ETS", |series| AutoEts::default().forecast(series, Horizon::WEEK).unwrap()));
    for (golden, ours, _) in &all {
        let worse = ours.aicc.unwrap() - golden.criterion;
        assert!(worse < 1e-3, "{}: {} is worse than {} by {worse}", golden.series, ours.model, golden.model);
    }
    let as_good =
        |golden: &Golden, ours: &SeriesForecast| golden.criterion - ours.aicc.unwrap_or(f64::NAN) < 0.01;
    let same = same_forecasts(&all, as_good, (0.01, 0.02));
    assert!(same >= 45, "{same} of {} are the same", all.len());
    let ratio = error_ratio(&all);
    assert!((ratio - 1.0).abs() < 0.02, "our mean absolute error is {ratio} of statsforecast's");
}

#[test]
fn theta_forecasts_what_statsforecast_does() {
    let all = moving(compared("Theta", |series| AutoTheta.forecast(series, Horizon::WEEK).unwrap()));
    for (golden, ours, _) in &all {
        let worse = ours.mse / golden.criterion - 1.0;
        assert!(worse < 1e-5, "{}: {} is worse than {} by {worse}", golden.series, ours.model, golden.model);
    }
    // It stops where the sum of squares changes by less than 1e-4 of the mean value: further from the minimum than we.
    let as_good = |golden: &Golden, ours: &SeriesForecast| golden.criterion / ours.mse - 1.0 < 0.002;
    let same = same_forecasts(&all, as_good, (0.05, 0.05));
    assert!(same >= 20, "{same} of {} are the same", all.len());
    let ratio = error_ratio(&all);
    assert!((ratio - 1.0).abs() < 0.02, "our mean absolute error is {ratio} of statsforecast's");
}
