//! `weekahead config`: what the layers of configuration add up to.

use std::process::ExitCode;

use clap::Subcommand;

use crate::settings::{DEFAULTS, Settings, show};

/// Show the configuration.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// The settings in force, secrets masked
    Show,
    /// The built-in defaults with their explanations: a start for a weekahead.toml
    Defaults,
}

impl Config {
    /// Prints it.
    pub fn run(self, settings: &Settings) -> anyhow::Result<ExitCode> {
        match self {
            Self::Show => print!("{}", show(settings)?),
            Self::Defaults => print!("{DEFAULTS}"),
        }
        Ok(ExitCode::SUCCESS)
    }
}
