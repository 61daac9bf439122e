//! All of Alpha158 over ten years of 500 symbols, in memory: ours beside Qlib, polars and ClickHouse.
//!
//! Rows in, columns out: no contender's reading, writing, start or import is counted. All read the same panel and use
//! every core. Samples of their answers are compared, so that the figures are of the same work.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::child;
use crate::compute::{self, Computed};
use crate::feature_file::SAMPLE_EVERY;
use crate::panel::{Quotes, SESSIONS, SYMBOLS};
use crate::peers::{Peers, Said};
use crate::report::{Contender, Goal, goal, median, table};
use crate::{agreement, memory};

/// A peer, how to run it, and how many times faster we want to be.
struct Peer {
    name: &'static str,
    environment: &'static str,
    script: &'static str,
    options: &'static [&'static str],
    goal: f64,
}

const PEERS: [Peer; 4] = [
    Peer {
        name: "pyqlib, D.features",
        environment: "qlib",
        script: "alpha158_qlib.py",
        options: &[],
        goal: 30.0,
    },
    Peer {
        name: "polars, lazy, over(symbol)",
        environment: "tables",
        script: "alpha158_polars.py",
        options: &["--by", "over"],
        goal: 12.0,
    },
    Peer {
        name: "polars, lazy, group_by(symbol)",
        environment: "tables",
        script: "alpha158_polars.py",
        options: &["--by", "group"],
        goal: 12.0,
    },
    Peer {
        name: "ClickHouse, window functions",
        environment: "tables",
        script: "alpha158_clickhouse.py",
        options: &[],
        goal: 12.0,
    },
];

/// Families of features that are told of.
const LARGEST: usize = 12;

/// Runs the contenders in turn.
pub fn run(peers: &Peers, runs: usize) -> anyhow::Result<String> {
    let work = TempDir::new()?;
    let panel = work.path().join("panel.parquet");
    Quotes::generate()?.write(&panel)?;
    let sample = |name: &str| work.path().join(format!("{name}.sample.parquet"));
    // The run that warms up leaves the samples.
    let (ours_sample, explained) = (sample("ours"), compute::run(Some(&sample("ours")))?);
    let mut ours = Contender::new("weekahead compute_panel");
    let mut theirs = PEERS.map(|peer| Contender::new(peer.name));
    let mut costs = Vec::new();
    for peer in &PEERS {
        once(peers, peer, &panel, Some(&sample(peer.name)))?;
    }
    for _ in 0..runs {
        let computed = compute::run(None)?;
        ours.ran(computed.said.seconds, computed.said.rows, computed.said.peak_rss_bytes);
        costs.push(computed.memory);
        for (peer, contender) in PEERS.iter().zip(&mut theirs) {
            let said = once(peers, peer, &panel, None)?;
            contender.ran(said.seconds, said.rows, said.peak_rss_bytes);
        }
    }
    let seconds = ours.median();
    let contenders: Vec<_> = std::iter::once(ours).chain(theirs).collect();
    let title = format!("Alpha158, 158 features of {SYMBOLS} symbols x {SESSIONS} sessions, in memory");
    let mut text = table(&title, &contenders);
    for (peer, contender) in PEERS.iter().zip(&contenders[1..]) {
        text.push_str(&goal(peer.name, contender.median() / seconds, "x", Goal::AtLeast(peer.goal)));
    }
    text.push_str(&limit(&explained, &costs, seconds));
    for peer in &PEERS {
        text.push_str(&agreement::compare(&ours_sample, peer.name, &sample(peer.name))?);
    }
    Ok(text)
}

fn once(peers: &Peers, peer: &Peer, panel: &Path, sample: Option<&PathBuf>) -> anyhow::Result<Said> {
    let mut command = peers.command(peer.environment, peer.script)?;
    command.arg(panel).args(peer.options);
    if let Some(sample) = sample {
        command.arg("--sample").arg(sample).arg("--every").arg(SAMPLE_EVERY.to_string());
    }
    child::run(&mut command)?.said()
}

/// How far we are from only writing the answer, and what the time is spent on.
fn limit(explained: &Computed, costs: &[memory::WriteCost], seconds: f64) -> String {
    let gigabytes = explained.output_bytes as f64 / 1e9;
    let line = |what: &str, of: fn(&memory::WriteCost) -> f64| {
        let floor = median(&costs.iter().map(of).collect::<Vec<_>>());
        let speed = gigabytes / floor;
        format!(
            "  into {what} memory: {floor:.3} s at {speed:.1} GB/s; ours takes {:.1}x that\n",
            seconds / floor
        )
    };
    let mut text = format!("only to write the {gigabytes:.2} GB of values, on all cores:\n");
    text.push_str(&line("fresh", |cost| cost.fresh_seconds));
    text.push_str(&line("touched", |cost| cost.touched_seconds));
    let whole = explained.said.seconds;
    let share = |(family, cost): &(String, f64)| format!("{family} {:.0}%", 100.0 * cost / whole);
    let families: Vec<String> = explained.families.iter().take(LARGEST).map(share).collect();
    text.push_str("where the time goes, the largest families each alone against the whole: ");
    text.push_str(&format!("{}\n", families.join(", ")));
    text
}
