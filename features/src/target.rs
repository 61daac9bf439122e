//! What really happened: the only place in the platform that looks ahead.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use weekahead_market::{BarSeries, Calendar, Horizon, Session};

use crate::Adjuster;

/// The realised log return from an origin to its horizon.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// The session a forecast would have stood on.
    pub origin: Session,
    /// The session in which the return was realised: `horizon` exchange sessions after the origin.
    pub realised_session: Session,
    /// The log total return between the two closes, dividends reinvested.
    pub value: f64,
    /// When it was first known, in microseconds since 1970-01-01 UTC: the latest of the bars from origin to
    /// realised session, or when it was known that the symbol had stopped trading before that session.
    pub knowledge_time: i64,
}

/// The targets of one symbol, by origin.
///
/// `value = ln(adjusted close at the realised session / adjusted close at the origin)`, with the total-return chain of
/// [`Adjuster`]. Horizons count sessions of the exchange, not rows: a symbol that did not trade in between has
/// the same realised session as all others.
///
/// A symbol that stopped trading keeps its origins: where the realised session lies beyond its last bar, the target is the
/// return to its last close, since a holder could sell there. `traded` tells a symbol that stopped from one that rests
/// ([`TradedSessions`]), and such a target is known once that could be told. So forecasts are not judged on survivors
/// alone. What is paid to a holder after the last close is not in the quotes, and not in the target.
///
/// # Shape
/// At most one a bar. An origin has no target while its realised session lies ahead; when the symbol did not trade in it,
/// but is not known to have stopped; when a corporate action in between cannot be chained; and when the calendar does not
/// know the origin as a session. Nor has the last session of a symbol that stopped: no price came after it, and a return
/// of 0 would be made up.
///
/// # Units
/// Log return: 0.01 is about one percent up.
///
/// # Source
/// Shumway (1997), The Delisting Bias in CRSP Data, for what leaving such rows out does to an evaluation.
///
/// ```
/// use weekahead_features::{TradedSessions, targets};
/// use weekahead_market::{Bar, BarSeries, Calendar, CorporateAction, Horizon, Symbol};
/// let mut series = BarSeries::new();
/// for (day, close) in [("2013-02-14", 10.0), ("2013-02-15", 11.0), ("2013-02-19", 12.1)] {
///     let bar = Bar { open: close, high: close, low: close, close, volume: 1.0 };
///     let (symbol, session) = (Symbol::new("A").unwrap(), day.parse().unwrap());
///     series.push(&symbol, session, bar, CorporateAction::NONE, 0).unwrap();
/// }
/// let (calendar, horizon) = (Calendar::nyse(), Horizon::sessions(2).unwrap());
/// let targets = targets(&series, &calendar, horizon, &TradedSessions::default());
/// assert_eq!(targets.len(), 1);
/// assert_eq!(targets[0].realised_session.to_string(), "2013-02-19"); // the 18th was a holiday
/// assert!((targets[0].value - 1.21f64.ln()).abs() < 1e-12);
/// ```
pub fn targets(
    series: &BarSeries,
    calendar: &Calendar,
    horizon: Horizon,
    traded: &TradedSessions,
) -> Vec<Target> {
    let history = History::of(series, calendar, traded);
    (0..series.len()).filter_map(|row| history.target(row, calendar, horizon)).collect()
}

/// As [`targets`], of some origins alone, in the order in which they are asked for.
pub fn targets_of(
    series: &BarSeries,
    calendar: &Calendar,
    horizon: Horizon,
    traded: &TradedSessions,
    origins: impl IntoIterator<Item = Session>,
) -> Vec<Target> {
    let history = History::of(series, calendar, traded);
    let rows = origins.into_iter().filter_map(|origin| series.position(origin));
    rows.filter_map(|row| history.target(row, calendar, horizon)).collect()
}

/// Sessions without a bar after which a symbol counts as having stopped trading.
///
/// No fewer than the farthest horizon, so that every realised session has passed when it is told.
pub const STOPPED_AFTER_SESSIONS: usize = 10;

const _: () = assert!(STOPPED_AFTER_SESSIONS >= Horizon::MAX_SESSIONS as usize);

/// The sessions of which anybody has a bar, with the instant at which that was known.
///
/// A symbol stopped trading when it has no bar in the last [`STOPPED_AFTER_SESSIONS`] sessions of the exchange, or more, of
/// which others have bars. Bars known to the reader alone decide: a symbol that traded again is known to have rested,
/// and a feed that is away for everyone stops nobody. While a symbol rests that long, nobody can tell the difference.
///
/// ```
/// use weekahead_features::TradedSessions;
/// use weekahead_market::{Calendar, Session};
/// let calendar = Calendar::nyse();
/// let session = |text: &str| text.parse::<Session>().unwrap();
/// let others = calendar.between(session("2013-02-04"), session("2013-02-28"));
/// let traded: TradedSessions = others.iter().map(|session| (*session, i64::from(session.days_since_epoch()))).collect();
/// // The tenth session after Wednesday the 13th is Thursday the 28th, after that there are nine.
/// let told = i64::from(session("2013-02-28").days_since_epoch());
/// assert_eq!(traded.stopped_after(session("2013-02-13"), &calendar), Some(told));
/// assert_eq!(traded.stopped_after(session("2013-02-14"), &calendar), None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TradedSessions {
    /// By session the earliest knowledge time of its bars, in microseconds since 1970-01-01 UTC.
    known: BTreeMap<Session, i64>,
}

impl TradedSessions {
    /// When it was known that a symbol with this last session had stopped trading, in microseconds since 1970-01-01 UTC;
    /// `None` when it is not known to have.
    pub fn stopped_after(&self, last: Session, calendar: &Calendar) -> Option<i64> {
        let later = self.known.range((Excluded(last), Unbounded));
        let missed = later.filter(|(session, _)| calendar.is_session(session.date()));
        let known: Vec<i64> = missed.take(STOPPED_AFTER_SESSIONS).map(|(_, known)| *known).collect();
        if known.len() < STOPPED_AFTER_SESSIONS { None } else { known.into_iter().max() }
    }
}

impl FromIterator<(Session, i64)> for TradedSessions {
    /// Of the sessions and knowledge times of bars, in any order.
    fn from_iter<I: IntoIterator<Item = (Session, i64)>>(bars: I) -> Self {
        let mut known = BTreeMap::new();
        for (session, time) in bars {
            known
                .entry(session)
                .and_modify(|earliest: &mut i64| *earliest = time.min(*earliest))
                .or_insert(time);
        }
        Self { known }
    }
}

struct History<'a> {
    series: &'a BarSeries,
    closes: Vec<ChainedClose>,
    /// When it was known that the symbol had stopped trading, if it had.
    stopped: Option<i64>,
}

impl<'a> History<'a> {
    fn of(series: &'a BarSeries, calendar: &Calendar, traded: &TradedSessions) -> Self {
        let stopped = series.sessions().last().and_then(|last| traded.stopped_after(*last, calendar));
        Self { series, closes: chained_closes(series), stopped }
    }

    fn target(&self, row: usize, calendar: &Calendar, horizon: Horizon) -> Option<Target> {
        let origin = self.series.sessions()[row];
        let realised_session = calendar.offset(origin, horizon.get() as i64).ok()?;
        let (end, told) = self.end(row, realised_session)?;
        let (from, to) = (self.closes[row], self.closes[end]);
        let value = (to.price / from.price).ln();
        let known = *self.series.knowledge_times()[row..=end].iter().max()?;
        let complete = calendar.is_session(origin.date()) && from.chain == to.chain && value.is_finite();
        complete.then_some(Target { origin, realised_session, value, knowledge_time: known.max(told) })
    }

    /// The row that a return ends with, and since when that is told.
    fn end(&self, row: usize, realised_session: Session) -> Option<(usize, i64)> {
        if let Some(end) = self.series.position(realised_session) {
            return Some((end, i64::MIN));
        }
        let last = self.series.len() - 1;
        let beyond = row < last && realised_session > self.series.sessions()[last];
        self.stopped.filter(|_| beyond).map(|told| (last, told))
    }
}

/// An adjusted close, comparable with those of the same chain.
#[derive(Clone, Copy)]
struct ChainedClose {
    price: f64,
    chain: usize,
}

fn chained_closes(series: &BarSeries) -> Vec<ChainedClose> {
    let (mut adjuster, mut chain) = (Adjuster::new(), 0);
    let rows = series.bars().iter().zip(series.actions());
    rows.map(|(bar, action)| {
        let factors = adjuster.step(bar, action).unwrap_or_else(|| {
            chain += 1;
            adjuster.restart(bar)
        });
        ChainedClose { price: bar.close * factors.price, chain }
    })
    .collect()
}
