//! `weekahead keys`: keys of the HTTP API.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use weekahead_serving::http::{NewKey, Scope};

/// Make keys of the HTTP API.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Make a key: prints it once, and the lines for weekahead.toml, which hold its digest alone
    New(New),
}

/// Make a key.
#[derive(Debug, clap::Args)]
pub struct New {
    /// Whose key it is: a name for logs
    #[arg(long)]
    name: String,
    /// What it may be used for
    #[arg(long, value_enum, value_delimiter = ',', required = true)]
    scopes: Vec<ScopeName>,
    /// The most requests a second [default: any number]
    #[arg(long, value_name = "N")]
    requests_per_second: Option<NonZeroU32>,
}

/// A scope as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ScopeName {
    /// Whatever is only looked at, metrics included
    Read,
    /// Forecasts that are made
    Predict,
    /// All of it
    Admin,
}

impl Keys {
    /// Makes it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let Self::New(new) = self;
        print!("{}", new.text()?);
        Ok(ExitCode::SUCCESS)
    }
}

impl New {
    fn text(&self) -> anyhow::Result<String> {
        let mut scopes: Vec<Scope> = Vec::new();
        for scope in self.scopes.iter().map(|name| Scope::from(*name)) {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        let made = NewKey::random(&self.name, scopes, self.requests_per_second);
        let lines = toml::to_string(&BTreeMap::from([("serving", BTreeMap::from([("keys", [&made.key])]))]))?;
        Ok(format!(
            "# the key, for its user; it is shown this once and kept nowhere\n{}\n\n# for weekahead.toml\n{lines}",
            made.secret
        ))
    }
}

impl From<ScopeName> for Scope {
    fn from(name: ScopeName) -> Self {
        match name {
            ScopeName::Read => Self::Read,
            ScopeName::Predict => Self::Predict,
            ScopeName::Admin => Self::Admin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_configured_and_does_not_hold_the_key() {
        let scopes = vec![ScopeName::Read, ScopeName::Predict, ScopeName::Read];
        let new = New { name: "desk".to_owned(), scopes, requests_per_second: NonZeroU32::new(50) };
        let text = new.text().unwrap();
        let (key, lines) = text.split_once("# for weekahead.toml\n").unwrap();
        let secret = key.lines().nth(1).unwrap();
        assert!(secret.starts_with("wka_") && !lines.contains(secret), "{text}");
        let settings = crate::settings::DEFAULTS.replace("keys = []", "") + lines;
        let settings: crate::settings::Settings = toml::from_str(&settings).unwrap();
        let made = &settings.serving.keys[0];
        assert_eq!((made.name.as_str(), made.scopes.len()), ("desk", 2));
        assert_eq!(made.requests_per_second, NonZeroU32::new(50));
    }
}
