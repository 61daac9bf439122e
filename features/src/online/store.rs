//! The online store.

use std::collections::HashMap;
use std::fmt;

use rayon::prelude::*;
use weekahead_market::{Bar, BarSeries, CorporateAction, Panel, Session, Symbol};

use super::Freshness;
use crate::executor::{Executor, Rows, State};
use crate::{Error, Result, View, batch};

/// The newest features of every symbol of a view, and what is needed to go on from there.
///
/// Plain memory: one vector of `f32` and the values that the next windows reach back to a symbol, 8.4 KB for
/// `alpha158`.
///
/// ```
/// use weekahead_features::{View, online::OnlineStore};
/// use weekahead_market::{Bar, CorporateAction, Symbol};
/// let view = View::parse("name = 'tiny'\n[[feature]]\nname = 'ma_2'\nexpr = 'Mean(close, 2) / close'").unwrap();
/// let mut store = OnlineStore::new(&view).unwrap();
/// let symbol = Symbol::new("AAPL").unwrap();
/// for (day, close) in [("2013-01-24", 10.0), ("2013-01-25", 30.0)] {
///     let bar = Bar { open: close, high: close, low: close, close, volume: 1.0 };
///     store.push(&symbol, day.parse().unwrap(), &bar, &CorporateAction::NONE, 0).unwrap();
/// }
/// assert_eq!(store.latest(&symbol).unwrap().values, [20.0 / 30.0]);
/// ```
pub struct OnlineStore {
    view: View,
    executor: Executor,
    entries: HashMap<Symbol, Entry>,
}

/// The newest features of a symbol.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latest<'a> {
    /// The session of its newest bar.
    pub session: Session,
    /// Since when the row could be known, in microseconds since 1970-01-01 UTC: since the last of all bars was, for prices
    /// are chained from the first one on.
    pub knowledge_time: i64,
    /// The features in the view's order; NaN where missing.
    pub values: &'a [f32],
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) session: Session,
    /// When the last of the bars was known.
    pub(super) known: i64,
    pub(super) bars: u64,
    pub(super) state: State,
    pub(super) values: Box<[f32]>,
}

impl OnlineStore {
    /// An empty store.
    ///
    /// # Errors
    /// [`Error::CrossSectional`] for a view with functions over all symbols: a bar of one symbol would change all others'
    /// features.
    pub fn new(view: &View) -> Result<Self> {
        if view.is_cross_sectional() {
            return Err(Error::CrossSectional { view: view.name().to_owned() });
        }
        let executor = Executor::new(view.plan(), 1);
        Ok(Self { view: view.clone(), executor, entries: HashMap::new() })
    }

    /// The view whose features it holds.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// A store of the histories of a panel, computed in parallel over symbols; the same as [`load`](Self::load) of each.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_panel(view: &View, panel: &Panel) -> Result<Self> {
        let mut store = Self::new(view)?;
        let histories: Vec<_> = panel.iter().collect();
        let computed = histories.into_par_iter().map_init(
            || batch::executor(view.plan()),
            |executor, (symbol, series)| {
                executor.reset();
                Some((symbol.clone(), Entry::of(view, executor, series)?))
            },
        );
        store.entries = computed.flatten().collect();
        Ok(store)
    }

    /// Takes the history of a symbol, in place of what it had: at a start, what the warehouse holds.
    pub fn load(&mut self, symbol: &Symbol, series: &BarSeries) {
        self.forget(symbol);
        let entry = Entry::of(&self.view, &mut batch::executor(self.view.plan()), series);
        self.entries.extend(entry.map(|entry| (symbol.clone(), entry)));
    }

    /// Takes all symbols of another store of this view, in place of what it had of them: what is long to compute can be
    /// computed beside a store that is being read.
    ///
    /// # Errors
    /// [`Error::Saved`] when the other is of another view, or of another version of it: nothing changes then.
    pub fn absorb(&mut self, other: Self) -> Result<()> {
        super::saved::check_view(&self.view, other.view.name(), other.view.version())?;
        self.entries.extend(other.entries);
        Ok(())
    }

    /// Forgets a symbol.
    pub fn forget(&mut self, symbol: &Symbol) {
        self.entries.remove(symbol);
    }

    /// Takes the next bar of a symbol, known since `knowledge_time` (microseconds), and gives its features.
    ///
    /// # Errors
    /// [`Error::Bar`] for a bar that cannot be true, or whose session is not later than the last one's: nothing changes
    /// then. A restated bar needs [`OnlineStore::load`].
    pub fn push(
        &mut self,
        symbol: &Symbol,
        session: Session,
        bar: &Bar,
        action: &CorporateAction,
        knowledge_time: i64,
    ) -> Result<&[f32]> {
        self.check(symbol, session, bar)?;
        let entry = self.entries.entry(symbol.clone()).or_insert_with(|| Entry {
            session,
            known: knowledge_time,
            bars: 0,
            state: State::first(self.view.plan()),
            values: vec![f32::NAN; self.view.features().len()].into_boxed_slice(),
        });
        let rows = Rows {
            sessions: &[session],
            bars: std::slice::from_ref(bar),
            actions: std::slice::from_ref(action),
            crosses: &[],
        };
        let values = &mut entry.values;
        self.executor.resume(&entry.state);
        self.executor.advance(rows, |feature, block| values[feature] = block[0] as f32);
        self.executor.suspend(&mut entry.state);
        (entry.session, entry.known) = (session, entry.known.max(knowledge_time));
        entry.bars += 1;
        Ok(&entry.values)
    }

    /// The newest features of a symbol; `None` before its first bar.
    pub fn latest(&self, symbol: &Symbol) -> Option<Latest<'_>> {
        let entry = self.entries.get(symbol)?;
        Some(Latest { session: entry.session, knowledge_time: entry.known, values: &entry.values })
    }

    /// How old the features of a symbol are; `None` before its first bar.
    pub fn freshness(&self, symbol: &Symbol) -> Option<Freshness> {
        let entry = self.entries.get(symbol)?;
        Some(Freshness { session: entry.session, knowledge_time: entry.known, sessions_seen: entry.bars })
    }

    /// The symbols that it holds, in no order.
    pub fn symbols(&self) -> impl ExactSizeIterator<Item = &Symbol> {
        self.entries.keys()
    }

    /// Saves everything that is needed to go on: see [`OnlineStore::restore`].
    ///
    /// # Errors
    /// [`Error::Saved`] when there is no memory for it.
    pub fn save(&self) -> Result<Vec<u8>> {
        super::saved::write(&self.view, &self.entries)
    }

    /// A store as it was when it was saved.
    ///
    /// # Errors
    /// [`Error::Saved`] for bytes that are damaged, or of another view, another version of it, or another build's layout.
    pub fn restore(view: &View, bytes: &[u8]) -> Result<Self> {
        let mut store = Self::new(view)?;
        store.entries = super::saved::read(view, bytes)?;
        Ok(store)
    }

    fn check(&self, symbol: &Symbol, session: Session, bar: &Bar) -> Result<()> {
        let last = self.entries.get(symbol).map(|entry| entry.session);
        let problem = match (bar.fault(), last) {
            (Some(fault), _) => format!("it cannot be true ({fault})"),
            (None, Some(last)) if last >= session => format!("it is not later than {last}, the last one"),
            _ => return Ok(()),
        };
        Err(Error::Bar { symbol: symbol.to_string(), session: session.to_string(), problem })
    }
}

impl fmt::Debug for OnlineStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OnlineStore({:?}, {} symbols)", self.view, self.entries.len())
    }
}

impl Entry {
    /// What a history comes to; `None` without a bar. The executor stands before its first session.
    fn of(view: &View, executor: &mut Executor, series: &BarSeries) -> Option<Self> {
        let (session, known) = (*series.sessions().last()?, *series.knowledge_times().iter().max()?);
        let mut values = vec![f32::NAN; view.features().len()].into_boxed_slice();
        batch::run(executor, series, &Vec::new(), |feature, _, block| {
            values[feature] = block.last().map_or(f32::NAN, |value| *value as f32);
        });
        Some(Self { session, known, bars: series.len() as u64, state: executor.state(), values })
    }
}
