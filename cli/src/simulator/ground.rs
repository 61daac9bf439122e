//! What a simulation stands on: whose life it is, and that its directory is its own.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use weekahead_market::Calendar;
use weekahead_simulation::{Scenario, Week, World};

use crate::platform;
use crate::settings::{Experiment, Settings};

/// A simulation, drawn and checked.
#[derive(Debug)]
pub struct Ground {
    /// The settings of its platform.
    pub settings: Settings,
    /// What is trained each week.
    pub experiment: Experiment,
    /// The exchange's calendar.
    pub calendar: Calendar,
    /// The provider's side.
    pub world: World,
    /// Its weeks.
    pub weeks: Vec<Week>,
    /// What happens in them.
    pub scenario: Scenario,
}

/// What a directory's simulation was, for the next one to compare.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Mark {
    symbols: Vec<String>,
    origins: Vec<String>,
    scenario: serde_json::Value,
    experiment: String,
}

impl Ground {
    /// Where the experiment is kept, for the processes of a crash.
    pub fn experiment_file(&self) -> PathBuf {
        self.folder().join("models.toml")
    }

    fn folder(&self) -> PathBuf {
        self.settings.home.join("simulation")
    }

    /// Takes the directory for this simulation: an empty one, or one in which the same was begun.
    pub async fn take_home(&self, experiment: &str) -> anyhow::Result<()> {
        let mark = self.mark(experiment)?;
        let file = self.folder().join("simulation.json");
        let place = || format!("cannot write {}", file.display());
        match known(&file)? {
            Some(known) if known == mark => return Ok(()),
            Some(_) => bail!(
                "another simulation lives in {}: name a directory of its own with --home, or remove that one",
                self.settings.home.display()
            ),
            None => {}
        }
        let loads = platform::lake(&self.settings).await?.loads().await?.len();
        if loads > 0 {
            bail!(
                "{} holds {loads} loads that are no simulation's: name a directory of its own with --home",
                self.settings.home.display()
            );
        }
        std::fs::create_dir_all(self.folder()).with_context(place)?;
        std::fs::write(self.experiment_file(), experiment).with_context(place)?;
        // Written in one piece: half a mark would be another simulation's.
        let draft = file.with_extension("tmp");
        std::fs::write(&draft, serde_json::to_vec_pretty(&mark)?).with_context(place)?;
        std::fs::rename(&draft, &file).with_context(place)
    }

    fn mark(&self, experiment: &str) -> anyhow::Result<Mark> {
        Ok(Mark {
            symbols: self.settings.universe.symbols.iter().map(ToString::to_string).collect(),
            origins: self.weeks.iter().map(|week| week.origin.to_string()).collect(),
            scenario: serde_json::to_value(&self.scenario)?,
            experiment: experiment.to_owned(),
        })
    }
}

fn known(file: &Path) -> anyhow::Result<Option<Mark>> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}
