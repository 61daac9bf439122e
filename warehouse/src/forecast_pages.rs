//! Stored forecasts a page at a time, newest first.

use uuid::Uuid;
use weekahead_market::{AsOf, Session, Symbol};

use crate::bars::AT;
use crate::forecasts::Stored;
use crate::{ForecastFilter, ForecastRow, Result, Warehouse};

/// Where a forecast stands in the order of pages: newest origin first, then by symbol, then by id.
///
/// It is a key, and not a number of rows: what is written meanwhile moves nobody's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForecastPlace {
    /// The session that it stands on.
    pub origin: Session,
    /// The instrument.
    pub symbol: Symbol,
    /// Its id.
    pub forecast_id: Uuid,
}

impl From<&ForecastRow> for ForecastPlace {
    fn from(row: &ForecastRow) -> Self {
        let key = &row.forecast.key;
        Self { origin: key.origin, symbol: key.symbol.clone(), forecast_id: row.id() }
    }
}

/// What comes after a place.
const AFTER: &str = " AND (origin < {place_origin:Date32} OR (origin = {place_origin:Date32} \
    AND (symbol, toString(forecast_id)) > ({place_symbol:String}, {place_id:String})))";

impl Warehouse {
    /// At most `limit` of the forecasts that a reader at `as_of` may see, from behind a place on: newest origin first, then by symbol,
    /// then by id.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before the migrations; connection errors.
    pub async fn forecast_page(
        &self,
        as_of: AsOf,
        filter: &ForecastFilter,
        after: Option<&ForecastPlace>,
        limit: usize,
    ) -> Result<Vec<ForecastRow>> {
        let sql = format!(
            "SELECT ?fields FROM forecasts.forecasts FINAL WHERE as_of <= {AT}{}{} \
             ORDER BY origin DESC, symbol, toString(forecast_id) LIMIT {{limit:UInt64}}",
            filter.conditions(),
            if after.is_some() { AFTER } else { "" },
        );
        let query = self.query(&sql).param("as_of", as_of.as_microsecond()).param("limit", limit as u64);
        let mut query = filter.bind(query);
        if let Some(place) = after {
            query = query
                .param("place_origin", place.origin.to_string())
                .param("place_symbol", place.symbol.to_string())
                .param("place_id", place.forecast_id.to_string());
        }
        self.rows::<Stored>(query).await?.into_iter().map(ForecastRow::try_from).collect()
    }
}
