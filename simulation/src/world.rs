//! The provider's side: which quotes it shows in a week, and how its answers are spoilt.

use std::collections::BTreeMap;
use std::path::Path;

use weekahead_ingest::replay::{self, DayQuote, FaultPlan, QuoteStore, SymbolQuotes};
use weekahead_market::{Calendar, Session, Symbol};

use crate::event::EventKind;
use crate::plan::week_of;
use crate::{Error, Event, FaultKind, Result, Scenario, Week};

/// Real quotes, as they would be without any event.
#[derive(Debug)]
pub struct World {
    symbols: Vec<Symbol>,
    quotes: QuoteStore,
}

impl World {
    /// Reads the quotes of some symbols.
    ///
    /// # Errors
    /// [`Error::NoQuotes`] for a symbol that is not among them; [`Error::PlanFile`] for a file that cannot be read.
    pub fn read(path: &Path, symbols: &[Symbol]) -> Result<Self> {
        let unusable = |error: weekahead_ingest::Error| Error::PlanFile {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        Self::new(QuoteStore::read(path).map_err(unusable)?, symbols)
    }

    /// Knows quotes that are in memory.
    ///
    /// # Errors
    /// [`Error::NoQuotes`] for a symbol that is not among them.
    pub fn new(quotes: QuoteStore, symbols: &[Symbol]) -> Result<Self> {
        if let Some(unknown) = symbols.iter().find(|symbol| quotes.get(symbol).is_none()) {
            return Err(Error::NoQuotes { symbol: unknown.clone() });
        }
        Ok(Self { symbols: symbols.to_vec(), quotes })
    }

    /// Whom events and faults can be about.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// Checks that a range lies within the quotes from `since` on, with a year before it to learn from.
    ///
    /// # Errors
    /// [`Error::OutsideQuotes`].
    pub fn check_range(
        &self,
        calendar: &Calendar,
        since: Session,
        first: Session,
        last: Session,
    ) -> Result<()> {
        let days =
            || self.symbols.iter().filter_map(|symbol| self.quotes.get(symbol)).map(SymbolQuotes::days);
        let quotes_first = days().filter_map(|days| days.first()).map(|day| day.session).min();
        let quotes_last = days().filter_map(|days| days.last()).map(|day| day.session).max();
        let (Some(quotes_first), Some(quotes_last)) =
            (quotes_first.map(|first| first.max(since)), quotes_last)
        else {
            return Ok(());
        };
        if calendar.distance(quotes_first, first) < 252 || last > quotes_last {
            return Err(Error::OutsideQuotes { first, last, quotes_first, quotes_last });
        }
        Ok(())
    }

    /// Whether the quotes have a bar.
    pub(crate) fn has_bar(&self, symbol: &Symbol, session: Session) -> bool {
        let days = self.quotes.get(symbol).map_or(&[][..], SymbolQuotes::days);
        days.binary_search_by_key(&session, |day| day.session).is_ok()
    }

    /// Whether the symbol is traded by a session, and not for the first time.
    pub(crate) fn is_listed(&self, symbol: &Symbol, session: Session) -> bool {
        let days = self.quotes.get(symbol).map_or(&[][..], SymbolQuotes::days);
        days.partition_point(|day| day.session <= session) > 20
    }

    /// The quotes that the provider shows in a week, whatever it is asked for.
    ///
    /// # Errors
    /// [`Error::Calendar`].
    pub fn shown(
        &self,
        calendar: &Calendar,
        weeks: &[Week],
        week: &Week,
        scenario: &Scenario,
    ) -> Result<QuoteStore> {
        let mut shown = BTreeMap::new();
        for symbol in &self.symbols {
            let mut days = self.quotes.get(symbol).map_or(&[][..], SymbolQuotes::days).to_vec();
            for event in scenario.events.iter().filter(|event| event.symbol == *symbol) {
                let since = week_of(calendar, weeks, event.session)?.unwrap_or(0);
                happen(event, &mut days, week.number >= since + event.kind.weeks_later());
            }
            for fault in scenario.faults.iter().filter(|fault| fault.kind.symbol() == Some(symbol)) {
                if week_of(calendar, weeks, fault.week)? == Some(week.number) {
                    withhold(&fault.kind, &mut days, calendar, week.origin)?;
                }
            }
            // Sessions stay distinct: days are only left out or changed.
            shown.insert(symbol.clone(), SymbolQuotes::new(days).unwrap_or_default());
        }
        Ok(QuoteStore::new(shown))
    }

    /// How the provider's answers are spoilt in a week.
    ///
    /// # Errors
    /// [`Error::Calendar`].
    pub fn spoilt(
        &self,
        calendar: &Calendar,
        weeks: &[Week],
        week: &Week,
        scenario: &Scenario,
    ) -> Result<FaultPlan> {
        let mut plan = FaultPlan::default();
        for fault in &scenario.faults {
            if week_of(calendar, weeks, fault.week)? != Some(week.number) {
                continue;
            }
            plan = match &fault.kind {
                FaultKind::Away => self
                    .symbols
                    .iter()
                    .fold(plan, |plan, symbol| plan.always(symbol, replay::Fault::status(503))),
                FaultKind::Garbled { symbol } => plan.on(symbol, 2, replay::Fault::Html),
                FaultKind::Duplicated { symbol } => plan.always(symbol, replay::Fault::DuplicateRow),
                FaultKind::Late { .. } | FaultKind::Invalid { .. } | FaultKind::Crash { .. } => plan,
            };
        }
        Ok(plan)
    }
}

/// What the provider shows of an event, before and after it has become known.
fn happen(event: &Event, days: &mut Vec<DayQuote>, known: bool) {
    match event.kind {
        EventKind::Delisting => days.retain(|day| day.session <= event.session),
        EventKind::Missing => days.retain(|day| day.session != event.session),
        EventKind::Restatement { factor, .. } if known => {
            let restated = days.iter_mut().filter(|day| day.session == event.session);
            restated.for_each(|day| scale(day, factor));
        }
        EventKind::Restatement { .. } => {}
        EventKind::Split { ratio, .. } => {
            for day in days.iter_mut().filter(|day| day.session >= event.session) {
                scale(day, 1.0 / ratio);
                day.bar.volume = (day.bar.volume * ratio).round();
                day.action.dividend /= ratio;
                if known && day.session == event.session {
                    day.action.split *= ratio;
                }
            }
        }
    }
}

/// What the provider does not show of a week that ends with `origin`, or shows wrong.
fn withhold(kind: &FaultKind, days: &mut Vec<DayQuote>, calendar: &Calendar, origin: Session) -> Result<()> {
    match kind {
        FaultKind::Late { sessions, .. } => {
            let from = calendar.offset(origin, 1 - i64::from(*sessions))?;
            days.retain(|day| day.session < from);
        }
        FaultKind::Invalid { .. } => {
            let last = days.iter_mut().filter(|day| day.session == origin);
            last.for_each(|day| day.bar.high = 0.9 * day.bar.low);
        }
        _ => {}
    }
    Ok(())
}

fn scale(day: &mut DayQuote, factor: f64) {
    let bar = &mut day.bar;
    for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
        *price *= factor;
    }
}
