//! Logs by `tracing`, on stderr, as text or JSON.

use std::io::IsTerminal;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// How a log event is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A line for people.
    Text,
    /// A JSON object a line.
    Json,
}

/// Starts logging. `RUST_LOG` decides when it is set, else the number of `-v`.
pub fn start(format: Format, verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "weekahead=info,warn",
        _ => "weekahead=debug,info",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(ours(level)));
    let events = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter);
    let events = events.with_ansi(std::io::stderr().is_terminal());
    match format {
        Format::Text => events.compact().init(),
        Format::Json => events.json().init(),
    }
}

/// Filters match crates by name: `weekahead` stands for all of ours.
fn ours(level: &str) -> String {
    const CRATES: [&str; 9] = [
        "lake",
        "engine",
        "warehouse",
        "tracker",
        "ingest",
        "materialize",
        "training",
        "serving",
        "features",
    ];
    match level.split_once('=') {
        Some((_, rest)) => {
            let (own, others) = rest.split_once(',').unwrap_or((rest, "warn"));
            let each: Vec<_> = CRATES.iter().map(|name| format!("weekahead_{name}={own}")).collect();
            format!("weekahead={own},{},{others}", each.join(","))
        }
        None => level.to_owned(),
    }
}
