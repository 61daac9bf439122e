//! `weekahead explain`: where a stored forecast came from, and whether it comes out the same again.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use comfy_table::Table;
use uuid::Uuid;
use weekahead_lake::{Lake, LoadId};
use weekahead_market::{AsOf, SystemClock};
use weekahead_serving::Replay;
use weekahead_warehouse::{ForecastFilter, ForecastRow, Warehouse};

use crate::settings::Settings;
use crate::{platform, tables};

/// Something is not as it was when the forecast was made.
const DIFFERS: u8 = 1;

/// Make a stored forecast again from what was known then, and compare it bit for bit.
///
/// Exit code 1 when a number comes out otherwise, or an object of the lake is not the one that was loaded. The intervals are replayed
/// with `serving.adaptive_step` as it is configured now.
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// The forecast, as `GET /v1/forecasts` names it
    id: Uuid,
}

impl Explain {
    /// Explains.
    pub async fn run(self, mut settings: Settings) -> anyhow::Result<ExitCode> {
        let row = stored(&platform::warehouse(&settings).await?, self.id).await?;
        let (objects, intact) = objects(&platform::lake(&settings).await?, &row).await?;
        settings.training.model.clone_from(&row.model_name);
        let registry = platform::registry(&settings).await?;
        let replay = platform::forecaster(&settings, Arc::clone(&registry))?.replay(&row).await?;
        println!("{}\n\n{objects}\n\n{}\n", chain(&row), parts(&replay));
        let same = replay.is_same() && intact;
        println!("{}", verdict(&replay, intact));
        Ok(if same { ExitCode::SUCCESS } else { ExitCode::from(DIFFERS) })
    }
}

async fn stored(warehouse: &Warehouse, id: Uuid) -> anyhow::Result<ForecastRow> {
    let filter = ForecastFilter { forecast_id: Some(id), ..ForecastFilter::default() };
    let found = warehouse.forecasts(AsOf::now(&SystemClock), &filter).await?;
    found
        .into_iter()
        .next()
        .with_context(|| format!("no forecast {id} is stored: GET /v1/forecasts lists them"))
}

/// The objects of the forecast's loads as their commit records name them, and whether the lake still has them so.
async fn objects(lake: &Lake, row: &ForecastRow) -> anyhow::Result<(Table, bool)> {
    let mut table = tables::table(&["load", "object", "etag", "in the lake"]);
    let mut intact = true;
    for load_id in &row.load_ids {
        let id: LoadId = load_id.parse().with_context(|| format!("`{load_id}` names no load"))?;
        let Some(record) = lake.load(id).await? else {
            intact = false;
            table.add_row([load_id, "", "", "no commit record"]);
            continue;
        };
        let faults = lake.verify_load(&record).await?;
        for object in &record.objects {
            let fault = faults.iter().find(|fault| fault.expected.key == object.key);
            let found =
                fault.map_or("as loaded", |fault| if fault.found.is_some() { "changed" } else { "lost" });
            table.add_row([load_id, &object.key, &object.etag, found]);
        }
        intact &= faults.is_empty();
    }
    Ok((table, intact))
}

/// What the row says of itself.
fn chain(row: &ForecastRow) -> Table {
    let key = &row.forecast.key;
    let fact = |name: &str, value: String| [name.to_owned(), value];
    tables::facts(vec![
        fact("forecast", row.id().to_string()),
        fact("of", format!("{}, {} sessions from {}", key.symbol, key.horizon, key.origin)),
        fact("as of", row.as_of.to_string()),
        fact("written", row.written_at.to_string()),
        fact("model", format!("{} version {}", row.model_name, row.model_version)),
        fact("digest", row.model_digest.clone()),
        fact("run", row.run_id.clone()),
        fact("view", format!("{}@{}", row.view, row.view_version)),
        fact("loads", row.load_ids.len().to_string()),
    ])
}

fn parts(replay: &Replay) -> Table {
    const LONGEST: usize = 44;
    let short = |text: &str| match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text.to_owned(),
    };
    let mut table = tables::table(&["part", "stored", "replayed", ""]);
    for part in &replay.parts {
        let same = if part.is_same() { "same" } else { "DIFFERS" };
        table.add_row([part.name.clone(), short(&part.stored), short(&part.replayed), same.to_owned()]);
    }
    table
}

fn verdict(replay: &Replay, intact: bool) -> String {
    let differing: Vec<&str> =
        replay.parts.iter().filter(|part| !part.is_same()).map(|part| part.name.as_str()).collect();
    match (differing.is_empty(), intact) {
        (true, true) => "the replay is the stored forecast, bit for bit".to_owned(),
        (true, false) => {
            "the replay is the stored forecast, bit for bit, but objects of the lake are not as they were loaded".to_owned()
        }
        (false, _) => format!("the replay differs from the stored forecast in: {}", differing.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use weekahead_serving::ReplayedPart;

    use super::*;

    #[test]
    fn what_differs_is_named() {
        let part = |name: &str, stored: &str| ReplayedPart {
            name: name.to_owned(),
            stored: stored.to_owned(),
            replayed: "0.1".to_owned(),
        };
        let mut replay = Replay { parts: vec![part("point", "0.1")] };
        assert_eq!(verdict(&replay, true), "the replay is the stored forecast, bit for bit");
        assert!(verdict(&replay, false).ends_with("not as they were loaded"));
        replay.parts.push(part("quantile 0.5", &"9".repeat(99)));
        assert_eq!(verdict(&replay, true), "the replay differs from the stored forecast in: quantile 0.5");
        let table = parts(&replay).to_string();
        assert!(table.contains("DIFFERS") && table.lines().all(|line| line.chars().count() < 120), "{table}");
    }
}
