//! Random panels with everything that quotes have been seen to do.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use weekahead_market::{Bar, BarSeries, CorporateAction, Panel, Session, Symbol};

/// 2008-01-01, for leap days, in a panel of a bit over a year of sessions.
const FIRST_DAY: i32 = 13_879;
const SESSIONS: usize = 340;

/// What a symbol of the panel is like.
#[derive(Debug, Clone, Copy)]
struct Kind {
    name: &'static str,
    count: usize,
    sessions: usize,
    /// Of one session's return.
    volatility: f64,
    first_price: f64,
    /// Prices are multiples of it: coarse ones are often equal.
    tick: f64,
    /// Shares of the sessions that are missing, that have no volume, in which nothing moves, that have an action.
    gaps: f64,
    no_volume: f64,
    still: f64,
    actions: f64,
}

const PLAIN: Kind = Kind {
    name: "WALK",
    count: 4,
    sessions: SESSIONS,
    volatility: 0.02,
    first_price: 80.0,
    tick: 0.01,
    gaps: 0.0,
    no_volume: 0.0,
    still: 0.0,
    actions: 0.0,
};

const KINDS: [Kind; 12] = [
    PLAIN,
    Kind { name: "GAPS", count: 2, gaps: 0.2, ..PLAIN },
    Kind { name: "QUIET", count: 2, no_volume: 0.15, still: 0.3, ..PLAIN },
    Kind { name: "TIES", count: 2, tick: 5.0, ..PLAIN },
    Kind { name: "FLAT", count: 1, still: 1.0, ..PLAIN },
    Kind { name: "FLATZERO", count: 1, still: 1.0, no_volume: 1.0, ..PLAIN },
    Kind { name: "ACTIONS", count: 4, actions: 0.03, ..PLAIN },
    Kind { name: "MANY", count: 1, actions: 0.3, no_volume: 0.05, still: 0.2, gaps: 0.1, ..PLAIN },
    Kind { name: "DEAR", count: 1, first_price: 1e9, ..PLAIN },
    Kind { name: "CHEAP", count: 1, first_price: 0.004, tick: 1e-6, volatility: 0.1, ..PLAIN },
    Kind { name: "ONE", count: 2, sessions: 1, ..PLAIN },
    Kind { name: "SHORT", count: 2, sessions: 23, ..PLAIN },
];

impl Kind {
    /// The nearest multiple of the tick, as one and the same number however it came about.
    fn rounded(&self, price: f64) -> f64 {
        ((price / self.tick).round() * self.tick).max(self.tick)
    }
}

/// A panel; the same for the same seed.
pub fn random(seed: u64) -> Panel {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let kinds = KINDS.iter().flat_map(|kind| (0..kind.count).map(move |number| (kind, number)));
    kinds
        .map(|(kind, number)| {
            let symbol = Symbol::new(&format!("{}{number}", kind.name)).unwrap();
            let series = series(&symbol, kind, &mut rng);
            (symbol, series)
        })
        .collect()
}

fn series(symbol: &Symbol, kind: &Kind, rng: &mut ChaCha8Rng) -> BarSeries {
    let mut series = BarSeries::new();
    let mut close = kind.first_price;
    let mut day = FIRST_DAY + rng.random_range(0..3);
    while series.len() < kind.sessions {
        day += if rng.random_bool(kind.gaps) { rng.random_range(2..9) } else { 1 };
        let action = if rng.random_bool(kind.actions) { action(close, rng) } else { CorporateAction::NONE };
        if action.split > 0.0 && action.split.is_finite() {
            close = (close / action.split).max(kind.tick);
        }
        let is_still = action == CorporateAction::NONE && rng.random_bool(kind.still);
        let mut bar = bar(close, kind, is_still, rng);
        if action != CorporateAction::NONE && (bar.close / close - 1.0).abs() < 1e-3 {
            // A price that an action alone moves leaves dust in the adjusted ones (0.01 and 0.1 / 10), of which a
            // correlation is any number: no two executors agree on it.
            bar.close = kind.rounded(close * 1.01 + 2.0 * kind.tick);
            bar.high = bar.high.max(bar.close);
        }
        close = bar.close;
        // Known the next morning, now and then days later.
        let late = if rng.random_bool(0.05) { rng.random_range(1..20) } else { 0 };
        let known = (i64::from(day) + 1 + late) * 86_400_000_000;
        series.push(symbol, Session::from_days_since_epoch(day).unwrap(), bar, action, known).unwrap();
    }
    series
}

fn bar(previous: f64, kind: &Kind, is_still: bool, rng: &mut ChaCha8Rng) -> Bar {
    let volume =
        if rng.random_bool(kind.no_volume) { 0.0 } else { rng.random_range(1..2_000_000_u32).into() };
    if is_still {
        return Bar { open: previous, high: previous, low: previous, close: previous, volume };
    }
    let mut step =
        || previous * (kind.volatility * (rng.random::<f64>() + rng.random::<f64>() - 1.0) * 2.4).exp();
    let (open, close, one, other) =
        (kind.rounded(step()), kind.rounded(step()), kind.rounded(step()), kind.rounded(step()));
    let high = open.max(close).max(one).max(other);
    let low = open.min(close).min(one).min(other);
    Bar { open, high, low, close, volume }
}

/// Splits and dividends, some of them of a kind that cannot be chained.
fn action(close: f64, rng: &mut ChaCha8Rng) -> CorporateAction {
    let (dividend, split) = match rng.random_range(0..12) {
        0..4 => (close * rng.random_range(0.001..0.05), 1.0),
        4..6 => (0.0, 2.0),
        6 => (0.0, 1.5),
        7 => (0.0, 0.1),
        8 => (close * 0.01, 3.0),
        9 => (close * 1.5, 1.0),
        10 => (0.0, 0.0),
        _ => (0.0, -1.0),
    };
    CorporateAction { dividend, split }
}
