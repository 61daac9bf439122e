//! The sample of real quotes that the platform is shown with.

use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::settings::Settings;

/// The sample of quotes in the Python environment.
pub fn quotes(settings: &Settings) -> anyhow::Result<PathBuf> {
    let lib = settings.tools.venv.join("lib");
    let missing = || format!("no sample of quotes in {}: `make setup` brings it", lib.display());
    for python in std::fs::read_dir(&lib).with_context(missing)? {
        let file = python?.path().join("site-packages/bokeh_sampledata/_data/stocks.csv.gz");
        if file.is_file() {
            return Ok(file);
        }
    }
    bail!(missing())
}
