//! What the provider publishes, and since when each version of it counts as known.

use std::collections::BTreeMap;

use jiff::ToSpan;
use weekahead_market::{AsOf, Bar, Calendar, CorporateAction, Session, Symbol};
use weekahead_warehouse::BarVersion;

use crate::bar_version::first_version;
use crate::clock;
use crate::story::Failure;

/// How long after the close a source publishes a bar, in hours.
const LAG_HOURS: i64 = 1;

/// The bars told so far, on the real calendar of the New York Stock Exchange.
pub struct Feed {
    pub calendar: Calendar,
    versions: BTreeMap<(Symbol, Session), u32>,
}

impl Feed {
    pub fn new() -> Self {
        Self { calendar: Calendar::nyse(), versions: BTreeMap::new() }
    }

    /// Everyone of whom there is a bar.
    pub fn symbols(&self) -> Vec<Symbol> {
        let mut symbols: Vec<Symbol> = self.versions.keys().map(|(symbol, _)| symbol.clone()).collect();
        symbols.dedup();
        symbols
    }

    /// When the bar of a session is published.
    pub fn published(&self, session: Session) -> Result<AsOf, Failure> {
        Ok(AsOf::at(self.calendar.close(session)? + LAG_HOURS.hours()))
    }

    /// The version of a bar that comes in at an instant, dated as `dbt/models/marts/bars.sql` does: the first counts as
    /// known since it was published, however late it comes in; each that follows, since it came in.
    pub fn version(
        &mut self,
        now: AsOf,
        symbol: &Symbol,
        session: Session,
        bar: Bar,
        action: CorporateAction,
    ) -> Result<BarVersion, Failure> {
        let (closed, published) = (self.calendar.close(session)?, self.published(session)?);
        if now < published {
            let at = clock::instant(published.as_microsecond());
            return Err(format!("the bar of {session} is published at {at}").into());
        }
        let version = self.versions.entry((symbol.clone(), session)).or_default();
        *version += 1;
        let known = if *version == 1 { published } else { now };
        let (closed, known) = (closed.as_microsecond(), known.as_microsecond());
        let first = first_version(symbol.as_str(), session.days_since_epoch(), bar, action, closed, known);
        Ok(BarVersion { ingested_at: now.as_microsecond(), version: *version, ..first })
    }
}
