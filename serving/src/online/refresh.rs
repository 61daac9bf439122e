//! How held features follow the bars: what is new is pushed, what is not merely new is computed from its whole history.

use std::sync::Arc;

use weekahead_features::View;
use weekahead_features::online::OnlineStore;
use weekahead_market::{AsOf, BarSeries, Symbol};
use weekahead_warehouse::BarHistory;

use super::OnlineFeatures;
use super::change::Changes;
use super::features::Held;
use crate::{Error, Result};

/// Symbols whose bars are in memory at once: some 90 MB for forty years of each.
const GROUP: usize = 128;

/// What a refresh did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Symbols that took new bars.
    pub pushed: usize,
    /// Symbols that were computed from their whole history.
    pub loaded: usize,
    /// Symbols that have no bars any more.
    pub gone: usize,
}

impl OnlineFeatures {
    /// Brings every symbol of the universe up to the bars known at `now`.
    ///
    /// The warehouse sums up all bars, and where the sum is that of the last refresh there is nothing to do. Else it sums up those of each symbol, and only symbols for which they differ from what was read last are looked at.
    /// What is held is served throughout. Bars that come in between the digests and the read of the bars are seen, too, at the
    /// latest by the next refresh: its digests differ.
    ///
    /// # Errors
    /// Errors of the warehouse; what was refreshed before is kept, and the next refresh does the rest.
    pub async fn refresh(&self, now: AsOf) -> Result<Refreshed> {
        let mut seen = self.bars.lock().await;
        // Before anything else is read: what comes in between is seen by the next refresh.
        let all = self.warehouse.known_bars(now).await?;
        if seen.all == Some(all) {
            self.held.stands_at(now);
            return Ok(Refreshed::default());
        }
        seen.all = None;
        let (then, bars) = (self.as_of(), &mut seen.by_symbol);
        let found = self.warehouse.bar_coverage(now, then, &self.universe).await?;
        let mut changes = Changes::between(bars, &found);
        let mut refreshed = Refreshed { gone: changes.gone.len(), ..Refreshed::default() };
        for symbol in &changes.gone {
            self.held.write().forget(symbol);
            bars.remove(symbol);
        }
        let digests = |symbols: &[Symbol]| -> Vec<_> {
            symbols.iter().filter_map(|s| Some((s.clone(), found.get(s)?.now))).collect()
        };
        for group in changes.added.chunks(GROUP) {
            let (pushed, not_pushed) = self.push(now, then, group).await?;
            refreshed.pushed += pushed.len();
            bars.extend(digests(&pushed));
            changes.other.extend(not_pushed);
        }
        for group in changes.other.chunks(GROUP) {
            self.load(now, group).await?;
            refreshed.loaded += group.len();
            bars.extend(digests(group));
        }
        seen.all = Some(all);
        self.held.stands_at(now);
        Ok(refreshed)
    }

    /// Computes symbols from their whole histories, beside what is being read.
    async fn load(&self, now: AsOf, symbols: &[Symbol]) -> Result<()> {
        let panel = self.warehouse.bars(now, Some(symbols), None).await?;
        let (view, held) = (self.view.clone(), Arc::clone(&self.held));
        aside(&self.view, move || {
            let computed = OnlineStore::of_panel(&view, &panel)?;
            Ok(held.write().absorb(computed)?)
        })
        .await
    }

    /// Pushes the bars that became known; says of which symbols it did, and of which it could not.
    async fn push(
        &self,
        now: AsOf,
        then: Option<AsOf>,
        symbols: &[Symbol],
    ) -> Result<(Vec<Symbol>, Vec<Symbol>)> {
        let Some(then) = then else { return Ok((Vec::new(), symbols.to_vec())) };
        let new = self.warehouse.bars_since(now, then, symbols).await?;
        let held = Arc::clone(&self.held);
        let pushed = aside(&self.view, move || pushed(&held, &new, now)).await?;
        Ok(symbols.iter().cloned().partition(|symbol| pushed.contains(symbol)))
    }
}

/// Pushes bars, and tells the symbols whose bars were all new sessions.
fn pushed(held: &Held, new: &[BarHistory], now: AsOf) -> Result<Vec<Symbol>> {
    let mut pushed = Vec::with_capacity(new.len());
    for history in new {
        let series = history.known_at(now.as_microsecond())?;
        if push_series(&mut held.write(), history.symbol(), &series) {
            pushed.push(history.symbol().clone());
        }
    }
    Ok(pushed)
}

/// Whether all sessions came after those that the store has seen: else nothing is pushed.
fn push_series(store: &mut OnlineStore, symbol: &Symbol, series: &BarSeries) -> bool {
    let (Some(held), Some(first)) = (store.freshness(symbol), series.sessions().first()) else {
        return false;
    };
    if held.session >= *first {
        return false;
    }
    let rows =
        series.sessions().iter().zip(series.bars()).zip(series.actions()).zip(series.knowledge_times());
    for (((session, bar), action), known) in rows {
        if store.push(symbol, *session, bar, action, *known).is_err() {
            return false;
        }
    }
    true
}

/// Kernels run on a thread of their own: they would hold up the runtime.
async fn aside<T: Send + 'static>(
    view: &View,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Error::Interrupted { view: view.name().to_owned() })?
}
