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
        0 => "warn".to_owned(),
        1 => levels("info", "warn"),
        _ => levels("debug", "info"),
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let events = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter);
    let events = events.with_ansi(std::io::stderr().is_terminal());
    match format {
        Format::Text => events.compact().init(),
        // Fields beside the level and the time, where collectors of logs look for them.
        Format::Json => events.json().flatten_event(true).with_span_list(false).init(),
    }
}

/// One level for our crates, which filters match by name, and one for all others.
fn levels(own: &str, others: &str) -> String {
    const CRATES: [&str; 10] = [
        "lake",
        "engine",
        "warehouse",
        "tracker",
        "ingest",
        "materialize",
        "training",
        "serving",
        "features",
        "schedules",
    ];
    let each: Vec<_> = CRATES.iter().map(|name| format!("weekahead_{name}={own}")).collect();
    format!("weekahead={own},{},{others}", each.join(","))
}
