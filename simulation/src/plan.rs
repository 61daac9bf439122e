//! What is to happen: events and faults that are named, and how many are drawn.

use std::path::Path;

use serde::{Deserialize, Serialize};
use weekahead_market::{Calendar, Session};

use crate::draw::{self, Seeded};
use crate::event::EventKind;
use crate::{Error, Event, Fault, FaultKind, Result, Week, World};

/// A plan as its file says it.
///
/// ```toml
/// [[events]]
/// kind = "split"                # delisting | missing | restatement | split
/// symbol = "IBM"
/// session = "2010-05-03"
/// ratio = 2.0
/// weeks_later = 1
///
/// [[faults]]
/// kind = "late"                 # late | invalid | duplicated | garbled | away | crash
/// week = "2010-07-16"
/// symbol = "MSFT"
/// sessions = 2
///
/// [seeded]                      # drawn with --seed, beside those above
/// events = 10
/// faults = 200
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// What happens in the world.
    pub events: Vec<Event>,
    /// What goes wrong and is mended.
    pub faults: Vec<Fault>,
    /// What is drawn.
    pub seeded: Seeded,
}

/// All that happens in a simulation, drawn and checked.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Scenario {
    /// What happens in the world, by symbol and session.
    pub events: Vec<Event>,
    /// What goes wrong and is mended, by week.
    pub faults: Vec<Fault>,
}

impl Plan {
    /// Reads a plan from a file.
    ///
    /// # Errors
    /// [`Error::PlanFile`].
    pub fn read(path: &Path) -> Result<Self> {
        let wrong = |reason: String| Error::PlanFile { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        toml::from_str(&text).map_err(|error| wrong(error.to_string()))
    }

    /// Draws what is to be drawn and checks that all of it can happen, and that its faults can be mended.
    ///
    /// # Errors
    /// [`Error::Impossible`], [`Error::TooManyFaults`].
    pub fn scenario(
        &self,
        world: &World,
        calendar: &Calendar,
        weeks: &[Week],
        seed: u64,
    ) -> Result<Scenario> {
        let mut scenario = Scenario::default();
        for event in &self.events {
            scenario.add_event(event.clone(), world, calendar, weeks)?;
        }
        draw::events(&mut scenario, self.seeded.events, world, calendar, weeks, seed)?;
        for fault in &self.faults {
            scenario.add_fault(fault.clone(), world, calendar, weeks)?;
        }
        draw::faults(&mut scenario, self.seeded.faults, world, calendar, weeks, seed)?;
        scenario.events.sort_by(|a, b| (&a.symbol, a.session).cmp(&(&b.symbol, b.session)));
        scenario.faults.sort_by_key(|fault| fault.week);
        Ok(scenario)
    }
}

impl Scenario {
    /// The same world, where nothing goes wrong.
    #[must_use]
    pub fn undisturbed(&self) -> Self {
        Self { events: self.events.clone(), faults: Vec::new() }
    }

    pub(crate) fn add_event(
        &mut self,
        event: Event,
        world: &World,
        calendar: &Calendar,
        weeks: &[Week],
    ) -> Result<()> {
        let impossible =
            |reason: &str| Error::Impossible { what: event.to_string(), reason: reason.to_owned() };
        if let Some(reason) = event.kind.fault() {
            return Err(impossible(reason));
        }
        if !world.has_bar(&event.symbol, event.session) {
            return Err(impossible("there is no bar of it in the quotes"));
        }
        let Some(number) = week_of(calendar, weeks, event.session)? else {
            return Err(impossible("it lies outside the simulated weeks"));
        };
        if number + event.kind.weeks_later() >= weeks.len() {
            return Err(impossible("it could be seen after the last simulated week alone"));
        }
        let near = |other: &Event| {
            other.symbol == event.symbol && calendar.distance(other.session, event.session).abs() <= 20
        };
        if self.events.iter().any(near) {
            return Err(impossible("another event of the symbol is less than a month away"));
        }
        let over = |other: &Event| {
            other.symbol == event.symbol
                && other.kind == EventKind::Delisting
                && other.session < event.session
        };
        if self.events.iter().any(over) {
            return Err(impossible("the symbol is delisted before"));
        }
        self.events.push(event);
        Ok(())
    }

    pub(crate) fn add_fault(
        &mut self,
        fault: Fault,
        world: &World,
        calendar: &Calendar,
        weeks: &[Week],
    ) -> Result<()> {
        let impossible = |reason: String| Error::Impossible { what: fault.to_string(), reason };
        let Some(number) = week_of(calendar, weeks, fault.week)? else {
            return Err(impossible("it lies outside the simulated weeks".to_owned()));
        };
        if let Some(symbol) = fault.kind.symbol()
            && !world.is_listed(symbol, weeks[number].origin)
        {
            return Err(impossible(format!("{symbol} is not traded then")));
        }
        match fault.kind {
            FaultKind::Late { sessions: 0, .. } | FaultKind::Late { sessions: 6.., .. } => {
                return Err(impossible("sessions must be 1 to 5".to_owned()));
            }
            FaultKind::Crash { at, .. } if !(0.0..=1.0).contains(&at) => {
                return Err(impossible("at must lie between 0 and 1".to_owned()));
            }
            _ => {}
        }
        let week = |session| week_of(calendar, weeks, session);
        for other in &self.faults {
            let apart = week(other.week)?.map_or(usize::MAX, |other| other.abs_diff(number));
            if apart == 0 && meets(&fault.kind, &other.kind) {
                return Err(impossible(format!("{other} is in its way")));
            }
            // A week waits for two weeks at most.
            if apart < 3 && fault.kind == FaultKind::Away && other.kind.delays()
                || apart < 3 && other.kind == FaultKind::Away && fault.kind.delays()
            {
                return Err(impossible(format!(
                    "{other} is less than three weeks away: it could not be waited for"
                )));
            }
        }
        for event in self.events.iter().filter(|_| fault.kind.delays()) {
            let Some(first) = week(event.session)? else { continue };
            let concerns = fault.kind.symbol().is_none_or(|symbol| *symbol == event.symbol);
            if concerns && (first..=first + event.kind.weeks_later() + 2).contains(&number) {
                return Err(impossible(format!("{event} would be seen otherwise, which nothing mends")));
            }
        }
        self.faults.push(fault);
        Ok(())
    }
}

/// Whether two faults of one week cannot both happen.
fn meets(one: &FaultKind, other: &FaultKind) -> bool {
    match (one, other) {
        (FaultKind::Crash { step: one, .. }, FaultKind::Crash { step: other, .. }) => one == other,
        (FaultKind::Crash { .. }, _) | (_, FaultKind::Crash { .. }) => false,
        (FaultKind::Away, _) | (_, FaultKind::Away) => true,
        // The provider has one answer for a symbol.
        _ => one.symbol() == other.symbol(),
    }
}

/// The number of the week that a day lies in.
pub(crate) fn week_of(calendar: &Calendar, weeks: &[Week], day: Session) -> Result<Option<usize>> {
    let last = calendar.last_of_week(day)?;
    Ok(weeks.binary_search_by_key(&last, |week| week.origin).ok())
}
