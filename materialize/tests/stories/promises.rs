//! What holds at the end of every story, whatever was told.

use weekahead_features::View;
use weekahead_market::{AsOf, Session, Symbol};
use weekahead_warehouse::{BarVersion, Entities};

use crate::clock;
use crate::story::{Failure, Story};

/// An answer of the join, when it was given.
pub struct Heard {
    symbol: Symbol,
    as_of: AsOf,
    answer: Answer,
    /// Whether a bar came in afterwards that had been published before `as_of`. A backfill is not news, so it changes
    /// the answer; nothing else may.
    overtaken: bool,
}

/// The row that the join meets, its values to the bit.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub session: Option<Session>,
    pub knowledge_time: Option<i64>,
    pub values: Vec<u32>,
}

impl Story {
    /// Asks the join where a symbol's features stood, at each of some instants.
    pub fn ask(&self, view: &View, symbol: &Symbol, instants: &[AsOf]) -> Result<Vec<Answer>, Failure> {
        let entities: Entities = instants.iter().map(|as_of| (symbol.clone(), *as_of)).collect();
        let join =
            self.warehouse().point_in_time_join(view.name(), view.version(), view.features(), &entities);
        let joined = self.runtime.block_on(join)?;
        let answer = |row: usize| Answer {
            session: joined.sessions[row],
            knowledge_time: joined.knowledge_times[row],
            values: joined.columns.iter().map(|column| column[row].to_bits()).collect(),
        };
        Ok((0..joined.len()).map(answer).collect())
    }

    /// Remembers an answer.
    pub fn remember(&mut self, symbol: &Symbol, as_of: AsOf, answer: Answer) {
        self.heard.push(Heard { symbol: symbol.clone(), as_of, answer, overtaken: false });
    }

    /// Notes which answers a bar overtakes.
    pub fn note(&mut self, bar: &BarVersion) {
        let later = self.heard.iter_mut().filter(|heard| heard.as_of.as_microsecond() >= bar.knowledge_time);
        later.for_each(|heard| heard.overtaken = true);
    }

    /// A build of what is built writes nothing. A view that is built only now, once, gives every answer that the view gives
    /// that was built all along, and the answers are still those that were given then.
    pub fn keep_promises(&self) -> Result<(), Failure> {
        let view = self.view()?;
        let again = self.build_view(view)?;
        if (again.unchanged, again.written) != (again.symbols, 0) {
            return Err(format!("built again, the view changed: {again:?}").into());
        }
        let fresh = View::new("fresh", view.definitions().to_vec())?;
        self.build_view(&fresh)?;
        for heard in &self.heard {
            let Heard { symbol, as_of, answer, overtaken } = heard;
            let (now, from_fresh) =
                (self.ask(view, symbol, &[*as_of])?, self.ask(&fresh, symbol, &[*as_of])?);
            let at = clock::instant(as_of.as_microsecond());
            if now != from_fresh {
                return Err(format!("{symbol} at {at}: {now:?}, built at once {from_fresh:?}").into());
            }
            if !overtaken && now[0] != *answer {
                return Err(format!("{symbol} at {at}: {answer:?} then, {:?} now", now[0]).into());
            }
        }
        Ok(())
    }
}
