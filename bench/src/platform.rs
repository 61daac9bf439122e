//! The embedded platform as `weekahead up` runs it, with made-up bars in its warehouse.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use weekahead_warehouse::{BARS_TABLE, Warehouse, WarehouseConfig};

use crate::child::{Server, free_addrs};
use crate::panel::{Quotes, symbols};
use crate::store::write_bars;

/// Lake, warehouse, MLflow and API in a directory of their own; they stop when this drops.
#[derive(Debug)]
pub struct Platform {
    // Before the settings: services stop before their directory goes.
    services: Server,
    settings: Settings,
}

/// What every command of the platform is told.
#[derive(Debug)]
struct Settings {
    weekahead: PathBuf,
    libchdb: PathBuf,
    home: TempDir,
    lake: SocketAddr,
    warehouse: SocketAddr,
    tracker: SocketAddr,
    serving: SocketAddr,
    universe: String,
}

impl Platform {
    /// Starts one and fills its warehouse with the bars of the first symbols.
    pub async fn with_bars(
        weekahead: &Path,
        libchdb: &Path,
        quotes: &Quotes,
        count: usize,
    ) -> anyhow::Result<Self> {
        let platform = Self::start(weekahead, libchdb, count)?;
        let config = WarehouseConfig { url: platform.warehouse_url(), ..WarehouseConfig::default() };
        let warehouse = Warehouse::connect(&config).await?;
        warehouse.execute(BARS_TABLE).await?;
        write_bars(&warehouse, quotes, count).await?;
        Ok(platform)
    }

    /// Starts one that holds its schema and nothing else.
    pub fn empty(weekahead: &Path, libchdb: &Path) -> anyhow::Result<Self> {
        Self::start(weekahead, libchdb, 1)
    }

    /// The API is the last to listen, when everything else answers and the schema is there.
    fn start(weekahead: &Path, libchdb: &Path, count: usize) -> anyhow::Result<Self> {
        let [lake, warehouse, tracker, serving] = free_addrs()?;
        let settings = Settings {
            weekahead: weekahead.to_owned(),
            libchdb: std::path::absolute(libchdb)?,
            home: TempDir::new()?,
            lake,
            warehouse,
            tracker,
            serving,
            universe: symbols().take(count).collect::<Vec<_>>().join(","),
        };
        let services = Server::start(settings.command(&["up"]), serving)?;
        Ok(Self { services, settings })
    }

    /// A `weekahead` command on this platform.
    pub fn command(&self, args: &[&str]) -> Command {
        self.settings.command(args)
    }

    /// Its directory.
    pub fn home(&self) -> &Path {
        self.settings.home.path()
    }

    /// Where the warehouse answers.
    pub fn warehouse_url(&self) -> String {
        format!("http://{}", self.settings.warehouse)
    }

    /// The port of it.
    pub fn warehouse_port(&self) -> u16 {
        self.settings.warehouse.port()
    }

    /// The largest resident memory of all services so far, in bytes: the sum of what each had at its own worst.
    pub fn services_peak_bytes(&self) -> u64 {
        self.services.family_peak_bytes()
    }
}

impl Settings {
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.weekahead);
        command
            .args(args)
            .env("WEEKAHEAD_HOME", self.home.path())
            .env("WEEKAHEAD_TOOLS__LIBCHDB", &self.libchdb)
            .env("WEEKAHEAD_LAKE__ENDPOINT", format!("http://{}", self.lake))
            .env("WEEKAHEAD_WAREHOUSE__URL", format!("http://{}", self.warehouse))
            .env("WEEKAHEAD_TRACKER__URL", format!("http://{}", self.tracker))
            .env("WEEKAHEAD_SERVING__ADDR", self.serving.to_string())
            .env("WEEKAHEAD_UNIVERSE__SYMBOLS", &self.universe);
        command
    }
}
