//! `weekahead models show`: everything about one version.

use comfy_table::Table;
use weekahead_market::{AsOf, SystemClock};
use weekahead_tracker::ModelSelector;
use weekahead_training::registry::{ArtifactState, DatasetDetails, VersionDetails};
use weekahead_warehouse::PromotionRow;

use super::{Of, list};
use crate::progress::thousands;
use crate::settings::Settings;
use crate::{platform, tables};

/// Show everything about a version: tags, parameters, metrics, data set, artifact, decisions
#[derive(Debug, clap::Args)]
pub struct Show {
    /// A version's number, or an alias
    #[arg(value_name = "VERSION|champion")]
    which: ModelSelector,
    #[command(flatten)]
    of: Of,
    /// Print JSON, with the metrics of each run's last fold, load ids and objects
    #[arg(long)]
    json: bool,
}

impl Show {
    /// Runs it.
    pub async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let registry = platform::model_registry(settings, self.of.model).await?;
        let details = registry.details(&self.which, AsOf::now(&SystemClock)).await?;
        match self.json {
            true => println!("{}", serde_json::to_string_pretty(&details)?),
            false => println!("{}", report(&details)),
        }
        Ok(())
    }
}

fn report(details: &VersionDetails) -> String {
    let summary = &details.summary;
    let mut report = format!(
        "{} version {}, {}\n{}\n",
        details.registered_model,
        summary.version,
        summary.model.as_deref().unwrap_or("of unknown kind"),
        tables::facts(facts(details))
    );
    let mut add = |table: Table| {
        if !table.is_empty() {
            report.push_str(&format!("\n{table}\n"));
        }
    };
    add(decisions(&details.decisions));
    if let Some(run) = &details.run {
        let overall = run.metrics.iter().filter(|(name, _)| !name.starts_with("fold_"));
        add(pairs("metric", overall.map(|(name, value)| [name.clone(), tables::figure(*value)])));
        add(pairs("parameter", run.params.iter().map(|(name, value)| [name.clone(), value.clone()])));
    }
    add(pairs("tag", details.tags.iter().map(|(name, value)| [name.clone(), value.clone()])));
    report.truncate(report.trim_end().len());
    report
}

/// What it is and where it comes from: the lineage, from the version down to the objects of the lake.
fn facts(details: &VersionDetails) -> Vec<[String; 2]> {
    let summary = &details.summary;
    let mut facts = Vec::new();
    let mut add = |name: &str, value: String| facts.push([name.to_owned(), value]);
    let champion = if summary.is_champion { "yes" } else { "no" };
    add("champion", champion.to_owned());
    add("aliases", tables::or_missing(Some(summary.aliases.join(", ")).filter(|names| !names.is_empty())));
    add("registered", summary.registered_at.to_string());
    add("artifact", artifact(&details.artifact));
    add("files", details.source.clone());
    let run = if summary.has_run { summary.run_id.clone() } else { format!("{} (lost)", summary.run_id) };
    add("run", run);
    if let Some(session) = details.run.as_ref().and_then(|run| run.parent_run_id.clone()) {
        add("session's run", session);
    }
    add("view", list::view(summary));
    add("sessions ahead", tables::or_missing(summary.horizon_sessions));
    match &details.dataset {
        Some(dataset) => add("data set", dataset_line(dataset)),
        None => add("data set", "not recorded".to_owned()),
    }
    if let Some(dataset) = &details.dataset {
        add("loads", loads(dataset));
    }
    facts
}

fn artifact(state: &ArtifactState) -> String {
    match (&state.fault, &state.digest, state.size_bytes) {
        (None, Some(digest), Some(size)) => {
            format!("sha256 {digest}, {} bytes: as registered", thousands(size))
        }
        (fault, ..) => format!("cannot answer: {}", tables::or_missing(fault.as_ref())),
    }
}

fn dataset_line(dataset: &DatasetDetails) -> String {
    let as_of = tables::or_missing(dataset.as_of.as_ref());
    format!("{} {}: {} rows as of {as_of}", dataset.name, dataset.digest, thousands(dataset.rows))
}

fn loads(dataset: &DatasetDetails) -> String {
    let newest = dataset.load_ids.last().map(|load| format!(", the newest {load}")).unwrap_or_default();
    let object = dataset.objects.last().and_then(|object| object["key"].as_str());
    let object = object.map(|key| format!(" ({key})")).unwrap_or_default();
    format!("{}{newest}{object}", thousands(dataset.loads))
}

fn decisions(rows: &[PromotionRow]) -> Table {
    let mut table = tables::table(&["decided at", "about version", "promoted", "before", "by", "reason"]);
    for row in rows {
        table.add_row([
            row.decided_at.to_string(),
            row.model_version.to_string(),
            if row.promoted { "yes" } else { "no" }.to_owned(),
            tables::or_missing(row.previous_version),
            row.metric.clone(),
            row.reason.clone(),
        ]);
    }
    table
}

fn pairs(name: &str, rows: impl Iterator<Item = [String; 2]>) -> Table {
    let mut table = tables::table(&[name, "value"]);
    table.add_rows(rows);
    table
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;
    use weekahead_training::registry::RunDetails;

    use super::*;

    fn details() -> VersionDetails {
        let texts = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let summary = list::tests::version(2, "drift(feature=ret_mean_250)", 0.0318);
        VersionDetails {
            registered_model: "weekly".to_owned(),
            run: Some(RunDetails {
                name: "drift".to_owned(),
                parent_run_id: Some("parent".to_owned()),
                params: texts(&[("model", "drift"), ("view", "weekly_core")]),
                metrics: [("fold_mae", 0.02), ("mae", 0.031_819), ("rank_ic", f64::NAN), ("rows", 2555.0)]
                    .map(|(key, value)| (key.to_owned(), value))
                    .into(),
            }),
            dataset: Some(DatasetDetails {
                name: "weekly_core".to_owned(),
                digest: "0123abcd".to_owned(),
                rows: 11_914,
                as_of: summary.as_of.clone(),
                loads: 230,
                load_ids: vec!["l229".to_owned(), "l230".to_owned()],
                objects: vec![json!({"key": "raw/quotes/l230.parquet", "etag": "e"})],
            }),
            artifact: ArtifactState { digest: Some("ab12".to_owned()), size_bytes: Some(5_120), fault: None },
            decisions: vec![PromotionRow {
                decided_at: "2013-02-01T23:00:00Z".parse().unwrap(),
                model_name: "weekly".to_owned(),
                model_version: 2,
                model_kind: "drift".to_owned(),
                run_id: summary.run_id.clone(),
                previous_version: Some(1),
                promoted: true,
                metric: PromotionRow::BY_HAND.to_owned(),
                challenger_value: f64::NAN,
                champion_value: f64::NAN,
                p_value: f64::NAN,
                reason: "by hand: a trial".to_owned(),
            }],
            source: "models:/m-2".to_owned(),
            description: String::new(),
            tags: texts(&[("weekahead.model_digest", "ab12")]),
            summary,
        }
    }

    #[test]
    fn a_version_is_shown_down_to_its_objects() {
        insta::assert_snapshot!(report(&details()));
    }

    #[test]
    fn what_is_lost_is_told_and_the_rest_is_shown() {
        let mut lost = details();
        (lost.run, lost.dataset, lost.summary.has_run) = (None, None, false);
        lost.artifact.fault = Some("the store has lost its model.onnx".to_owned());
        let shown = report(&lost);
        for text in ["(lost)", "not recorded", "cannot answer: the store has lost its model.onnx"] {
            assert!(shown.contains(text), "`{text}` is not in: {shown}");
        }
    }
}
