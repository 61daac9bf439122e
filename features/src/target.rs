//! What really happened: the only place in the platform that looks ahead.

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
    /// realised session.
    pub knowledge_time: i64,
}

/// The targets of one symbol, by origin.
///
/// `value = ln(adjusted close at the realised session / adjusted close at the origin)`, with the total-return chain of
/// [`Adjuster`]. Horizons count sessions of the exchange, not rows: a symbol that did not trade in between has
/// the same realised session as all others.
///
/// # Shape
/// At most one a bar. An origin has no target while its realised session is not in the series (it lies ahead, or
/// the symbol did not trade in it), when a corporate action in between cannot be chained, and when the
/// calendar does not know the origin as a session.
///
/// # Units
/// Log return: 0.01 is about one percent up.
///
/// ```
/// use weekahead_features::targets;
/// use weekahead_market::{Bar, BarSeries, Calendar, CorporateAction, Horizon, Symbol};
/// let mut series = BarSeries::new();
/// for (day, close) in [("2013-02-14", 10.0), ("2013-02-15", 11.0), ("2013-02-19", 12.1)] {
///     let bar = Bar { open: close, high: close, low: close, close, volume: 1.0 };
///     let (symbol, session) = (Symbol::new("A").unwrap(), day.parse().unwrap());
///     series.push(&symbol, session, bar, CorporateAction::NONE, 0).unwrap();
/// }
/// let targets = targets(&series, &Calendar::nyse(), Horizon::sessions(2).unwrap());
/// assert_eq!(targets.len(), 1);
/// assert_eq!(targets[0].realised_session.to_string(), "2013-02-19"); // the 18th was a holiday
/// assert!((targets[0].value - 1.21f64.ln()).abs() < 1e-12);
/// ```
pub fn targets(series: &BarSeries, calendar: &Calendar, horizon: Horizon) -> Vec<Target> {
    let closes = chained_closes(series);
    let sessions = series.sessions().iter().enumerate();
    sessions.filter_map(|(row, _)| target(series, &closes, row, calendar, horizon)).collect()
}

fn target(
    series: &BarSeries,
    closes: &[ChainedClose],
    row: usize,
    calendar: &Calendar,
    horizon: Horizon,
) -> Option<Target> {
    let origin = series.sessions()[row];
    let realised_session = calendar.offset(origin, horizon.get() as i64).ok()?;
    let realised = series.position(realised_session)?;
    let (from, to) = (closes[row], closes[realised]);
    let value = (to.price / from.price).ln();
    let known = series.knowledge_times()[row..=realised].iter().max()?;
    let complete = calendar.is_session(origin.date()) && from.chain == to.chain && value.is_finite();
    complete.then_some(Target { origin, realised_session, value, knowledge_time: *known })
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
