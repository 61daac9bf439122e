//! The embedded ClickHouse with the panel's bars in it, as `weekahead warehouse serve` serves it.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use weekahead_market::{Bar, CorporateAction};
use weekahead_warehouse::{BARS_TABLE, BarVersion, LakeLocation, Warehouse, WarehouseConfig};

use crate::child::{Server, free_addr};
use crate::panel::{Quotes, SYMBOLS, symbols};

/// Symbols whose bars are written at once.
const WRITTEN_AT_ONCE: usize = 50;

/// A warehouse that has the panel's bars and no features yet; it is gone when this drops.
#[derive(Debug)]
pub struct Store {
    weekahead: PathBuf,
    libchdb: PathBuf,
    universe: String,
    server: Server,
    home: TempDir,
}

impl Store {
    /// Starts one and fills it with the panel.
    pub async fn with_bars(weekahead: &Path, libchdb: &Path, quotes: &Quotes) -> anyhow::Result<Self> {
        let store = Self::with_tables(weekahead, libchdb, symbols()).await?;
        write_bars(&store.warehouse().await?, quotes, SYMBOLS).await?;
        Ok(store)
    }

    /// Starts one that has every table and no bars yet, for a universe of symbols.
    pub async fn with_tables(
        weekahead: &Path,
        libchdb: &Path,
        universe: impl Iterator<Item = String>,
    ) -> anyhow::Result<Self> {
        let (home, addr) = (TempDir::new()?, free_addr()?);
        let (weekahead, libchdb) = (weekahead.to_owned(), libchdb.to_owned());
        let universe = universe.collect::<Vec<_>>().join(",");
        let serve = ["warehouse", "serve"];
        let server =
            Server::start(command(&weekahead, &libchdb, home.path(), addr, &universe, &serve), addr)?;
        let store = Self { weekahead, libchdb, universe, server, home };
        let warehouse = store.warehouse().await?;
        warehouse.migrate(&no_lake()).await?;
        warehouse.execute(BARS_TABLE).await?;
        Ok(store)
    }

    /// A client of it.
    pub async fn warehouse(&self) -> anyhow::Result<Warehouse> {
        let config = WarehouseConfig { url: self.url(), ..WarehouseConfig::default() };
        Ok(Warehouse::connect(&config).await?)
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.addr)
    }

    /// A `weekahead` command on this warehouse and its universe.
    pub fn command(&self, args: &[&str]) -> Command {
        command(&self.weekahead, &self.libchdb, self.home.path(), self.server.addr, &self.universe, args)
    }
}

/// Writes the bars of the panel's first symbols.
pub async fn write_bars(warehouse: &Warehouse, quotes: &Quotes, count: usize) -> anyhow::Result<()> {
    let named: Vec<_> = symbols().zip(&quotes.bars).take(count).collect();
    write_named_bars(warehouse, quotes, &named).await
}

/// Writes bars, one a session of `quotes`, of symbols with names.
pub async fn write_named_bars(
    warehouse: &Warehouse,
    quotes: &Quotes,
    named: &[(String, &Vec<Bar>)],
) -> anyhow::Result<()> {
    for group in named.chunks(WRITTEN_AT_ONCE) {
        let rows: Vec<BarVersion> =
            group.iter().flat_map(|(symbol, bars)| versions(quotes, symbol, bars)).collect();
        warehouse.write_bars(&rows).await?;
    }
    Ok(())
}

fn command(
    weekahead: &Path,
    libchdb: &Path,
    home: &Path,
    addr: std::net::SocketAddr,
    universe: &str,
    args: &[&str],
) -> Command {
    let mut command = Command::new(weekahead);
    command
        .args(args)
        .env("WEEKAHEAD_HOME", home)
        .env("WEEKAHEAD_TOOLS__LIBCHDB", libchdb)
        .env("WEEKAHEAD_WAREHOUSE__URL", format!("http://{addr}"))
        .env("WEEKAHEAD_UNIVERSE__SYMBOLS", universe);
    command
}

/// Bars come without a lake here; the schema only wants to know where one would be.
fn no_lake() -> LakeLocation {
    LakeLocation {
        url: "http://127.0.0.1:9000/lake/".to_owned(),
        access_key_id: Some("key".to_owned()),
        secret_access_key: Some("secret".to_owned()),
    }
}

/// The only version of each bar of a symbol.
fn versions<'a>(
    quotes: &'a Quotes,
    symbol: &'a str,
    bars: &'a [Bar],
) -> impl Iterator<Item = BarVersion> + 'a {
    quotes.sessions.iter().zip(bars).enumerate().map(move |(at, (session, bar))| BarVersion {
        symbol: symbol.to_owned(),
        session: session.days_since_epoch(),
        open: bar.open,
        high: bar.high,
        low: bar.low,
        close: bar.close,
        volume: bar.volume,
        dividend: CorporateAction::NONE.dividend,
        split: CorporateAction::NONE.split,
        currency: "USD".to_owned(),
        source: "bench".to_owned(),
        event_time: quotes.closes[at],
        knowledge_time: quotes.knowledge_time(at),
        ingested_at: quotes.knowledge_time(at),
        content_hash: bar.content_hash(&CorporateAction::NONE),
        load_id: "bench".to_owned(),
        version: 1,
    })
}
