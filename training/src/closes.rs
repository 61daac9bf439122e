//! Adjusted closes up to an origin, as they were known in time: what models of one series at a time are fitted on.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use weekahead_features::Adjuster;
use weekahead_market::{Bar, Calendar, CorporateAction, Session, Symbol};
use weekahead_warehouse::BarHistory;

/// What the close of an origin is scaled to.
const BASE: f64 = 100.0;

/// The closes of many symbols, with all their versions. Copies share one memory: 40 bytes a version.
#[derive(Debug, Clone, Default)]
pub struct CloseHistory(Arc<Closes>);

#[derive(Debug, Default)]
struct Closes {
    /// The sessions of the exchange, from the first bar to the last.
    sessions: Vec<ExchangeSession>,
    /// Of each symbol the versions, in order of session, then knowledge time.
    versions: BTreeMap<Symbol, Vec<CloseVersion>>,
}

#[derive(Debug)]
struct ExchangeSession {
    session: Session,
    /// The opening of the session after it, in microseconds since 1970-01-01 UTC.
    deadline: i64,
}

#[derive(Debug, Clone, Copy)]
struct CloseVersion {
    session: Session,
    close: f64,
    action: CorporateAction,
    knowledge_time: i64,
}

impl CloseHistory {
    /// Takes the closes out of bar histories.
    pub fn new(calendar: &Calendar, histories: &[BarHistory]) -> Self {
        let of_history = |history: &BarHistory| {
            let version = |(session, bar, action, knowledge_time): (_, Bar, _, _)| CloseVersion {
                session,
                close: bar.close,
                action,
                knowledge_time,
            };
            (history.symbol().clone(), history.versions().map(version).collect())
        };
        let versions: BTreeMap<Symbol, Vec<CloseVersion>> = histories.iter().map(of_history).collect();
        Self(Arc::new(Closes { sessions: exchange_sessions(calendar, &versions), versions }))
    }

    /// The opening of the session after an origin, in microseconds since 1970-01-01 UTC: by then a week-ahead forecast has
    /// been made. `None` for a session that the exchange or the history does not have.
    pub fn deadline(&self, origin: Session) -> Option<i64> {
        Some(self.0.sessions[self.position(origin)?].deadline)
    }

    /// The last adjusted closes up to an origin, one a session of the exchange, oldest first.
    ///
    /// Of each bar the version counts that was the newest known by the opening of the session after the origin. A session
    /// without one, whether the symbol rested or the bar came too late, takes the close before it: at that instant the two
    /// cannot be told apart. Closes are chained over the splits and dividends of those versions (total return), so
    /// nothing that comes after the origin, or became known after that opening, changes a bit.
    ///
    /// # Shape
    /// `length` values.
    ///
    /// # Units
    /// The origin's close is 100.
    ///
    /// # Missing values
    /// NaN on the left: before the first bar, and before a corporate action that cannot be chained. All NaN for an origin
    /// that the exchange or the history does not have.
    pub fn window(&self, symbol: &Symbol, origin: Session, length: usize) -> Vec<f64> {
        let mut window = vec![f64::NAN; length];
        let closes = self.0.versions.get(symbol).map_or(&[][..], Vec::as_slice);
        if let Some(at) = self.position(origin) {
            let first = (at + 1).saturating_sub(length);
            let sessions = &self.0.sessions[first..=at];
            if let Some(unfilled) = length.checked_sub(sessions.len()) {
                fill(&mut window[unfilled..], sessions, closes);
            }
        }
        let unit = BASE / window.last().copied().unwrap_or(f64::NAN);
        window.iter_mut().for_each(|close| *close *= unit);
        window
    }

    /// How many bytes all closes take.
    pub(crate) fn bytes(&self) -> usize {
        self.0.versions.values().map(|versions| size_of_val(versions.as_slice())).sum()
    }

    /// Adds all versions up to a session to a digest.
    pub(crate) fn digest(&self, last: Session, hasher: &mut Sha256) {
        for (symbol, versions) in &self.0.versions {
            hasher.update(symbol.as_str().as_bytes());
            for version in versions.iter().take_while(|version| version.session <= last) {
                hasher.update(version.session.days_since_epoch().to_le_bytes());
                hasher.update(version.knowledge_time.to_le_bytes());
                for value in [version.close, version.action.dividend, version.action.split] {
                    hasher.update(value.to_bits().to_le_bytes());
                }
            }
        }
    }

    fn position(&self, session: Session) -> Option<usize> {
        self.0.sessions.binary_search_by_key(&session, |of_exchange| of_exchange.session).ok()
    }
}

fn exchange_sessions(
    calendar: &Calendar,
    versions: &BTreeMap<Symbol, Vec<CloseVersion>>,
) -> Vec<ExchangeSession> {
    let first = versions.values().filter_map(|of_symbol| of_symbol.first()).map(|v| v.session).min();
    let last = versions.values().filter_map(|of_symbol| of_symbol.last()).map(|v| v.session).max();
    let Some((first, last)) = first.zip(last) else { return Vec::new() };
    let with_deadline = |session: &Session| {
        let next = calendar.offset(*session, 1).ok()?;
        let deadline = calendar.open(next).ok()?.as_microsecond();
        Some(ExchangeSession { session: *session, deadline })
    };
    calendar.between(first, last).iter().filter_map(with_deadline).collect()
}

/// Chains the closes known by the last session's deadline, and puts the newest of each session into its slot.
fn fill(window: &mut [f64], sessions: &[ExchangeSession], versions: &[CloseVersion]) {
    let (Some(first), Some(origin)) = (sessions.first(), sessions.last()) else { return };
    let mut closes = known_closes(versions, first.session, origin).peekable();
    let (mut adjuster, mut level) = (Adjuster::new(), f64::NAN);
    for (slot, at) in sessions.iter().enumerate() {
        while let Some(next) = closes.next_if(|next| next.session <= at.session) {
            let bar = flat_bar(next.close);
            let factors = adjuster.step(&bar, &next.action).unwrap_or_else(|| {
                window[..slot].fill(f64::NAN);
                adjuster.restart(&bar)
            });
            level = next.close * factors.price;
        }
        window[slot] = level;
    }
}

/// Of each session up to the origin the newest version known by its deadline, from the last one before `first` on: with
/// that one the first slots are bridged.
fn known_closes<'a>(
    versions: &'a [CloseVersion],
    first: Session,
    origin: &ExchangeSession,
) -> impl Iterator<Item = &'a CloseVersion> {
    let deadline = origin.deadline;
    let known = move |version: &&CloseVersion| version.knowledge_time <= deadline;
    let versions = &versions[..versions.partition_point(|version| version.session <= origin.session)];
    let start = versions.partition_point(|version| version.session < first);
    let bridge = versions[..start].iter().rposition(|version| version.knowledge_time <= deadline);
    let sessions = versions[bridge.unwrap_or(start)..].chunk_by(|a, b| a.session == b.session);
    sessions.filter_map(move |of_session| of_session.iter().rev().find(known))
}

/// The chain of prices looks at nothing but the close.
fn flat_bar(close: f64) -> Bar {
    Bar { open: close, high: close, low: close, close, volume: 0.0 }
}
