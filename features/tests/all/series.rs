//! Made-up histories: prices that walk, with splits, dividends, holidays taken and days without a trade.

use proptest::test_runner::{Config, RngSeed};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use weekahead_features::{View, ViewState};
use weekahead_market::{Bar, BarSeries, Calendar, CorporateAction, Session, Symbol};

/// The views that come with the crate.
pub const NAMES: [&str; 2] = ["alpha158", "weekly_core"];

/// One row of a history.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub session: Session,
    pub bar: Bar,
    pub action: CorporateAction,
    pub knowledge_time: i64,
}

/// `len` sessions of one symbol from 2004 on; the same for the same seed.
pub fn rows(seed: u64, len: usize) -> Vec<Row> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let calendar = Calendar::nyse();
    let first: Session = "2004-01-02".parse().unwrap();
    let last: Session = "2040-01-03".parse().unwrap();
    let traded: Vec<Session> =
        calendar.between(first, last).iter().copied().filter(|_| rng.random_bool(0.98)).take(len).collect();
    let mut close = rng.random_range(5.0..500.0_f64);
    let mut rows = Vec::with_capacity(len);
    for session in traded {
        let action = action(&mut rng, close);
        close = (close - action.dividend) / action.split;
        let bar = bar(&mut rng, close);
        close = bar.close;
        let day = i64::from(session.days_since_epoch());
        let late = if rng.random_bool(0.02) { rng.random_range(1..40) } else { 0 };
        rows.push(Row { session, bar, action, knowledge_time: (day + late) * 86_400_000_000 });
    }
    rows
}

fn action(rng: &mut ChaCha8Rng, close: f64) -> CorporateAction {
    let dividend = if rng.random_bool(0.016) { close * 0.005 } else { 0.0 };
    let split = if rng.random_bool(0.003) { [2.0, 3.0, 0.5, 1.5][rng.random_range(0..4)] } else { 1.0 };
    CorporateAction { dividend, split }
}

fn bar(rng: &mut ChaCha8Rng, previous: f64) -> Bar {
    let mut step = |size: f64| f64::exp(rng.random_range(-size..size));
    let (open, close) = (previous * step(0.01), previous * step(0.03));
    let (high, low) = (open.max(close) * step(0.005).max(1.0), open.min(close) * step(0.005).min(1.0));
    let volume = if rng.random_bool(0.01) { 0.0 } else { rng.random_range(1e3..1e7_f64).round() };
    if rng.random_bool(0.02) {
        return Bar { open: close, high: close, low: close, close, volume };
    }
    Bar { open, high, low, close, volume }
}

pub fn series(rows: &[Row]) -> BarSeries {
    let symbol = Symbol::new("TEST").unwrap();
    let mut series = BarSeries::new();
    for row in rows {
        series.push(&symbol, row.session, row.bar, row.action, row.knowledge_time).unwrap();
    }
    series
}

/// The features of every row, streamed.
pub fn streamed(view: &View, rows: &[Row]) -> Vec<Vec<f64>> {
    let mut state = ViewState::new(view);
    rows.iter().map(|row| state.push(row.session, &row.bar, &row.action).to_vec()).collect()
}

/// A view of one feature.
pub fn single(expr: &str) -> View {
    View::parse(&format!("name = \"single\"\n[[feature]]\nname = \"x\"\nexpr = \"{expr}\"")).unwrap()
}

/// Rows whose raw close takes the given values.
pub fn with_closes(closes: &[f64]) -> Vec<Row> {
    let mut rows = rows(1, closes.len());
    for (row, close) in rows.iter_mut().zip(closes) {
        row.bar = Bar { open: *close, high: *close, low: *close, close: *close, volume: 100.0 };
        row.action = CorporateAction::NONE;
    }
    rows
}

/// Equal up to a relative and absolute error; missing equals missing.
pub fn close_to(left: f64, right: f64, tolerance: f64) -> bool {
    (left.is_nan() && right.is_nan())
        || (left - right).abs() <= tolerance * (1.0 + left.abs().max(right.abs()))
}

/// Property tests of so many cases, the same ones in every run.
pub fn cases(cases: u32) -> Config {
    Config { rng_seed: RngSeed::Fixed(20_130_125), failure_persistence: None, ..Config::with_cases(cases) }
}
