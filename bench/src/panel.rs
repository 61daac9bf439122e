//! Made-up quotes: random walks of many symbols with volatility that comes and goes, the same every time.

use std::path::Path;

use anyhow::{Context, ensure};
use polars::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use weekahead_market::{Bar, Calendar, CorporateAction, Panel, Session, Symbol};

/// Symbols of the panel.
pub const SYMBOLS: usize = 500;
/// Sessions a symbol: ten years.
pub const SESSIONS: usize = 2_520;
/// Rows of the panel.
pub const ROWS: usize = SYMBOLS * SESSIONS;

const LAST: &str = "2022-12-30";
const SEED: u64 = 7;
/// How long after its session's close a bar is known.
const LAG_MICROS: i64 = 20 * 60 * 1_000_000;

/// The symbols' names.
pub fn symbols() -> impl Iterator<Item = String> {
    (1..=SYMBOLS).map(|index| format!("S{index:04}"))
}

/// Every symbol's bars over the same sessions.
#[derive(Debug)]
pub struct Quotes {
    /// The sessions.
    pub sessions: Vec<Session>,
    /// When the bars of a session close, in microseconds since 1970-01-01 UTC.
    pub closes: Vec<i64>,
    /// The bars of each symbol, one a session.
    pub bars: Vec<Vec<Bar>>,
}

impl Quotes {
    /// The panel that all benchmarks use.
    pub fn generate() -> anyhow::Result<Self> {
        let calendar = Calendar::nyse();
        let last: Session = LAST.parse()?;
        let first = calendar.offset(last, 1 - SESSIONS as i64)?;
        let sessions = calendar.between(first, last).to_vec();
        let close = |session: &Session| Ok(calendar.close(*session)?.as_microsecond());
        let closes = sessions.iter().map(close).collect::<anyhow::Result<_>>()?;
        let walk = |index: usize| {
            let mut walk = Walk::new(index as u64);
            (0..SESSIONS).map(|_| walk.next()).collect::<Vec<Bar>>()
        };
        let bars: Vec<Vec<Bar>> = (0..SYMBOLS).map(walk).collect();
        ensure!(bars.iter().flatten().all(|bar| bar.fault().is_none()), "a made-up bar cannot be true");
        Ok(Self { sessions, closes, bars })
    }

    /// When the bar of a session is known, in microseconds since 1970-01-01 UTC.
    pub fn knowledge_time(&self, session: usize) -> i64 {
        self.closes[session] + LAG_MICROS
    }

    /// The panel as the kernels read it.
    pub fn panel(&self) -> anyhow::Result<Panel> {
        let mut panel = Panel::new();
        for (name, bars) in symbols().zip(&self.bars) {
            let symbol = Symbol::new(&name)?;
            let series = panel.entry(&symbol);
            for (at, (session, bar)) in self.sessions.iter().zip(bars).enumerate() {
                series.push(&symbol, *session, *bar, CorporateAction::NONE, self.knowledge_time(at))?;
            }
        }
        Ok(panel)
    }

    /// Writes the panel as Parquet, with a row a symbol and session, in order.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let days: Vec<i32> = self.sessions.iter().map(|session| session.days_since_epoch()).collect();
        let symbol: Vec<String> =
            symbols().flat_map(|name| std::iter::repeat_n(name, self.sessions.len())).collect();
        let date = Int32Chunked::from_vec("date".into(), days.repeat(SYMBOLS)).into_series().into_date();
        let field = |of: fn(&Bar) -> f64| self.bars.iter().flatten().map(of).collect::<Vec<f64>>();
        let mut frame = df!(
            "symbol" => symbol, "date" => date, "open" => field(|bar| bar.open), "high" => field(|bar| bar.high),
            "low" => field(|bar| bar.low), "close" => field(|bar| bar.close),
            "adj_close" => field(|bar| bar.close), "volume" => field(|bar| bar.volume)
        )?;
        let file = std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        ParquetWriter::new(file).finish(&mut frame)?;
        Ok(())
    }
}

/// One symbol's price: geometric Brownian motion whose log volatility reverts to its mean, rises when the price falls,
/// and takes the volume with it.
struct Walk {
    rng: ChaCha8Rng,
    close: f64,
    drift: f64,
    log_volatility: f64,
    /// By how much the log volatility is off its mean.
    excess: f64,
    log_volume: f64,
}

impl Walk {
    fn new(index: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        rng.set_stream(index);
        let yearly_volatility: f64 = rng.random_range(0.15..0.55);
        Self {
            close: (3.8 + 0.8 * normal(&mut rng)).exp(),
            drift: (0.07 + 0.05 * normal(&mut rng)) / 252.0,
            log_volatility: (yearly_volatility / 252_f64.sqrt()).ln(),
            excess: 0.0,
            log_volume: 14.2 + normal(&mut rng),
            rng,
        }
    }

    fn next(&mut self) -> Bar {
        let shocks: [f64; 6] = std::array::from_fn(|_| normal(&mut self.rng));
        let volatility = (self.log_volatility + self.excess).exp();
        let change = self.drift - 0.5 * volatility * volatility + volatility * shocks[0];
        let open = self.close * (0.35 * volatility * shocks[1]).exp();
        let close = self.close * change.exp();
        let reach = |shock: f64| (0.4 * volatility * shock.abs()).exp();
        let busy = 0.35 * shocks[4] + 6.0 * change.abs() + 0.5 * self.excess;
        let bar = Bar {
            open: rounded(open),
            high: rounded(open.max(close) * reach(shocks[2])),
            low: rounded(open.min(close) / reach(shocks[3])),
            close: rounded(close),
            volume: (self.log_volume + busy).exp().round().max(100.0),
        };
        self.excess = 0.97 * self.excess + 0.12 * (-0.4 * shocks[0] + 0.84_f64.sqrt() * shocks[5]);
        self.close = close;
        bar
    }
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    rng.sample(StandardNormal)
}

fn rounded(price: f64) -> f64 {
    (price * 1e4).round() / 1e4
}
