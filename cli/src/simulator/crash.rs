//! Kills a step in the midst of it, as a machine would: without a word.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use tokio::process::Command;
use weekahead_market::AsOf;
use weekahead_simulation::Step;

use crate::own_program::OwnProgram;
use crate::settings::Settings;

/// What the commands of a crash are run with.
#[derive(Debug)]
pub struct Crash {
    program: OwnProgram,
    experiment: PathBuf,
}

impl Crash {
    /// By this program, with these settings.
    pub fn new(settings: &Settings, experiment: PathBuf) -> anyhow::Result<Self> {
        let mut program = OwnProgram::with(settings)?;
        program.env.extend(changed(settings));
        Ok(Self { program, experiment })
    }

    /// Begins a step and kills it when a share of its usual time is over.
    pub async fn happen(&self, step: Step, as_of: AsOf, usual: Duration, at: f64) -> anyhow::Result<()> {
        let OwnProgram { file, args, env } = &self.program;
        let mut command = Command::new(file);
        command.args(args).args(step.command()).arg("--as-of").arg(as_of.to_string());
        if step == Step::Train {
            command.arg(&self.experiment);
        }
        command.envs(env.iter().cloned()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.kill_on_drop(true).spawn().context("cannot start a step")?;
        let begun = usual + cold_start(step);
        if tokio::time::timeout(begun.mul_f64(at), child.wait()).await.is_err() {
            child.kill().await.context("cannot kill a step")?;
        }
        Ok(())
    }
}

/// What a simulation changes of the settings that a child reads by itself.
fn changed(settings: &Settings) -> Vec<(String, String)> {
    let symbols: Vec<&str> = settings.universe.symbols.iter().map(|symbol| symbol.as_str()).collect();
    let changed = [
        ("WEEKAHEAD_PROVIDER__URL", settings.provider.url.clone()),
        ("WEEKAHEAD_PROVIDER__REQUESTS_PER_SECOND", settings.provider.requests_per_second.to_string()),
        ("WEEKAHEAD_PROVIDER__FIRST_DELAY_MS", settings.provider.first_delay_ms.to_string()),
        ("WEEKAHEAD_UNIVERSE__SYMBOLS", symbols.join(",")),
        ("WEEKAHEAD_UNIVERSE__SINCE", settings.universe.since.to_string()),
    ];
    changed.map(|(name, value)| (name.to_owned(), value)).into()
}

/// What a process takes before it does what the simulation does at once: dbt has to be imported and the project parsed.
fn cold_start(step: Step) -> Duration {
    match step {
        Step::Features => Duration::from_secs(6),
        Step::Ingest | Step::Train | Step::Forecast => Duration::from_millis(200),
    }
}
