//! Blocks of any columns: bulk reads travel in ClickHouse's Native format, a block at a time, because it streams
//! and because its columns need not be known when this crate is compiled.

use clickhouse::native::Block;
use clickhouse::native::decode::Decode;
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
    // Collecting results would forget how many there are, and grow the vector step by step.
    let mut values = Vec::with_capacity(block.num_rows());
    for value in column.iter().map_err(Error::Client)? {
        values.push(value.map_err(Error::Client)?);
    }
    Ok(values)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_one_symbol_is_one_allocation() {
        let mut symbols = Symbols::default();
        let (a, b) = (symbols.of("AAPL").unwrap(), symbols.of("AAPL").unwrap());
        assert_eq!(a.as_str().as_ptr(), b.as_str().as_ptr());
        assert!(symbols.of("two words").is_err());
    }
}
