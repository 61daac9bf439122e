//! Repository checks that no compiler makes: `cargo xtask tidy`.

mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Checks of the repository.
#[derive(Parser)]
#[command(name = "xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Checks layering, lint opt-in, file sizes, file headers, leftover marks and docs.
    Tidy,
}

fn main() -> anyhow::Result<ExitCode> {
    let Cli { command: Command::Tidy } = Cli::parse();
    let findings = tidy::run()?;
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("tidy: {} findings", findings.len());
    Ok(ExitCode::FAILURE)
}
