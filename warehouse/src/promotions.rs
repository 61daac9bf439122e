//! Decisions about the champion, with their evidence.

use clickhouse::Row;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use weekahead_market::AsOf;

use crate::bars::AT;
use crate::forecasts::instant;
use crate::{Error, Result, Warehouse};

/// One decision: a row of `ops.promotions`.
///
/// # Missing values
/// `previous_version` is `None` when there was no champion; `champion_value` and `p_value` are then NaN. A person's decision
/// has no figures: all three values are NaN.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PromotionRow {
    /// When it was decided.
    pub decided_at: Timestamp,
    /// The registered model's name.
    pub model_name: String,
    /// The challenger's version.
    pub model_version: u32,
    /// The challenger's kind, such as `ridge`.
    pub model_kind: String,
    /// The run that trained the challenger.
    pub run_id: String,
    /// The champion's version before.
    pub previous_version: Option<u32>,
    /// Whether the challenger became the champion.
    pub promoted: bool,
    /// The metric decided by, or [`BY_HAND`](Self::BY_HAND) or [`ROLLBACK`](Self::ROLLBACK).
    pub metric: String,
    /// The challenger's value of it.
    pub challenger_value: f64,
    /// The champion's value of it.
    pub champion_value: f64,
    /// How likely a difference like this one is by chance.
    pub p_value: f64,
    /// Why, in one sentence.
    pub reason: String,
}

impl PromotionRow {
    /// In place of the metric: a person promoted the version.
    pub const BY_HAND: &'static str = "by_hand";
    /// In place of the metric: a person went back to the version.
    pub const ROLLBACK: &'static str = "rollback";

    /// Whether a person decided, and no session.
    pub fn is_by_hand(&self) -> bool {
        [Self::BY_HAND, Self::ROLLBACK].contains(&self.metric.as_str())
    }
}

impl Warehouse {
    /// Records a decision. The same decision again leaves one row.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] before the migrations; connection errors, after which the write may be repeated.
    pub async fn write_promotion(&self, row: &PromotionRow) -> Result<()> {
        self.insert("ops", "promotions", &[Stored::from(row)]).await
    }

    /// The decisions about a model made by `as_of`, oldest first.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] before the migrations; connection errors.
    pub async fn promotions(&self, as_of: AsOf, model_name: &str) -> Result<Vec<PromotionRow>> {
        let sql = format!(
            "SELECT ?fields FROM ops.promotions FINAL \
             WHERE model_name = {{model_name:String}} AND decided_at <= {AT} \
             ORDER BY decided_at, model_version, run_id"
        );
        let query = self.query(&sql).param("model_name", model_name).param("as_of", as_of.as_microsecond());
        self.rows::<Stored>(query).await?.into_iter().map(PromotionRow::try_from).collect()
    }
}

/// The row as the table has it: a previous version of 0 is none.
#[derive(Row, Serialize, Deserialize)]
struct Stored {
    decided_at: i64,
    model_name: String,
    model_version: u32,
    model_kind: String,
    run_id: String,
    previous_version: u32,
    promoted: bool,
    metric: String,
    challenger_value: f64,
    champion_value: f64,
    p_value: f64,
    reason: String,
}

impl From<&PromotionRow> for Stored {
    fn from(row: &PromotionRow) -> Self {
        Self {
            decided_at: row.decided_at.as_microsecond(),
            model_name: row.model_name.clone(),
            model_version: row.model_version,
            model_kind: row.model_kind.clone(),
            run_id: row.run_id.clone(),
            previous_version: row.previous_version.unwrap_or(0),
            promoted: row.promoted,
            metric: row.metric.clone(),
            challenger_value: row.challenger_value,
            champion_value: row.champion_value,
            p_value: row.p_value,
            reason: row.reason.clone(),
        }
    }
}

impl TryFrom<Stored> for PromotionRow {
    type Error = Error;

    fn try_from(row: Stored) -> Result<Self> {
        Ok(Self {
            decided_at: instant(row.decided_at)?,
            model_name: row.model_name,
            model_version: row.model_version,
            model_kind: row.model_kind,
            run_id: row.run_id,
            previous_version: (row.previous_version > 0).then_some(row.previous_version),
            promoted: row.promoted,
            metric: row.metric,
            challenger_value: row.challenger_value,
            champion_value: row.champion_value,
            p_value: row.p_value,
            reason: row.reason,
        })
    }
}
