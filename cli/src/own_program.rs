//! This program again, as a child: a service, a step of a job, a step that is to be killed.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context;

use crate::settings::Settings;

/// What this program is started with to have the settings that it has here.
#[derive(Debug)]
pub struct OwnProgram {
    /// Its file.
    pub file: PathBuf,
    /// Arguments before those of a command.
    pub args: Vec<OsString>,
    /// Variables beside the inherited ones.
    pub env: Vec<(String, String)>,
}

impl OwnProgram {
    /// Children read the same layers as we did; the flag that moves the home goes by variable.
    pub fn with(settings: &Settings) -> anyhow::Result<Self> {
        let file = std::env::current_exe().context("cannot find this program's own file")?;
        let args = settings.file.iter().flat_map(|file| [OsString::from("--config"), file.into()]).collect();
        let env = vec![("WEEKAHEAD_HOME".to_owned(), settings.home.display().to_string())];
        Ok(Self { file, args, env })
    }
}
