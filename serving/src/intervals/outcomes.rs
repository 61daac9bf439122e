//! What came true of the forecasts that were served.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use tokio::task::JoinSet;
use weekahead_features::{TradedSessions, targets_of};
use weekahead_market::{AsOf, BarSeries, Calendar, Horizon, Session, Symbol};
use weekahead_warehouse::{ServedQuantiles, Warehouse};

use crate::{Error, Result};

/// What came true of the forecasts of each origin.
pub(super) type Outcomes = BTreeMap<Session, Tally>;

/// What came true of forecasts.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Tally {
    pub(super) outcomes: u64,
    /// Of each level, how many of them lie at or below the quantile that was forecast.
    pub(super) below: Vec<u64>,
}

impl Tally {
    pub(super) fn add(&mut self, target: f64, quantiles: &[f64]) {
        self.outcomes += 1;
        self.below.resize(quantiles.len(), 0);
        for (below, quantile) in self.below.iter_mut().zip(quantiles) {
            *below += u64::from(target <= *quantile);
        }
    }

    fn plus(&mut self, other: &Self) {
        self.outcomes += other.outcomes;
        self.below.resize(self.below.len().max(other.below.len()), 0);
        for (below, more) in self.below.iter_mut().zip(&other.below) {
            *below += more;
        }
    }
}

/// Symbols whose forecasts and closes are read at once.
const GROUP: usize = 1_000;

/// Groups that are under way at once: one is looked for by the warehouse while another is counted here.
const GROUPS: usize = 2;

/// What is read of the past.
pub(super) struct Reading {
    pub(super) as_of: AsOf,
    pub(super) warehouse: Warehouse,
    pub(super) calendar: Calendar,
    pub(super) model: String,
    pub(super) horizon: Horizon,
    pub(super) levels: Vec<f64>,
    /// The first and the last origin that count: the last one's target session has closed.
    pub(super) origins: RangeInclusive<Session>,
}

impl Reading {
    /// What came true of the model's forecasts, as far as the bars known at `as_of` tell.
    pub(super) async fn outcomes(self: Arc<Self>) -> Result<Outcomes> {
        let symbols = self.warehouse.served_symbols(self.as_of, &self.model, *self.origins.start()).await?;
        // All chains of prices begin with the same session, whoever else is forecast.
        let Some(since) = symbols.iter().map(|(_, first)| *first).min() else { return Ok(Outcomes::new()) };
        let mut waiting = symbols.chunks(GROUP).filter_map(|group| group.first().zip(group.last()));
        let (mut outcomes, mut running) = (Outcomes::new(), JoinSet::new());
        loop {
            let free = GROUPS - running.len();
            for ((first, _), (last, _)) in waiting.by_ref().take(free) {
                running.spawn(Arc::clone(&self).outcomes_of(first.clone(), last.clone(), since));
            }
            match running.join_next().await {
                Some(counted) => outcomes = plus(outcomes, counted.map_err(|_| Error::Outcomes)??),
                None => return Ok(outcomes),
            }
        }
    }

    /// Those of the symbols from one to another.
    async fn outcomes_of(self: Arc<Self>, first: Symbol, last: Symbol, since: Session) -> Result<Outcomes> {
        let (as_of, horizon, symbols) = (self.as_of, self.horizon, &first..=&last);
        let served = self.warehouse.served_quantiles(
            as_of,
            &self.model,
            horizon,
            &self.levels,
            self.origins.clone(),
            symbols.clone(),
        );
        let served = served.await?;
        if served.is_empty() {
            return Ok(Outcomes::new());
        }
        let mut sessions: BTreeSet<Session> =
            served.iter().flat_map(|of_symbol| &of_symbol.origins).copied().collect();
        let realised = |origin: &Session| self.calendar.offset(*origin, horizon.get() as i64).ok();
        let targets: Vec<Session> = sessions.iter().filter_map(realised).collect();
        sessions.extend(targets);
        let count = |outcomes: &mut Outcomes, symbol: &Symbol, series: &BarSeries| {
            if let Ok(at) = served.binary_search_by(|of_symbol| of_symbol.symbol.cmp(symbol)) {
                count(outcomes, series, &self.calendar, horizon, &served[at]);
            }
        };
        Ok(self.warehouse.fold_closes(as_of, symbols, since, &sessions, count).await?)
    }
}

/// What came true of the forecasts of either.
fn plus(mut sum: Outcomes, others: Outcomes) -> Outcomes {
    for (origin, tally) in others {
        sum.entry(origin).or_default().plus(&tally);
    }
    sum
}

/// Counts the returns between the bars of a symbol. One without a bar in the target's session has no outcome yet, whether it rests or
/// stopped trading, just as in the marts.
pub(super) fn count(
    outcomes: &mut Outcomes,
    series: &BarSeries,
    calendar: &Calendar,
    horizon: Horizon,
    served: &ServedQuantiles,
) {
    let mut origins = served.origins.clone();
    origins.dedup();
    for target in targets_of(series, calendar, horizon, &TradedSessions::default(), origins) {
        let tally = outcomes.entry(target.origin).or_default();
        served.of_origin(target.origin).for_each(|quantiles| tally.add(target.value, quantiles));
    }
}
