//! The engine as a program of its own: `weekahead-engine DATA_DIR [ADDR]`, configured by `WEEKAHEAD_ENGINE_*`.
//!
//! Prints `ready ADDR` once it serves; ends on SIGTERM or SIGINT. Exit code 2: it could not start.

use std::env;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use weekahead_engine::{EngineConfig, serve};

fn main() {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => fail(&format!("cannot start: {error}")),
    };
    let code = runtime.block_on(run());
    // Returning would run the engine's destructors under its own threads.
    std::process::exit(code)
}

async fn run() -> i32 {
    let config = match config() {
        Ok(config) => config,
        Err(reason) => fail(&reason),
    };
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        fail("cannot listen for signals")
    };
    let handle = match serve(config).await {
        Ok(handle) => handle,
        Err(error) => fail(&error.to_string()),
    };
    println!("ready {}", handle.local_addr());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    handle.shutdown().await;
    0
}

fn config() -> Result<EngineConfig, String> {
    let mut args = env::args().skip(1);
    let data_dir = args.next().ok_or("usage: weekahead-engine DATA_DIR [ADDR]")?.into();
    let mut config = EngineConfig { data_dir, ..EngineConfig::default() };
    if let Some(addr) = args.next() {
        config.addr = addr.parse().map_err(|e| format!("{addr}: {e}"))?;
    }
    let var = |name: &str| env::var(format!("WEEKAHEAD_ENGINE_{name}")).ok();
    if let Ok(path) = env::var("WEEKAHEAD_LIBCHDB") {
        config.libchdb = path.into();
    }
    config.user = var("USER").unwrap_or(config.user);
    config.password = var("PASSWORD");
    config.allowed_s3_prefixes =
        var("ALLOWED_S3_PREFIXES").iter().flat_map(|list| list.split(',')).map(str::to_owned).collect();
    if let Some(limit) = number(var("MAX_CONCURRENT_QUERIES"))? {
        config.max_concurrent_queries = limit;
    }
    if let Some(seconds) = number(var("SHUTDOWN_GRACE_SECONDS"))? {
        config.shutdown_grace = Duration::from_secs(seconds as u64);
    }
    Ok(config)
}

fn number(text: Option<String>) -> Result<Option<usize>, String> {
    text.map(|text| text.parse().map_err(|e| format!("{text}: {e}"))).transpose()
}

fn fail(reason: &str) -> ! {
    eprintln!("weekahead-engine: {reason}");
    std::process::exit(2)
}
