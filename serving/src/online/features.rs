//! The features that are held, and how they are read.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::Timestamp;
use tokio::sync::Mutex;
use weekahead_features::View;
use weekahead_features::online::OnlineStore;
use weekahead_market::{AsOf, Calendar, Session, Symbol};
use weekahead_warehouse::{TableDigest, Warehouse};

use crate::Result;

/// The newest features of a view, of every symbol of a universe that has bars.
///
/// Reads take memory alone and wait for nothing that takes long: histories are computed beside the store, whose lock is held
/// while finished symbols are put in, or while a symbol takes its next bars.
#[derive(Debug)]
pub struct OnlineFeatures {
    pub(super) view: View,
    pub(super) warehouse: Warehouse,
    pub(super) universe: Vec<Symbol>,
    pub(super) held: Arc<Held>,
    /// For the one refresh that is under way.
    pub(super) bars: Mutex<Seen>,
    calendar: Calendar,
}

/// What the features that are held were computed from.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// All bars that there were.
    pub(super) all: Option<TableDigest>,
    /// Of each symbol that is held, the digest of all versions of its bars.
    pub(super) by_symbol: BTreeMap<Symbol, TableDigest>,
}

/// What is read while it is refreshed.
#[derive(Debug)]
pub(super) struct Held {
    store: RwLock<OnlineStore>,
    /// Where the last refresh stood that came to its end.
    as_of: RwLock<Option<AsOf>>,
}

/// The newest features of a symbol.
#[derive(Debug, Clone, PartialEq)]
pub struct OnlineRow {
    /// How old they are.
    pub freshness: OnlineFreshness,
    /// The features in the order asked for; NaN where missing.
    pub values: Vec<f32>,
}

/// How old the features of a symbol are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnlineFreshness {
    /// Whose features.
    pub symbol: Symbol,
    /// The session of its newest bar.
    pub session: Session,
    /// Since when its row could be known.
    pub knowledge_time: Timestamp,
    /// How many bars it follows from.
    pub sessions_seen: u64,
    /// How many sessions have closed since.
    pub lag_sessions: u64,
}

impl OnlineFeatures {
    /// Features of `view`, of the symbols of `universe`. There are none before the first [`refresh`](Self::refresh).
    ///
    /// # Errors
    /// [`CrossSectional`](weekahead_features::Error::CrossSectional) for a view with functions over all symbols.
    pub fn new(view: View, warehouse: Warehouse, universe: Vec<Symbol>) -> weekahead_features::Result<Self> {
        let store = RwLock::new(OnlineStore::new(&view)?);
        let held = Arc::new(Held { store, as_of: RwLock::default() });
        Ok(Self { view, warehouse, universe, held, bars: Mutex::default(), calendar: Calendar::nyse() })
    }

    /// The view.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Where the last refresh stood that came to its end; `None` before the first.
    pub fn as_of(&self) -> Option<AsOf> {
        self.held.as_of()
    }

    /// The newest row of a symbol: the features at these places of the view. `None` for a symbol that is not held.
    ///
    /// # Errors
    /// [`Error::Market`](crate::Error::Market) when `now` lies outside the calendar.
    pub fn latest(&self, symbol: &Symbol, places: &[usize], now: AsOf) -> Result<Option<OnlineRow>> {
        Ok(self.latest_of_each(std::slice::from_ref(symbol), places, now)?.pop().flatten())
    }

    /// [`latest`](Self::latest) of each symbol, in their order and all of one moment: the calendar and the lock are asked once.
    ///
    /// # Errors
    /// As [`latest`](Self::latest).
    pub fn latest_of_each(
        &self,
        symbols: &[Symbol],
        places: &[usize],
        now: AsOf,
    ) -> Result<Vec<Option<OnlineRow>>> {
        let last_closed = self.last_closed(now)?;
        let store = self.held.read();
        Ok(symbols.iter().map(|symbol| self.row(&store, symbol, places, last_closed)).collect())
    }

    /// How old the features of each symbol are that is held, in order of symbol.
    ///
    /// # Errors
    /// As [`latest`](Self::latest).
    pub fn freshness(&self, now: AsOf) -> Result<Vec<OnlineFreshness>> {
        let last_closed = self.last_closed(now)?;
        let store = self.held.read();
        let each = store.symbols().filter_map(|symbol| self.freshness_of(&store, symbol, last_closed));
        let mut all: Vec<_> = each.collect();
        drop(store);
        all.sort_unstable_by(|a, b| a.symbol.cmp(&b.symbol));
        Ok(all)
    }

    /// How many symbols are held.
    pub fn symbols_held(&self) -> usize {
        self.held.read().symbols().count()
    }

    /// The greatest lag of all symbols that are held; `None` when there are none.
    ///
    /// # Errors
    /// As [`latest`](Self::latest).
    pub fn lag_sessions(&self, now: AsOf) -> Result<Option<u64>> {
        let last_closed = self.last_closed(now)?;
        let store = self.held.read();
        let sessions = store.symbols().filter_map(|symbol| store.freshness(symbol)).map(|held| held.session);
        Ok(sessions.min().map(|oldest| self.lag(oldest, last_closed)))
    }

    fn row(
        &self,
        store: &OnlineStore,
        symbol: &Symbol,
        places: &[usize],
        last_closed: Session,
    ) -> Option<OnlineRow> {
        let held = store.latest(symbol)?.values;
        let values = places.iter().map(|place| held.get(*place).copied().unwrap_or(f32::NAN)).collect();
        Some(OnlineRow { freshness: self.freshness_of(store, symbol, last_closed)?, values })
    }

    fn freshness_of(
        &self,
        store: &OnlineStore,
        symbol: &Symbol,
        last_closed: Session,
    ) -> Option<OnlineFreshness> {
        let found = store.freshness(symbol)?;
        Some(OnlineFreshness {
            symbol: symbol.clone(),
            session: found.session,
            // The warehouse's instants end long before a timestamp's.
            knowledge_time: Timestamp::from_microsecond(found.knowledge_time).unwrap_or(Timestamp::MAX),
            sessions_seen: found.sessions_seen,
            lag_sessions: self.lag(found.session, last_closed),
        })
    }

    /// How many sessions have closed since one.
    fn lag(&self, session: Session, last_closed: Session) -> u64 {
        // As it is of most symbols most of the time: nothing to look up.
        if session == last_closed {
            return 0;
        }
        u64::try_from(self.calendar.distance(session, last_closed)).unwrap_or(0)
    }

    fn last_closed(&self, now: AsOf) -> Result<Session> {
        Ok(self.calendar.last_closed(now.instant())?)
    }
}

impl Held {
    /// For readers: never held while anything is computed.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, OnlineStore> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the one refresh that is under way. A store that was left in the middle of a change by a panic is one whose symbol
    /// was not written down as done: the next refresh loads it anew.
    pub(super) fn write(&self) -> RwLockWriteGuard<'_, OnlineStore> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn as_of(&self) -> Option<AsOf> {
        *self.as_of.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn stands_at(&self, as_of: AsOf) {
        *self.as_of.write().unwrap_or_else(PoisonError::into_inner) = Some(as_of);
    }
}
