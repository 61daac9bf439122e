//! What returns between some sessions follow from, for a fraction of the reading of all bars.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use clickhouse::native::Block;
use weekahead_market::{AsOf, Bar, BarSeries, CorporateAction, Session, Symbol};

use crate::bars::{AT, Known, NewestBars};
use crate::native::{Symbols, column, session};
use crate::{Result, Warehouse};

impl Warehouse {
    /// Folds `take` over the closes known at `as_of` of some sessions, symbol by symbol, from the first to the last of `symbols`: one
    /// symbol is in memory at a time. They have the shape of [`bars`](Self::bars), of each session the newest version's. A symbol that
    /// had a split or a dividend from `from` on comes with all of its bars since, for its returns are chained over them. All prices of a
    /// bar are its close, its volume is 0, and it counts as known at `as_of`.
    ///
    /// # Errors
    /// As [`bars`](Self::bars), but for prices that are not looked at.
    pub async fn fold_closes<T: Default>(
        &self,
        as_of: AsOf,
        symbols: RangeInclusive<&Symbol>,
        from: Session,
        sessions: &BTreeSet<Session>,
        take: impl Fn(&mut T, &Symbol, &BarSeries),
    ) -> Result<T> {
        let known = format!(
            "symbol BETWEEN {{first:String}} AND {{last:String}} AND session >= {{from:Date32}} \
             AND knowledge_time <= {AT} AND event_time <= {AT}"
        );
        let sql = format!(
            "SELECT symbol, toInt32(session) AS day, close, dividend, split FROM marts.bars WHERE {known} \
             AND (session IN {{sessions:Array(Date32)}} OR symbol {} \
             (SELECT symbol FROM marts.bars WHERE {known} AND (dividend != 0 OR split != 1))) \
             ORDER BY symbol, session, knowledge_time, version",
            self.topology.in_subquery()
        );
        let sessions: Vec<String> = sessions.iter().map(Session::to_string).collect();
        self.read(|| async {
            let (mut folded, mut seen) = (T::default(), Symbols::default());
            let mut newest = NewestBars::new(|symbol, series| take(&mut folded, &symbol, &series));
            let query =
                self.query(&sql).param("as_of", as_of.as_microsecond()).param("from", from.to_string());
            let query = query
                .param("sessions", &sessions)
                .param("first", symbols.start().as_str())
                .param("last", symbols.end().as_str());
            self.blocks(query, |block| push_all(&mut newest, &mut seen, block, as_of)).await?;
            newest.finish()?;
            Ok(folded)
        })
        .await
    }
}

fn push_all(
    newest: &mut NewestBars<impl FnMut(Symbol, BarSeries)>,
    symbols: &mut Symbols,
    block: &Block,
    as_of: AsOf,
) -> Result<()> {
    let (names, days): (Vec<&str>, Vec<i32>) = (column(block, "symbol")?, column(block, "day")?);
    let closes: Vec<f64> = column(block, "close")?;
    let (dividends, splits): (Vec<f64>, Vec<f64>) = (column(block, "dividend")?, column(block, "split")?);
    for (row, (name, day)) in names.into_iter().zip(days).enumerate() {
        let close = closes[row];
        newest.push(Known {
            symbol: symbols.of(name)?,
            session: session(day)?,
            bar: Bar { open: close, high: close, low: close, close, volume: 0.0 },
            action: CorporateAction { dividend: dividends[row], split: splits[row] },
            knowledge_time: as_of.as_microsecond(),
        })?;
    }
    Ok(())
}
