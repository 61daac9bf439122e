//! What the values of features looked like at each build.

use clickhouse::Row;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use weekahead_market::{AsOf, Session};

use crate::bars::AT;
use crate::forecasts::instant;
use crate::native::session;
use crate::{Result, TableDigest, Warehouse};

/// One feature at one build: a row of `ops.feature_stats`.
///
/// # Units
/// Those of the feature; rates are shares of rows; `psi` has none.
///
/// # Missing values
/// NaN for a statistic of no values, and for the `psi` of what follows from dates alone.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureStats {
    /// The feature.
    pub feature: String,
    /// Where the build stood.
    pub as_of: AsOf,
    /// The digest of all rows that were known then.
    pub rows_digest: u64,
    /// The first and the last of the recent sessions.
    pub recent: (Session, Session),
    /// Rows of them that the statistics are of.
    pub recent_rows: u64,
    /// The share of rows without a value.
    pub null_rate: f64,
    /// The mean of the values.
    pub mean: f64,
    /// Their standard deviation.
    pub std: f64,
    /// Their quantiles at [`FeatureStats::LEVELS`].
    pub quantiles: [f64; 7],
    /// The first and the last of the sessions before: those that models learn from.
    pub training: (Session, Session),
    /// Rows of them that the statistics are of.
    pub training_rows: u64,
    /// The share of rows without a value.
    pub training_null_rate: f64,
    /// The mean of the values.
    pub training_mean: f64,
    /// Their standard deviation.
    pub training_std: f64,
    /// The population stability index of the recent values against those before.
    pub psi: f64,
}

impl FeatureStats {
    /// The levels of `quantiles`, from the least value to the greatest.
    pub const LEVELS: [f64; 7] = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0];
}

#[derive(Row, Serialize, Deserialize)]
struct Stored {
    view: String,
    view_version: String,
    feature: String,
    as_of: i64,
    rows_digest: u64,
    recent_from: i32,
    recent_to: i32,
    recent_rows: u64,
    null_rate: f64,
    mean: f64,
    std: f64,
    min: f64,
    q05: f64,
    q25: f64,
    q50: f64,
    q75: f64,
    q95: f64,
    max: f64,
    training_from: i32,
    training_to: i32,
    training_rows: u64,
    training_null_rate: f64,
    training_mean: f64,
    training_std: f64,
    psi: f64,
    written_at: i64,
}

impl Warehouse {
    /// Writes the statistics of a view. The same ones again leave one row a feature.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before the migrations; connection errors.
    pub async fn write_feature_stats(
        &self,
        view: &str,
        view_version: &str,
        written_at: Timestamp,
        stats: &[FeatureStats],
    ) -> Result<()> {
        let rows: Vec<_> =
            stats.iter().map(|stats| Stored::of(view, view_version, written_at, stats)).collect();
        self.insert("ops", "feature_stats", &rows).await
    }

    /// The statistics of a view at the last build that stood at `as_of` or before, by feature.
    ///
    /// # Errors
    /// As [`write_feature_stats`](Self::write_feature_stats).
    pub async fn feature_stats(
        &self,
        as_of: AsOf,
        view: &str,
        view_version: &str,
    ) -> Result<Vec<FeatureStats>> {
        let of_view = "view = {view:String} AND view_version = {view_version:String}";
        let sql = format!(
            "SELECT ?fields FROM ops.feature_stats FINAL WHERE {of_view} AND as_of = \
             (SELECT max(as_of) FROM ops.feature_stats WHERE {of_view} AND as_of <= {AT}) ORDER BY feature"
        );
        let query = self.query(&sql).param("view", view).param("view_version", view_version);
        let rows = self.rows::<Stored>(query.param("as_of", as_of.as_microsecond())).await?;
        rows.into_iter().map(FeatureStats::try_from).collect()
    }

    /// Whether the last statistics of a view at `as_of` are of the rows with this digest.
    ///
    /// # Errors
    /// As [`write_feature_stats`](Self::write_feature_stats).
    pub async fn has_feature_stats(
        &self,
        as_of: AsOf,
        view: &str,
        view_version: &str,
        rows: TableDigest,
        features: usize,
    ) -> Result<bool> {
        let last = self.feature_stats(as_of, view, view_version).await?;
        Ok(last.len() == features && last.iter().all(|stats| stats.rows_digest == rows.hash))
    }
}

impl Stored {
    fn of(view: &str, view_version: &str, written_at: Timestamp, stats: &FeatureStats) -> Self {
        let day = |session: Session| session.days_since_epoch();
        let [min, q05, q25, q50, q75, q95, max] = stats.quantiles;
        Self {
            view: view.to_owned(),
            view_version: view_version.to_owned(),
            feature: stats.feature.clone(),
            as_of: stats.as_of.as_microsecond(),
            rows_digest: stats.rows_digest,
            recent_from: day(stats.recent.0),
            recent_to: day(stats.recent.1),
            recent_rows: stats.recent_rows,
            null_rate: stats.null_rate,
            mean: stats.mean,
            std: stats.std,
            min,
            q05,
            q25,
            q50,
            q75,
            q95,
            max,
            training_from: day(stats.training.0),
            training_to: day(stats.training.1),
            training_rows: stats.training_rows,
            training_null_rate: stats.training_null_rate,
            training_mean: stats.training_mean,
            training_std: stats.training_std,
            psi: stats.psi,
            written_at: written_at.as_microsecond(),
        }
    }
}

impl TryFrom<Stored> for FeatureStats {
    type Error = crate::Error;

    fn try_from(row: Stored) -> Result<Self> {
        Ok(Self {
            feature: row.feature,
            as_of: AsOf::at(instant(row.as_of)?),
            rows_digest: row.rows_digest,
            recent: (session(row.recent_from)?, session(row.recent_to)?),
            recent_rows: row.recent_rows,
            null_rate: row.null_rate,
            mean: row.mean,
            std: row.std,
            quantiles: [row.min, row.q05, row.q25, row.q50, row.q75, row.q95, row.max],
            training: (session(row.training_from)?, session(row.training_to)?),
            training_rows: row.training_rows,
            training_null_rate: row.training_null_rate,
            training_mean: row.training_mean,
            training_std: row.training_std,
            psi: row.psi,
        })
    }
}
