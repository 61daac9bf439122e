//! Which symbols have bars, and how far they reach.

use clickhouse::Row;
use serde::Deserialize;
use weekahead_market::{AsOf, Session, Symbol};

use crate::bars::AT;
use crate::native::session;
use crate::{Result, Warehouse};

/// The sessions of a symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymbolExtent {
    /// The instrument.
    pub symbol: Symbol,
    /// The session of its first bar.
    pub first_session: Session,
    /// The session of its newest bar.
    pub last_session: Session,
    /// How many sessions have a bar.
    pub sessions: u64,
}

impl Warehouse {
    /// Every symbol with a bar known at `as_of`, in order.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before dbt ran; connection errors.
    pub async fn symbol_extents(&self, as_of: AsOf) -> Result<Vec<SymbolExtent>> {
        let sql = format!(
            "SELECT toString(symbol) AS name, toInt32(min(session)) AS first, toInt32(max(session)) AS last, \
             uniqExact(session) AS sessions FROM marts.bars \
             WHERE knowledge_time <= {AT} AND event_time <= {AT} GROUP BY symbol ORDER BY name"
        );
        let query = self.query(&sql).param("as_of", as_of.as_microsecond());
        self.rows::<Stored>(query).await?.into_iter().map(SymbolExtent::try_from).collect()
    }
}

impl Warehouse {
    /// The sessions, from `since` on, of which a bar is known at `as_of`, in order of symbol and session.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before dbt ran; connection errors.
    pub async fn bar_sessions(&self, as_of: AsOf, since: Session) -> Result<Vec<(Symbol, Session)>> {
        let sql = format!(
            "SELECT DISTINCT toString(symbol) AS name, toInt32(session) AS day FROM marts.bars \
             WHERE knowledge_time <= {AT} AND event_time <= {AT} AND session >= {{since:Date32}} \
             ORDER BY name, day"
        );
        let query = self.query(&sql).param("as_of", as_of.as_microsecond());
        let query = query.param("since", since.to_string());
        let rows = self.rows::<(String, i32)>(query).await?.into_iter();
        rows.map(|(name, day)| Ok((Symbol::new(&name)?, session(day)?))).collect()
    }
}

#[derive(Row, Deserialize)]
struct Stored {
    name: String,
    first: i32,
    last: i32,
    sessions: u64,
}

impl TryFrom<Stored> for SymbolExtent {
    type Error = crate::Error;

    fn try_from(row: Stored) -> Result<Self> {
        Ok(Self {
            symbol: Symbol::new(&row.name)?,
            first_session: session(row.first)?,
            last_session: session(row.last)?,
            sessions: row.sessions,
        })
    }
}
