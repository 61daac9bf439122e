//! `weekahead replay-provider`: a quote provider that answers from files.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::supervisor::stop_requested;
use weekahead_ingest::replay::{self, FaultPlan, ReplayConfig};

/// Serve quotes from files as the Yahoo v8 chart API does.
#[derive(Debug, clap::Args)]
pub struct ReplayProvider {
    /// A CSV, CSV.gz or Parquet file with a symbol column, or a directory with one file a symbol
    #[arg(long, value_name = "PATH")]
    quotes: PathBuf,
    /// The loopback address to listen on
    #[arg(long, default_value = "127.0.0.1:9800")]
    addr: SocketAddr,
}

impl ReplayProvider {
    /// Serves until it is asked to stop.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let handle = replay::serve(ReplayConfig {
            quotes: self.quotes,
            addr: self.addr,
            faults: FaultPlan::default(),
        })
        .await?;
        eprintln!("replay-provider listens on http://{}", handle.local_addr());
        stop_requested().await;
        handle.shutdown().await;
        Ok(ExitCode::SUCCESS)
    }
}
