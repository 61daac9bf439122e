//! Our contender of `alpha158`, as a process of its own: bars in memory in, columns in memory out.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use weekahead_features::{Feature, View, compute_panel};
use weekahead_market::Panel;

use crate::peers::Said;
use crate::{child, feature_file, memory, panel};

/// The view of this benchmark.
pub const VIEW: &str = "alpha158";

/// What our contender measured of itself.
#[derive(Debug, Serialize, Deserialize)]
pub struct Computed {
    /// The work itself.
    #[serde(flatten)]
    pub said: Said,
    /// Bytes of all values.
    pub output_bytes: u64,
    /// What it costs only to write as many bytes.
    pub memory: memory::WriteCost,
    /// Seconds of each family of features computed alone, the most expensive first; with a sample only.
    pub families: Vec<(String, f64)>,
}

/// Runs [`work`] as a process.
pub fn run(sample: Option<&Path>) -> anyhow::Result<Computed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--work", "compute"]);
    if let Some(sample) = sample {
        command.arg("--path").arg(sample);
    }
    child::run(&mut command)?.said()
}

/// Computes the view over the panel and prints what it took; writes a sample of the rows if a path is given, and tells
/// where the time goes.
pub fn work(sample: Option<&Path>) -> anyhow::Result<()> {
    let view = View::builtin(VIEW)?;
    let panel = panel::Quotes::generate()?.panel()?;
    let started = Instant::now();
    let features = compute_panel(&view, &panel);
    let seconds = started.elapsed().as_secs_f64();
    let peak_rss_bytes = child::memory_bytes(std::process::id(), "VmHWM").unwrap_or(0);
    let rows = features.values().map(|matrix| matrix.len() as u64).sum();
    let mut families = Vec::new();
    if let Some(path) = sample {
        feature_file::write_sample(path, &view, &features)?;
        families = by_family(&view, &panel)?;
    }
    drop(features);
    let output_bytes = rows * view.features().len() as u64 * size_of::<f32>() as u64;
    let said = Said { rows, seconds, peak_rss_bytes };
    let memory = memory::write_cost(output_bytes);
    println!("{}", serde_json::to_string(&Computed { said, output_bytes, memory, families })?);
    Ok(())
}

/// Features that differ by their window alone are a family. Families share work: the parts are more than the whole.
fn by_family(view: &View, panel: &Panel) -> anyhow::Result<Vec<(String, f64)>> {
    let mut families: BTreeMap<String, Vec<Feature>> = BTreeMap::new();
    for feature in view.definitions() {
        let family = feature.name.trim_end_matches(|c: char| c.is_ascii_digit());
        families.entry(family.to_owned()).or_default().push(feature.clone());
    }
    let mut costs = Vec::new();
    for (family, features) in families {
        let alone = View::new(&format!("only_{family}"), features)?;
        let started = Instant::now();
        drop(compute_panel(&alone, panel));
        costs.push((family, started.elapsed().as_secs_f64()));
    }
    costs.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(costs)
}
