//! `weekahead config show`: the configuration in force, as a file that could be fed back (but for the secrets).

use super::Settings;

/// The settings as TOML, secrets masked.
pub fn show(settings: &Settings) -> anyhow::Result<String> {
    Ok(toml::to_string_pretty(settings)?)
}
