//! Training rows point in time: 100,000 entity rows joined with ten features out of all rows of `alpha158`.
//!
//! The join alone is `Warehouse::point_in_time_join` beside Feast's `get_historical_features` on DuckDB: rows in memory in,
//! columns in memory out, after a first join that warms up. The whole command `weekahead features get` is told as well: its
//! start, both files and its end are on top there.

use std::path::Path;

use anyhow::ensure;
use polars::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;
use weekahead_features::View;

use crate::child;
use crate::compute::VIEW;
use crate::feature_file::{self, instants, read};
use crate::join_alone;
use crate::panel::{Quotes, ROWS, SESSIONS, SYMBOLS, symbols};
use crate::peers::{Peers, Said};
use crate::report::{Contender, Goal, goal, table};
use crate::store::Store;

/// The features of this benchmark and of `online`.
pub const FEATURES: [&str; 10] =
    ["KMID", "KLEN", "ROC5", "MA20", "STD20", "BETA20", "RSQR60", "CORR10", "VMA5", "RANK20"];

const ENTITIES: usize = 100_000;
/// The first session that an entity row may stand on: the longest window is full before.
const FIRST: usize = 61;

/// Runs both in turn.
pub async fn run(weekahead: &Path, libchdb: &Path, peers: &Peers, runs: usize) -> anyhow::Result<String> {
    let (work, quotes) = (TempDir::new()?, Quotes::generate()?);
    let path = |name: &str| work.path().join(name);
    let [source, entities, ours_out, feast_out] =
        ["source.parquet", "entities.parquet", "ours.parquet", "feast.parquet"].map(path);
    feature_file::write_for_feast(&source, &View::builtin(VIEW)?, &quotes, &FEATURES)?;
    write_entities(&entities, &quotes)?;
    let store = Store::with_bars(weekahead, libchdb, &quotes).await?;
    child::run(&mut store.command(&["features", "build", "--skip-marts", "--view", VIEW]))?;
    let mut ours = Contender::new("weekahead, point_in_time_join");
    let mut command = Contender::new("weekahead features get");
    let mut feast = Contender::new("Feast, DuckDB");
    for run in 0..=runs {
        let wanted = format!("{VIEW}:{}", FEATURES.join(","));
        let mut get = store.command(&["features", "get", "--features", &wanted]);
        let got = child::run(get.arg("--entities").arg(&entities).arg("-o").arg(&ours_out))?;
        let alone = join_alone::run(&entities, &store.url())?;
        ensure!(alone.rows == ENTITIES as u64, "the join met {} rows", alone.rows);
        let mut join = peers.command("feast", "feast_join.py")?;
        join.arg(&source).arg(&entities).arg(&feast_out).args(["--features", &FEATURES.join(",")]);
        let said: Said = child::run(&mut join)?.said()?;
        ensure!(said.rows == ENTITIES as u64, "Feast answered {} rows", said.rows);
        if run > 0 {
            ours.ran(alone.seconds, alone.rows, alone.peak_rss_bytes);
            command.ran(got.seconds, ENTITIES as u64, got.peak_bytes);
            feast.ran(said.seconds, said.rows, said.peak_rss_bytes);
        }
    }
    let same = agreeing_rows(&ours_out, &feast_out)?;
    let (ratio, whole) = (feast.median() / ours.median(), feast.median() / command.median());
    let title = format!("{ENTITIES} entity rows x {} features out of {ROWS} rows", FEATURES.len());
    let mut text = table(&title, &[ours, command, feast]);
    text.push_str(&goal("Feast on DuckDB", ratio, "x", Goal::AtLeast(5.0)));
    text.push_str(&format!("Feast on DuckDB beside the whole command: {whole:.2}x\n"));
    text.push_str(&format!("{same} of {ENTITIES} rows are the same in both, bit for bit\n"));
    Ok(text)
}

/// Symbols and instants drawn evenly, no two the same.
fn write_entities(path: &Path, quotes: &Quotes) -> anyhow::Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let names: Vec<String> = symbols().collect();
    let (first, last) = (quotes.knowledge_time(FIRST), quotes.knowledge_time(SESSIONS - 1));
    let symbol: Vec<&str> = (0..ENTITIES).map(|_| names[rng.random_range(0..SYMBOLS)].as_str()).collect();
    let as_of: Vec<i64> = (0..ENTITIES).map(|_| rng.random_range(first..last)).collect();
    feature_file::write(path, vec![Column::new("symbol".into(), symbol), instants("as_of", as_of)])
}

/// How many entity rows got the same features from both.
fn agreeing_rows(ours: &Path, feast: &Path) -> anyhow::Result<usize> {
    let in_order = |path: &Path, instant: &str| {
        let frame = read(path)?.sort(["symbol", instant], SortMultipleOptions::default())?;
        ensure!(frame.height() == ENTITIES, "{} has {} rows", path.display(), frame.height());
        anyhow::Ok(frame)
    };
    let (ours, feast) = (in_order(ours, "as_of")?, in_order(feast, "event_timestamp")?);
    ensure!(
        ours.column("symbol")?.equals(&feast.column("symbol")?.cast(&DataType::String)?),
        "the answers are of other symbols"
    );
    let mut same = vec![true; ENTITIES];
    for name in FEATURES {
        let (a, b) = (ours.column(name)?.f32()?, feast.column(name)?.f32()?);
        for (same, (a, b)) in same.iter_mut().zip(a.iter().zip(b.iter())) {
            *same &= a.map(f32::to_bits) == b.map(f32::to_bits);
        }
    }
    Ok(same.into_iter().filter(|same| *same).count())
}
