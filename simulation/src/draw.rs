//! Events and faults that a seed decides on.

use rand::Rng;
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use weekahead_market::{Calendar, Symbol};

use crate::event::EventKind;
use crate::{Error, Event, Fault, FaultKind, Result, Scenario, Step, Week, World};

/// How much is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seeded {
    /// Restatements, missing bars and splits; nobody is delisted by lot.
    pub events: usize,
    /// Late and doubled bars, garbled answers, a provider away, crashes.
    pub faults: usize,
}

/// Draws for each event or fault until one fits. That many misses mean that there is no room.
const DRAWS: usize = 500;

/// Adds `count` events.
pub(crate) fn events(
    scenario: &mut Scenario,
    count: usize,
    world: &World,
    calendar: &Calendar,
    weeks: &[Week],
    seed: u64,
) -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    draw(count, || scenario.add_event(event(&mut rng, world, calendar, weeks)?, world, calendar, weeks).ok())
}

/// Adds `count` faults; the first week is spared, for there to be something to go on from.
pub(crate) fn faults(
    scenario: &mut Scenario,
    count: usize,
    world: &World,
    calendar: &Calendar,
    weeks: &[Week],
    seed: u64,
) -> Result<()> {
    // Another stream than that of the events: more of those must not change these.
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(1);
    draw(count, || scenario.add_fault(fault(&mut rng, world, weeks)?, world, calendar, weeks).ok())
}

/// Adds one after the other, each drawn until it fits.
fn draw(count: usize, mut fits: impl FnMut() -> Option<()>) -> Result<()> {
    for found in 0..count {
        if !(0..DRAWS).any(|_| fits().is_some()) {
            return Err(Error::TooManyFaults { wanted: count, found });
        }
    }
    Ok(())
}

fn event(rng: &mut ChaCha8Rng, world: &World, calendar: &Calendar, weeks: &[Week]) -> Option<Event> {
    let symbol = world.symbols().choose(rng)?.clone();
    let week = weeks.choose(rng)?;
    let session = calendar.offset(week.origin, -rng.random_range(0..4)).ok()?;
    let weeks_later = rng.random_range(1..=2);
    let kind = match rng.random_range(0..4) {
        0 => EventKind::Missing,
        1 => EventKind::Split { ratio: *[2.0, 3.0, 0.5].choose(rng)?, weeks_later },
        _ => EventKind::Restatement { factor: 1.0 + rng.random_range(1..=20) as f64 / 1e3, weeks_later },
    };
    Some(Event { symbol, session, kind })
}

fn fault(rng: &mut ChaCha8Rng, world: &World, weeks: &[Week]) -> Option<Fault> {
    let week = weeks.get(1..)?.choose(rng)?.origin;
    let symbol: Symbol = world.symbols().choose(rng)?.clone();
    let kind = match rng.random_range(0..20) {
        0..8 => FaultKind::Late { symbol, sessions: rng.random_range(1..=5) },
        8..12 => FaultKind::Duplicated { symbol },
        12..15 => FaultKind::Garbled { symbol },
        15 => FaultKind::Away,
        _ => FaultKind::Crash {
            step: *Step::ALL.choose(rng)?,
            at: f64::from(rng.random_range(0..100_u8)) / 100.0,
        },
    };
    Some(Fault { week, kind })
}
