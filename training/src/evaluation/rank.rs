//! Rank correlation of forecasts and outcomes within an origin.

use std::collections::BTreeMap;

use weekahead_market::Session;

/// The information coefficient of a set of forecasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankIc {
    /// The mean over origins of the rank correlation within the origin.
    pub mean: f64,
    /// That mean over its sample standard deviation; `None` when the deviation is 0 or there is one origin only.
    pub ir: Option<f64>,
    /// Origins that had a correlation.
    pub origins: usize,
}

/// Rank IC and its information ratio: `mean_t rho_t` and `mean_t rho_t / sd_t rho_t`, where `rho_t` is the Spearman
/// correlation of forecasts and targets over the symbols of origin t.
///
/// # Missing values
/// An origin with fewer than two symbols, or where all forecasts or all targets are equal, has no correlation and is left
/// out; `None` when no origin has one, as for the random walk.
///
/// # Source
/// Grinold & Kahn (1999), Active Portfolio Management; Qlib's `Rank IC` and `Rank ICIR`.
pub fn rank_ic(origins: &[Session], targets: &[f64], points: &[f64]) -> Option<RankIc> {
    let values: Vec<f64> = rank_ic_series(origins, targets, points).into_values().collect();
    let count = values.len() as f64;
    let mean = (!values.is_empty()).then(|| values.iter().sum::<f64>() / count)?;
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    let deviation = (squares / (count - 1.0)).sqrt();
    let ir = (values.len() > 1 && deviation > 0.0).then(|| mean / deviation);
    Some(RankIc { mean, ir, origins: values.len() })
}

/// The rank correlation of forecasts and targets over the symbols of each origin: the values whose mean is [`rank_ic`].
///
/// # Missing values
/// Origins without a correlation are left out.
///
/// ```
/// use weekahead_training::evaluation::rank_ic_series;
/// let origin = "2013-01-18".parse()?;
/// let series = rank_ic_series(&[origin; 3], &[0.1, 0.2, 0.3], &[1.0, 3.0, 2.0]);
/// assert_eq!(series.into_iter().collect::<Vec<_>>(), [(origin, 0.5)]);
/// # Ok::<(), weekahead_market::Error>(())
/// ```
pub fn rank_ic_series(origins: &[Session], targets: &[f64], points: &[f64]) -> BTreeMap<Session, f64> {
    let mut by_origin: BTreeMap<Session, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for ((origin, target), point) in origins.iter().zip(targets).zip(points) {
        let (ys, fs) = by_origin.entry(*origin).or_default();
        ys.push(*target);
        fs.push(*point);
    }
    by_origin.into_iter().filter_map(|(origin, (ys, fs))| Some((origin, spearman(&ys, &fs)?))).collect()
}

/// Spearman's rank correlation: Pearson's, of average ranks.
///
/// # Missing values
/// `None` below two pairs, or when either side is constant.
///
/// ```
/// use weekahead_training::evaluation::spearman;
/// assert_eq!(spearman(&[1.0, 2.0, 3.0], &[10.0, 30.0, 20.0]), Some(0.5));
/// assert_eq!(spearman(&[1.0, 2.0], &[5.0, 5.0]), None);
/// ```
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = (average_ranks(a), average_ranks(b));
    // Ranks of n values always have the mean (n + 1) / 2.
    let mean = (a.len() as f64 + 1.0) / 2.0;
    let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - mean) * (y - mean)).sum::<f64>();
    let spread = (product(&a, &a) * product(&b, &b)).sqrt();
    (spread > 0.0).then(|| product(&a, &b) / spread)
}

/// Ranks from 1; equal values share the mean of their ranks.
fn average_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|i, j| values[*i].total_cmp(&values[*j]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for tied in order.chunk_by(|i, j| values[*i] == values[*j]) {
        let rank = below as f64 + (tied.len() as f64 + 1.0) / 2.0;
        tied.iter().for_each(|index| ranks[*index] = rank);
        below += tied.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_their_ranks() {
        assert_eq!(average_ranks(&[5.0, 1.0, 5.0, 5.0, 0.0]), [4.0, 2.0, 4.0, 4.0, 1.0]);
        assert_eq!(average_ranks(&[0.0, -0.0]), [1.5, 1.5]);
        // Ranks (1.5, 1.5, 3) and (1, 2, 3): 1.5 / sqrt(1.5 * 2).
        let tied = spearman(&[1.0, 1.0, 2.0], &[1.0, 2.0, 3.0]).unwrap();
        assert!((tied - 0.75_f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn the_information_ratio_by_hand() {
        let days = ["2013-01-11", "2013-01-18", "2013-01-25"].map(|day| day.parse::<Session>().unwrap());
        let origins: Vec<Session> = days.iter().flat_map(|day| [*day; 3]).collect();
        let targets = [1.0, 2.0, 3.0].repeat(3);
        // Correlations 1, 0.5 and none: the last origin's forecasts are all equal.
        let points = [1.0, 2.0, 3.0, 1.0, 3.0, 2.0, 0.0, 0.0, 0.0];
        let ic = rank_ic(&origins, &targets, &points).unwrap();
        assert_eq!((ic.mean, ic.origins), (0.75, 2));
        assert!((ic.ir.unwrap() - 0.75 / 0.125_f64.sqrt()).abs() < 1e-12);
        assert_eq!(rank_ic(&origins, &targets, &[0.0; 9]), None);
    }
}
