//! Two backtests on the forecasts that both made.

use std::collections::BTreeMap;

use serde::Serialize;
use weekahead_market::{Calendar, Horizon, Session, Symbol};
use weekahead_warehouse::BacktestRow;

use crate::evaluation::{LossKind, LossSeries, ScoredRows, diebold_mariano, loss_series, overlap_lag};
use crate::{Error, Result};

/// Whether two backtests can be compared, and how they do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Paired {
    /// On the rows that both forecast.
    Compared(PairedLosses),
    /// Not at all, for this reason.
    NotComparable(String),
}

/// The losses of two backtests on the rows, symbols at origins, that both forecast.
///
/// # Units
/// Log returns, squared for the squared error.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairedLosses {
    /// Sessions ahead.
    pub horizon: Horizon,
    /// Rows in both.
    pub rows: usize,
    /// Rows in the first alone.
    pub only_a: usize,
    /// Rows in the second alone.
    pub only_b: usize,
    /// Origins in both.
    pub origins: usize,
    /// The first of them.
    pub first: Session,
    /// The last of them.
    pub last: Session,
    /// Lags of the test.
    pub lag: usize,
    /// The losses; that of quantiles only where both have the same levels.
    pub losses: Vec<LossPair>,
    /// Why there is no test, if there is none.
    pub untested: Option<String>,
}

/// One kind of loss, meaned over origins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LossPair {
    /// Its name, as in promotions.
    pub loss: &'static str,
    /// Of the first.
    pub a: f64,
    /// Of the second.
    pub b: f64,
    /// Whether they differ by more than luck.
    pub test: Option<Significance>,
}

/// The Diebold-Mariano test of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Significance {
    /// The statistic; negative when the first is better.
    pub statistic: f64,
    /// The probability of one this far from 0, either way, if both were equally good.
    pub p_two_sided: f64,
}

/// Compares two backtests on the rows that both forecast.
///
/// Both are scored against the same truth: where a target was corrected between them, the one written later counts. Per origin
/// the loss is the mean over the common symbols, and the test is over origins, as in
/// [`decide`](crate::evaluation::decide). It is two-sided, since neither is the challenger, and not corrected for
/// how many pairs were looked at.
///
/// # Errors
/// [`Error::NotFinite`] for stored forecasts that are not; [`Error::Market`] outside the calendar.
pub fn pair(a: &[BacktestRow], b: &[BacktestRow], calendar: &Calendar) -> Result<Paired> {
    let (Some(first), Some(second)) = (a.first(), b.first()) else {
        let which = if a.is_empty() { "the first" } else { "the second" };
        return Ok(Paired::NotComparable(format!(
            "forecasts.backtests has no rows of the run of {which}: it was not trained here"
        )));
    };
    let horizon = first.key.horizon;
    if horizon != second.key.horizon {
        return Ok(Paired::NotComparable(format!(
            "one forecasts {horizon} sessions ahead, the other {}",
            second.key.horizon
        )));
    }
    let pairs = common(a, b);
    let origins: Vec<Session> = distinct(pairs.iter().map(|(one, _)| one.key.origin));
    let (Some(first), Some(last)) = (origins.first().copied(), origins.last().copied()) else {
        return Ok(Paired::NotComparable(
            "they have no out-of-sample forecast of the same symbol at the same origin".to_owned(),
        ));
    };
    let lag = overlap_lag(calendar, horizon, &origins)?;
    let (losses, untested) = losses(&pairs, lag)?;
    let (only_a, only_b) = (a.len() - pairs.len(), b.len() - pairs.len());
    let (rows, origins) = (pairs.len(), origins.len());
    let compared =
        PairedLosses { horizon, rows, only_a, only_b, origins, first, last, lag, losses, untested };
    Ok(Paired::Compared(compared))
}

type Pair<'a> = (&'a BacktestRow, &'a BacktestRow);

/// The rows that both have, in order of origins.
fn common<'a>(a: &'a [BacktestRow], b: &'a [BacktestRow]) -> Vec<Pair<'a>> {
    let key = |row: &'a BacktestRow| -> (Session, &'a Symbol) { (row.key.origin, &row.key.symbol) };
    let second: BTreeMap<_, _> = b.iter().map(|row| (key(row), row)).collect();
    let mut pairs: Vec<_> = a.iter().filter_map(|row| Some((row, *second.get(&key(row))?))).collect();
    pairs.sort_by_key(|(row, _)| key(row));
    pairs
}

fn distinct(sorted: impl Iterator<Item = Session>) -> Vec<Session> {
    let mut sessions: Vec<Session> = sorted.collect();
    sessions.dedup();
    sessions
}

/// Every loss that both have, and why it is not tested if it is not.
fn losses(pairs: &[Pair<'_>], lag: usize) -> Result<(Vec<LossPair>, Option<String>)> {
    let levels = |row: &BacktestRow| row.quantiles.iter().map(|(level, _)| level.level()).collect::<Vec<_>>();
    let same = pairs.first().map(|(one, _)| levels(one)).unwrap_or_default();
    let shared = pairs.iter().all(|(one, other)| levels(one) == same && levels(other) == same);
    let levels = if shared { same } else { Vec::new() };
    let kinds = [LossKind::AbsoluteError, LossKind::SquaredError, LossKind::Pinball];
    let (mut losses, mut untested) = (Vec::new(), None);
    for kind in kinds.into_iter().filter(|kind| *kind != LossKind::Pinball || !levels.is_empty()) {
        let a = series(pairs, |pair| pair.0, &levels, kind)?;
        let b = series(pairs, |pair| pair.1, &levels, kind)?;
        let differentials: Vec<f64> = a.iter().filter_map(|(at, loss)| Some(loss - b.get(at)?)).collect();
        let test = match diebold_mariano(&differentials, lag) {
            Ok(test) => Some(Significance { statistic: test.statistic, p_two_sided: test.p_two_sided }),
            Err(error @ Error::TooFew { .. }) => {
                untested = Some(error.to_string());
                None
            }
            Err(error) => return Err(error),
        };
        losses.push(LossPair { loss: kind.name(), a: mean(&a), b: mean(&b), test });
    }
    Ok((losses, untested))
}

/// One side's losses by origin, against the newer of the two targets.
fn series<'a>(
    pairs: &[Pair<'a>],
    side: fn(Pair<'a>) -> &'a BacktestRow,
    levels: &[f64],
    kind: LossKind,
) -> Result<LossSeries> {
    let (mut origins, mut targets, mut points, mut quantiles) = (vec![], vec![], vec![], vec![]);
    for pair in pairs {
        let (row, (one, other)) = (side(*pair), pair);
        origins.push(row.key.origin);
        targets.push(if one.written_at >= other.written_at { one.target } else { other.target });
        points.push(row.point);
        if !levels.is_empty() {
            quantiles.extend(row.quantiles.iter().map(|(_, value)| *value));
        }
    }
    let rows =
        ScoredRows { origins: &origins, targets: &targets, points: &points, levels, quantiles: &quantiles };
    loss_series(&rows, kind)
}

fn mean(losses: &LossSeries) -> f64 {
    losses.values().sum::<f64>() / losses.len() as f64
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use weekahead_market::{ForecastKey, Quantile};

    use super::*;

    const ORIGINS: [&str; 10] = [
        "2013-03-01",
        "2013-03-08",
        "2013-03-15",
        "2013-03-22",
        "2013-04-05",
        "2013-04-12",
        "2013-04-19",
        "2013-04-26",
        "2013-05-03",
        "2013-05-10",
    ];

    fn row(symbol: &str, origin: &str, point: f64) -> BacktestRow {
        BacktestRow {
            run_id: "run".to_owned(),
            model: "m".to_owned(),
            model_kind: "m".to_owned(),
            fold: 0,
            key: ForecastKey {
                symbol: Symbol::new(symbol).unwrap(),
                origin: origin.parse().unwrap(),
                horizon: Horizon::WEEK,
            },
            point,
            quantiles: vec![(Quantile::new(0.5).unwrap(), point)],
            target: 1.0,
            written_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn compared(a: &[BacktestRow], b: &[BacktestRow]) -> PairedLosses {
        match pair(a, b, &Calendar::nyse()).unwrap() {
            Paired::Compared(losses) => losses,
            Paired::NotComparable(reason) => panic!("{reason}"),
        }
    }

    fn refused(a: &[BacktestRow], b: &[BacktestRow]) -> String {
        match pair(a, b, &Calendar::nyse()).unwrap() {
            Paired::NotComparable(reason) => reason,
            Paired::Compared(losses) => panic!("{losses:?}"),
        }
    }

    #[test]
    fn only_rows_of_both_count() {
        let mut a: Vec<_> = ORIGINS.iter().map(|origin| row("IBM", origin, 0.5)).collect();
        let b: Vec<_> = ORIGINS.iter().map(|origin| row("IBM", origin, 0.75)).collect();
        a.push(row("MSFT", ORIGINS[0], 100.0));
        let losses = compared(&a, &b[1..]);
        assert_eq!((losses.rows, losses.origins, losses.only_a, losses.only_b), (9, 9, 2, 0));
        assert_eq!((losses.first.to_string().as_str(), losses.lag), (ORIGINS[1], 0));
        let values: Vec<_> = losses.losses.iter().map(|pair| (pair.loss, pair.a, pair.b)).collect();
        assert_eq!(values, [("mae", 0.5, 0.25), ("mse", 0.25, 0.0625), ("pinball", 0.25, 0.125)]);
        // A constant lead has no variance: the sign decides.
        assert_eq!(losses.losses[0].test.unwrap().p_two_sided, 0.0);
        assert_eq!(compared(&a, &a).losses[0].test.unwrap().p_two_sided, 1.0);
    }

    #[test]
    fn the_target_written_later_is_the_truth_for_both() {
        let a: Vec<_> = ORIGINS.iter().map(|origin| row("IBM", origin, 0.5)).collect();
        let mut b = a.clone();
        for row in &mut b {
            (row.target, row.written_at) = (0.5, Timestamp::from_second(1).unwrap());
        }
        for losses in [compared(&a, &b), compared(&b, &a)] {
            assert_eq!((losses.losses[0].a, losses.losses[0].b), (0.0, 0.0));
        }
    }

    #[test]
    fn other_levels_leave_the_pinball_loss_out() {
        let a: Vec<_> = ORIGINS.iter().map(|origin| row("IBM", origin, 0.5)).collect();
        let mut b = a.clone();
        b[3].quantiles = vec![(Quantile::new(0.9).unwrap(), 0.0)];
        let kinds: Vec<_> = compared(&a, &b).losses.iter().map(|pair| pair.loss).collect();
        assert_eq!(kinds, ["mae", "mse"]);
    }

    #[test]
    fn too_few_origins_have_means_and_no_test() {
        let a: Vec<_> = ORIGINS[..3].iter().map(|origin| row("IBM", origin, 0.5)).collect();
        let losses = compared(&a, &a);
        assert_eq!((losses.losses[0].a, losses.losses[0].test), (0.5, None));
        assert!(losses.untested.unwrap().contains("too few"));
    }

    #[test]
    fn what_cannot_be_compared_is_told() {
        let a = [row("IBM", ORIGINS[0], 0.5)];
        assert!(refused(&a, &[]).contains("run of the second"));
        assert!(refused(&a, &[row("IBM", ORIGINS[1], 0.5)]).contains("same origin"));
        let mut other = a.clone();
        other[0].key.horizon = Horizon::sessions(10).unwrap();
        assert_eq!(refused(&a, &other), "one forecasts 5 sessions ahead, the other 10");
    }
}
