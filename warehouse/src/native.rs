//! Columns over the wire: bulk reads and writes travel in ClickHouse's Native format, a block at a time, because
//! it streams and because its columns need not be known when this crate is compiled.

use clickhouse::native::builder::{BlockBuilder, UpsertColumnError};
use clickhouse::native::decode::Decode;
use clickhouse::native::encode::{Encode, ValueWriter};
use clickhouse::native::{Block, DataTypeNode};
use clickhouse::query::Query;
use weekahead_market::{Session, Symbol};

use crate::{Error, Result, Warehouse};

impl Warehouse {
    /// Hands every block of a query's answer to `take`, in order.
    pub(crate) async fn blocks(
        &self,
        query: Query,
        mut take: impl FnMut(&Block) -> Result<()>,
    ) -> Result<()> {
        let mut cursor = query.fetch_native().map_err(|error| self.error(error))?;
        while let Some(block) = self.within(cursor.next()).await? {
            take(&block)?;
        }
        Ok(())
    }
}

/// A column of a block, by name.
pub(crate) fn column<'a, T: Decode<'a>>(block: &'a Block, name: &str) -> Result<Vec<T>> {
    let column = block
        .column_by_name(name)
        .ok_or_else(|| Error::Stored { detail: format!("the answer has no column `{name}`") })?;
    column.iter().and_then(Iterator::collect).map_err(Error::Client)
}

/// A stored day number as a session.
pub(crate) fn session(days: i32) -> Result<Session> {
    Session::from_days_since_epoch(days)
        .ok_or_else(|| Error::Stored { detail: format!("{days} is not a session") })
}

/// Turns runs of the same text into clones of one symbol.
#[derive(Default)]
pub(crate) struct Symbols {
    last: Option<Symbol>,
}

impl Symbols {
    pub(crate) fn of(&mut self, text: &str) -> Result<Symbol> {
        match &self.last {
            Some(symbol) if symbol.as_str() == text => Ok(symbol.clone()),
            _ => Ok(self.last.insert(Symbol::new(text)?).clone()),
        }
    }
}

/// A `Date32` column's value: days since 1970-01-01.
pub(crate) struct Days(pub i32);

impl Encode for Days {
    fn produces() -> DataTypeNode {
        DataTypeNode::Date32
    }

    fn encode(&self, writer: &mut ValueWriter<'_>) -> std::result::Result<(), BoxedError> {
        Ok(writer.write_fixed(&self.0.to_le_bytes())?)
    }
}

/// A `DateTime64(6, 'UTC')` column's value: microseconds since 1970-01-01 UTC.
pub(crate) struct Micros(pub i64);

impl Encode for Micros {
    fn produces() -> DataTypeNode {
        DataTypeNode::new("DateTime64(6, 'UTC')").unwrap_or(DataTypeNode::Int64)
    }

    fn encode(&self, writer: &mut ValueWriter<'_>) -> std::result::Result<(), BoxedError> {
        Ok(writer.write_fixed(&self.0.to_le_bytes())?)
    }
}

type BoxedError = Box<dyn std::error::Error + Send + Sync>;

/// Adds a column to a block that is being built.
pub(crate) fn add_column<T: Encode>(
    block: &mut BlockBuilder,
    name: &str,
    values: impl IntoIterator<Item = T>,
) -> Result<()> {
    let failed = |error: BoxedError| Error::Client(clickhouse::error::Error::Other(error));
    let mut column = block.upsert_column::<T>(name).map_err(|e: UpsertColumnError| failed(e.into()))?;
    column.add_all(values).map_err(failed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_travel_as_what_the_tables_hold() {
        assert_eq!(Micros::produces().to_string(), "DateTime64(6, 'UTC')");
        assert_eq!(Days::produces().to_string(), "Date32");
    }

    #[test]
    fn a_run_of_one_symbol_is_one_allocation() {
        let mut symbols = Symbols::default();
        let (a, b) = (symbols.of("AAPL").unwrap(), symbols.of("AAPL").unwrap());
        assert_eq!(a.as_str().as_ptr(), b.as_str().as_ptr());
        assert!(symbols.of("two words").is_err());
    }
}
