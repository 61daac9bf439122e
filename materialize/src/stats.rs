//! What the values of a view look like after a build, and how far the recent ones have drifted from those before.

use jiff::Timestamp;
use rayon::prelude::*;
use weekahead_features::stats::{Sample, population_stability_index};
use weekahead_features::{Feature, View};
use weekahead_market::{AsOf, Session};
use weekahead_warehouse::{FeatureExtent, FeatureRows, FeatureStats, Sampling, Warehouse};

use crate::{Error, Result};

/// Sessions of the last so many days are recent: 13 weeks.
const RECENT_DAYS: i32 = 91;

/// Statistics are of about so many rows, of the recent ones and of those before: enough for a decile to be known within a
/// third of a percent, and few enough not to be felt beside a build.
const ROWS: u64 = 20_000;

/// Writes the statistics of all rows of a view that are known at `as_of`, unless those of the same rows are there.
///
/// Models learn from the sessions before the recent ones: drift is of the recent values against theirs. Where there are
/// many rows, a sample of them is read, by a hash of symbol and session, which gives the same rows every time.
///
/// # Errors
/// Errors of the warehouse.
pub(crate) async fn describe(
    warehouse: &Warehouse,
    view: &View,
    as_of: AsOf,
    written_at: Timestamp,
) -> Result<()> {
    let (name, version) = (view.name(), view.version());
    let Some(extent) = warehouse.feature_extent(as_of, name, version).await? else { return Ok(()) };
    if warehouse.has_feature_stats(as_of, name, version, extent.digest, view.features().len()).await? {
        return Ok(());
    }
    let sampling = sampling(&extent);
    let rows = warehouse.sampled_features(as_of, name, version, view.features(), sampling).await?;
    let described = tokio::task::spawn_blocking({
        let view = view.clone();
        move || statistics(&rows, &view, as_of, &extent, sampling.recent_from)
    });
    let stats = described.await.map_err(|_| Error::Interrupted { view: name.to_owned() })?;
    Ok(warehouse.write_feature_stats(name, version, written_at, &stats).await?)
}

/// Rows lie evenly enough over time for their number to be told from the days.
fn sampling(extent: &FeatureExtent) -> Sampling {
    let (first, last) = (extent.first.days_since_epoch(), extent.last.days_since_epoch());
    let from = Session::from_days_since_epoch((last - RECENT_DAYS + 1).max(first));
    let days = u64::from((last - first + 1).unsigned_abs());
    let recent = extent.digest.rows * u64::from(RECENT_DAYS.unsigned_abs()).min(days) / days;
    Sampling {
        recent_from: from.unwrap_or(extent.first),
        recent_every: recent.div_ceil(ROWS).max(1),
        earlier_every: (extent.digest.rows - recent).div_ceil(ROWS).max(1),
    }
}

fn statistics(
    rows: &FeatureRows,
    view: &View,
    as_of: AsOf,
    extent: &FeatureExtent,
    recent_from: Session,
) -> Vec<FeatureStats> {
    let is_recent: Vec<bool> = rows.sessions.iter().map(|session| *session >= recent_from).collect();
    let width = rows.names.len();
    let sample = |feature: usize, recent: bool| {
        let values = rows.values.iter().skip(feature).step_by(width).zip(&is_recent);
        Sample::new(values.filter(|(_, of_row)| **of_row == recent).map(|(value, _)| *value))
    };
    let before = rows.sessions.iter().filter(|session| **session < recent_from).max();
    let of_feature = |(feature, Feature { name, expr }): (usize, &Feature)| {
        let (recent, training) = (sample(feature, true), sample(feature, false));
        // A quarter never has the months of a year: nothing drifts there.
        let psi = if expr.is_of_dates() { f64::NAN } else { population_stability_index(&training, &recent) };
        FeatureStats {
            feature: name.clone(),
            as_of,
            rows_digest: extent.digest.hash,
            recent: (recent_from, extent.last),
            recent_rows: recent.rows() as u64,
            null_rate: recent.null_rate(),
            mean: recent.mean(),
            std: recent.std(),
            quantiles: FeatureStats::LEVELS.map(|level| recent.quantile(level)),
            training: (extent.first, before.copied().unwrap_or(extent.first)),
            training_rows: training.rows() as u64,
            training_null_rate: training.null_rate(),
            training_mean: training.mean(),
            training_std: training.std(),
            psi,
        }
    };
    view.definitions().par_iter().enumerate().map(of_feature).collect()
}

#[cfg(test)]
mod tests {
    use weekahead_warehouse::TableDigest;

    use super::*;

    #[test]
    fn many_rows_are_sampled_and_few_are_not() {
        let day = |text: &str| text.parse::<Session>().unwrap();
        let extent = |rows| FeatureExtent {
            digest: TableDigest { rows, hash: 1 },
            first: day("2012-01-03"),
            last: day("2013-12-31"),
        };
        let few = sampling(&extent(2_500));
        assert_eq!((few.recent_every, few.earlier_every), (1, 1));
        assert_eq!(few.recent_from, day("2013-10-02"));
        let many = sampling(&extent(1_000_000));
        assert_eq!((many.recent_every, many.earlier_every), (7, 44));
    }

    #[test]
    fn a_short_history_is_all_recent() {
        let day = |text: &str| text.parse::<Session>().unwrap();
        let digest = TableDigest { rows: 5, hash: 1 };
        let short = sampling(&FeatureExtent { digest, first: day("2013-01-02"), last: day("2013-01-08") });
        assert_eq!((short.recent_from, short.recent_every), (day("2013-01-02"), 1));
    }
}
