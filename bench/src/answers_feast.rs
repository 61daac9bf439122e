//! Feast's feature server, the peer of `answers`: the same features of the same symbols, out of its SQLite store.
//!
//! It has one worker, as fast as its options make it: no access log, and a worker that is never replaced, which by default
//! happens after every thousand requests.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use weekahead_features::View;

use crate::child::{self, Family, free_addr};
use crate::compute::VIEW;
use crate::feature_file;
use crate::join::FEATURES;
use crate::load;
use crate::panel::Quotes;
use crate::peers::Peers;

/// Requests after which the worker is replaced: never in a run.
const MAX_REQUESTS: &str = "10000000";
/// Seconds after which the registry is read again, and a connection without a request is closed: later than any run ends.
const NEVER_SECONDS: &str = "86400";

/// A server over the panel's features, of which it holds the newest of every symbol; it is gone when this drops.
#[derive(Debug)]
pub struct FeastServer {
    addr: SocketAddr,
    _family: Family,
}

impl FeastServer {
    /// Fills its store and starts it.
    pub fn start(peers: &Peers, folder: &Path, quotes: &Quotes) -> anyhow::Result<Self> {
        let (source, repository) = (folder.join("features.parquet"), folder.join("feast"));
        feature_file::write_for_feast(&source, &View::builtin(VIEW)?, quotes, &FEATURES)?;
        std::fs::create_dir_all(&repository)?;
        let mut prepare = peers.command("feast", "feast_repository.py")?;
        child::run(prepare.arg(&source).arg(&repository).args(["--features", &FEATURES.join(",")]))?;
        let addr = free_addr()?;
        Ok(Self { addr, _family: Family::start(command(peers, &repository, addr), addr)? })
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}/get-online-features", self.addr)
    }
}

fn command(peers: &Peers, repository: &Path, addr: SocketAddr) -> Command {
    let mut command = Command::new(peers.environments.join("feast/bin/feast"));
    command
        .arg("--chdir")
        .arg(repository)
        .args(["serve", "--host", &addr.ip().to_string(), "--port", &addr.port().to_string()])
        .args(["--workers", "1", "--no-access-log", "--max-requests", MAX_REQUESTS])
        .args(["--registry_ttl_sec", NEVER_SECONDS, "--keep-alive-timeout", NEVER_SECONDS])
        .envs([("FEAST_USAGE", "False"), ("FEAST_TELEMETRY", "False")]);
    command
}

/// A request for [`FEATURES`] of some symbols, in Feast's words.
pub fn request(symbols: &[String]) -> Value {
    json!({"features": FEATURES.map(|name| format!("{VIEW}:{name}")), "entities": {"symbol": symbols}})
}

/// Asks both for the same, and fails where a value is missing or not the same.
pub async fn compare(ours: (&str, PathBuf), feast: (&str, PathBuf), symbols: usize) -> anyhow::Result<()> {
    let ours = of_ours(&load::ask(ours.0, &ours.1).await?).context("our answer has another form")?;
    let feast = of_feast(&load::ask(feast.0, &feast.1).await?).context("Feast's answer has another form")?;
    let wanted = symbols * FEATURES.len();
    ensure!(ours.len() == wanted, "{} values instead of {wanted}", ours.len());
    let apart = ours.iter().find(|(key, value)| feast.get(*key) != Some(*value));
    ensure!(
        apart.is_none() && feast.len() == wanted,
        "Feast answers other features: {apart:?} of {} values",
        feast.len()
    );
    Ok(())
}

/// Values by symbol and feature.
type Values = BTreeMap<(String, String), f32>;

fn of_ours(answer: &Value) -> Option<Values> {
    let features = texts(&answer["features"])?;
    let mut values = Values::new();
    for row in answer["rows"].as_array()? {
        let symbol = row["symbol"].as_str()?;
        for (feature, value) in features.iter().zip(row["values"].as_array()?) {
            values.insert((symbol.to_owned(), feature.clone()), value.as_f64()? as f32);
        }
    }
    Some(values)
}

/// A column a name, of which the first are the entities.
fn of_feast(answer: &Value) -> Option<Values> {
    let names = texts(&answer["metadata"]["feature_names"])?;
    let column = |name: &str| {
        let at = names.iter().position(|other| other == name)?;
        answer["results"][at]["values"].as_array()
    };
    let symbols = column("symbol")?;
    let mut values = Values::new();
    for feature in names.iter().filter(|name| *name != "symbol") {
        for (symbol, value) in symbols.iter().zip(column(feature)?) {
            values.insert((symbol.as_str()?.to_owned(), feature.clone()), value.as_f64()? as f32);
        }
    }
    Some(values)
}

fn texts(values: &Value) -> Option<Vec<String>> {
    values.as_array()?.iter().map(|value| value.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_an_answer_are_read_alike() {
        let ours = json!({"features": ["KMID", "MA20"], "rows": [
            {"symbol": "A", "values": [0.1, 2.0]}, {"symbol": "B", "values": [0.3, 4.0]}
        ]});
        let feast = json!({"metadata": {"feature_names": ["symbol", "MA20", "KMID"]}, "results": [
            {"values": ["A", "B"]}, {"values": [2.0, 4.0]}, {"values": [0.100_000_001_490_116_12, 0.3]}
        ]});
        assert_eq!(of_ours(&ours).unwrap().len(), 4);
        assert_eq!(of_ours(&ours), of_feast(&feast));
        assert_eq!(of_feast(&json!({"detail": "no such view"})), None);
    }

    #[test]
    fn a_missing_value_is_none_of_an_answer() {
        let ours = json!({"features": ["KMID"], "rows": [{"symbol": "A", "values": [null]}]});
        assert_eq!(of_ours(&ours), None);
    }
}
