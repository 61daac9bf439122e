//! The `weekahead` command line: one subcommand a role.

mod artifacts;
mod commands;
mod failure;
mod logging;
mod own_program;
mod pipeline;
mod platform;
mod progress;
mod sample;
mod services;
mod settings;
mod simulator;
mod supervisor;
mod tables;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use weekahead_market::AsOf;

use commands::Command;

/// Week-ahead stock forecasts, from quotes to a served model.
#[derive(Debug, Parser)]
#[command(name = "weekahead", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every subcommand.
#[derive(Debug, Clone, clap::Args)]
pub struct Global {
    /// Configuration file [default: weekahead.toml, when there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Directory of the embedded platform [default: .weekahead]
    #[arg(long, global = true, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Stand at this instant instead of now: YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ
    #[arg(long, global = true, value_name = "INSTANT")]
    as_of: Option<AsOf>,
    /// How logs are written to stderr
    #[arg(long, global = true, value_enum, default_value_t = logging::Format::Text)]
    log_format: logging::Format,
    /// Log more: -v info, -vv debug
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::start(cli.global.log_format, cli.global.verbose);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failure::report(&error.into()),
    };
    let outcome = runtime.block_on(commands::run(cli.command, cli.global));
    // Blocking threads (an engine's query, a read of standard input) must not hold up the end.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => code,
        Err(error) => failure::report(&error),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_subcommand_is_put_together_rightly() {
        Cli::command().debug_assert();
    }
}
