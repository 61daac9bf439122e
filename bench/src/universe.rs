//! Ten thousand symbols of the present: `weekahead forecast` as a whole, and `weekahead serve` from its start on.
//!
//! Bars and features of the last two years and the forecasts of a year are in ClickHouse before. The registry holds one ridge on
//! `alpha158`. Sessions end with the exchange's last one, since both commands forecast what is ahead now.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use weekahead_market::{AsOf, Calendar, Forecast, ForecastKey, Horizon, Quantile, Session, Symbol};
use weekahead_warehouse::{ForecastRow, IntervalRecord, Warehouse};

use crate::child::{self, Server, free_addr};
use crate::compute::VIEW;
use crate::native::Http;
use crate::panel::{Quotes, SESSIONS};
use crate::registry::serve_registry;
use crate::report::{Contender, Goal, goal, median, table};
use crate::serving::prepare;
use crate::store::{Store, write_named_bars};

/// Symbols of the universe.
const SYMBOLS: usize = 10_000;
/// Sessions of each: two years.
const LENGTH: usize = 504;
/// Sessions from one dividend to the next.
const QUARTER: usize = 63;
/// Weeks whose forecasts were written before.
const WEEKS: usize = 52;
/// The registered model.
const MODEL: &str = "bench";
/// The most symbols that a request may name.
const REQUEST: usize = 1_000;
/// How long the server may take until it holds everything.
const PATIENCE: Duration = Duration::from_secs(300);

/// Forecasts the universe again and again, then starts the server as often.
pub async fn run(weekahead: &Path, libchdb: &Path, runs: usize) -> anyhow::Result<String> {
    let (work, quotes) = (TempDir::new()?, recent_quotes()?);
    prepare(work.path())?;
    let stub = serve_registry(MODEL, std::fs::read(work.path().join("model.onnx"))?.into()).await?;
    let store = Store::with_tables(weekahead, libchdb, names()).await?;
    let warehouse = store.warehouse().await?;
    let bars: Vec<_> = names().zip(quotes.bars.iter().cycle()).collect();
    write_named_bars(&warehouse, &quotes, &bars).await?;
    let http = Http::new(&store.url())?;
    pay_dividends(&http, &quotes).await?;
    child::run(&mut store.command(&["features", "build", "--skip-marts", "--view", VIEW]))?;
    write_history(&warehouse, &quotes).await?;
    let command = |args: &[&str]| {
        let mut command = store.command(args);
        command
            .env("WEEKAHEAD_TRACKER__URL", format!("http://{stub}"))
            .env("WEEKAHEAD_TRAINING__MODEL", MODEL)
            .env("WEEKAHEAD_TRAINING__VIEW", VIEW);
        command
    };
    let mut ours = Contender::new("weekahead forecast");
    for run in 0..=runs {
        let made = child::run(&mut command(&["forecast"]))?;
        let written = forget_newest(&http, &quotes).await?;
        ensure!(written == SYMBOLS, "{written} forecasts were written");
        if run > 0 {
            ours.ran(made.seconds, written as u64, made.peak_bytes);
        }
    }
    let mut starts = Vec::new();
    let mut resident = 0;
    for _ in 0..runs {
        let server = Served::start(command(&["serve"])).await?;
        starts.push(server.ready_seconds);
        resident = resident.max(server.resident_with_everything().await?);
    }
    Ok(told(ours, &starts, resident))
}

fn told(ours: Contender, starts: &[f64], resident: u64) -> String {
    let seconds = ours.median();
    let title = format!("{SYMBOLS} symbols of {VIEW}, {LENGTH} sessions each; rows are forecasts");
    let mut text = table(&title, &[ours]);
    text.push_str(&goal("the batch, from start to end", seconds, " s", Goal::AtMost(3.0)));
    text.push_str(&goal("start to ready", median(starts), " s", Goal::AtMost(2.0)));
    let resident = resident as f64 / 1e6;
    text.push_str(&goal("memory of the server with everything held", resident, " MB", Goal::AtMost(200.0)));
    text
}

/// A `weekahead serve`, from its start on.
struct Served {
    server: Server,
    client: reqwest::Client,
    ready_seconds: f64,
}

impl Served {
    async fn start(mut command: Command) -> anyhow::Result<Self> {
        let (addr, client) = (free_addr()?, reqwest::Client::new());
        let started = Instant::now();
        let server = Server::start(
            {
                command.env("WEEKAHEAD_SERVING__ADDR", addr.to_string());
                command
            },
            addr,
        )?;
        let mut this = Self { server, client, ready_seconds: 0.0 };
        while this.get("/readyz").await.is_err() {
            ensure!(started.elapsed() < PATIENCE, "the server does not become ready");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        this.ready_seconds = started.elapsed().as_secs_f64();
        Ok(this)
    }

    /// The memory in bytes when the features of all symbols are held, and a forecast of each.
    async fn resident_with_everything(&self) -> anyhow::Result<u64> {
        let started = Instant::now();
        loop {
            let held = self.get("/v1/features").await?;
            if held["symbols"].as_array().is_some_and(|symbols| symbols.len() == SYMBOLS)
                && !held["as_of"].is_null()
            {
                break;
            }
            ensure!(started.elapsed() < PATIENCE, "features of all symbols are never held");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        for symbols in names().collect::<Vec<_>>().chunks(REQUEST) {
            let url = format!("http://{}/v1/forecasts", self.server.addr);
            let answer = self.client.post(url).json(&json!({"symbols": symbols})).send().await?;
            let answer: Value = answer.error_for_status()?.json().await?;
            let forecasts = answer["forecasts"].as_array().map_or(0, Vec::len);
            ensure!(
                forecasts == symbols.len(),
                "{forecasts} forecasts of {}: {}",
                symbols.len(),
                answer["unanswered"][0]
            );
        }
        child::memory_bytes(self.server.pid(), "VmRSS").context("the server is gone")
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let answer = self.client.get(format!("http://{}{path}", self.server.addr)).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }
}

fn names() -> impl Iterator<Item = String> {
    (0..SYMBOLS).map(|index| format!("U{index:05}"))
}

/// The last years of the panel, moved to end with the last session that closed.
fn recent_quotes() -> anyhow::Result<Quotes> {
    let calendar = Calendar::nyse();
    let last = calendar.last_closed(Timestamp::now())?;
    let sessions = calendar.between(calendar.offset(last, 1 - LENGTH as i64)?, last).to_vec();
    let close = |session: &Session| Ok(calendar.close(*session)?.as_microsecond());
    let closes = sessions.iter().map(close).collect::<anyhow::Result<_>>()?;
    let mut bars = Quotes::generate()?.bars;
    for series in &mut bars {
        series.drain(..SESSIONS - LENGTH);
    }
    Ok(Quotes { sessions, closes, bars })
}

/// Half of the symbols pay half a percent a quarter: returns over dividends are more work.
async fn pay_dividends(http: &Http, quotes: &Quotes) -> anyhow::Result<()> {
    let quarters = quotes.sessions.iter().skip(QUARTER / 2).step_by(QUARTER);
    let sessions: Vec<String> = quarters.map(|session| format!("'{session}'")).collect();
    let sql = format!(
        "ALTER TABLE marts.bars UPDATE dividend = round(close * 0.005, 2) \
         WHERE cityHash64(symbol) % 2 = 0 AND session IN ({}) SETTINGS mutations_sync = 2",
        sessions.join(", ")
    );
    http.execute(&sql).await?;
    Ok(())
}

/// Forecasts of every symbol for each week of a year, but the newest origin.
async fn write_history(warehouse: &Warehouse, quotes: &Quotes) -> anyhow::Result<()> {
    let symbols = names().map(|name| Symbol::new(&name)).collect::<Result<Vec<_>, _>>()?;
    for week in 1..=WEEKS {
        let at = LENGTH - 1 - 5 * week;
        let rows: anyhow::Result<Vec<ForecastRow>> = symbols
            .iter()
            .zip(quotes.bars.iter().cycle())
            .map(|(symbol, bars)| past(symbol, quotes, at, bars[at].close))
            .collect();
        warehouse.write_forecasts(&rows?).await?;
    }
    Ok(())
}

fn past(symbol: &Symbol, quotes: &Quotes, at: usize, close: f64) -> anyhow::Result<ForecastRow> {
    let quantiles = weekahead_models::DEFAULT_LEVELS
        .iter()
        .map(|level| Ok((Quantile::new(*level)?, 0.04 * (level - 0.5))));
    let instant = Timestamp::from_microsecond(quotes.knowledge_time(at))?;
    Ok(ForecastRow {
        forecast: Forecast {
            key: ForecastKey { symbol: symbol.clone(), origin: quotes.sessions[at], horizon: Horizon::WEEK },
            point: 0.0,
            quantiles: quantiles.collect::<anyhow::Result<_>>()?,
            origin_close: close,
        },
        model_name: MODEL.to_owned(),
        model_version: 3,
        run_id: "a run".to_owned(),
        model_digest: String::new(),
        view: VIEW.to_owned(),
        view_version: String::new(),
        as_of: AsOf::at(instant),
        load_ids: vec!["bench".to_owned()],
        intervals: IntervalRecord::default(),
        shadow: false,
        written_at: instant,
    })
}

/// Takes the forecasts of the newest origin away again, and says how many there were.
async fn forget_newest(http: &Http, quotes: &Quotes) -> anyhow::Result<usize> {
    let newest = format!("origin = '{}'", quotes.sessions[LENGTH - 1]);
    let count = http.execute(&format!("SELECT count() FROM forecasts.forecasts WHERE {newest}")).await?;
    http.execute(&format!("DELETE FROM forecasts.forecasts WHERE {newest} SETTINGS mutations_sync = 2, lightweight_deletes_sync = 2")).await?;
    Ok(count.parse()?)
}
