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
    server: Server,
    home: TempDir,
}

impl Store {
    /// Starts one and fills it.
    pub async fn with_bars(weekahead: &Path, libchdb: &Path, quotes: &Quotes) -> anyhow::Result<Self> {
        let (home, addr) = (TempDir::new()?, free_addr()?);
        let (weekahead, libchdb) = (weekahead.to_owned(), libchdb.to_owned());
        let server =
            Server::start(command(&weekahead, &libchdb, home.path(), addr, &["warehouse", "serve"]), addr)?;
        let store = Self { weekahead, libchdb, server, home };
        let warehouse =
            Warehouse::connect(&WarehouseConfig { url: store.url(), ..WarehouseConfig::default() }).await?;
        warehouse.migrate(&no_lake()).await?;
        warehouse.execute(BARS_TABLE).await?;
        write_bars(&warehouse, quotes, SYMBOLS).await?;
        Ok(store)
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.addr)
    }

    /// A `weekahead` command on this warehouse, with the panel's symbols as the universe.
    pub fn command(&self, args: &[&str]) -> Command {
        command(&self.weekahead, &self.libchdb, self.home.path(), self.server.addr, args)
    }
}

/// Writes the bars of the first symbols.
pub async fn write_bars(warehouse: &Warehouse, quotes: &Quotes, count: usize) -> anyhow::Result<()> {
    let of_symbols: Vec<_> = symbols().zip(&quotes.bars).take(count).collect();
    for group in of_symbols.chunks(WRITTEN_AT_ONCE) {
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
    args: &[&str],
) -> Command {
    let mut command = Command::new(weekahead);
    command
        .args(args)
        .env("WEEKAHEAD_HOME", home)
        .env("WEEKAHEAD_TOOLS__LIBCHDB", libchdb)
        .env("WEEKAHEAD_WAREHOUSE__URL", format!("http://{addr}"))
        .env("WEEKAHEAD_UNIVERSE__SYMBOLS", symbols().collect::<Vec<_>>().join(","));
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
