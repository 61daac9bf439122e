//! `weekahead models list`: the versions of a model, a line each.

use comfy_table::CellAlignment;
use weekahead_market::{AsOf, SystemClock};
use weekahead_training::registry::{VersionList, VersionSummary};

use super::{Of, short};
use crate::settings::Settings;
use crate::{platform, tables};

/// List the versions, newest first, with the metrics of their runs
#[derive(Debug, clap::Args)]
pub struct List {
    #[command(flatten)]
    of: Of,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl List {
    /// Runs it.
    pub async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let registry = platform::model_registry(settings, self.of.model).await?;
        let list = registry.versions(AsOf::now(&SystemClock)).await?;
        match self.json {
            true => println!("{}", serde_json::to_string_pretty(&list)?),
            false => println!("{}", report(&list)),
        }
        Ok(())
    }
}

fn report(list: &VersionList) -> String {
    if list.versions.is_empty() {
        return format!("`{}` has no versions: `weekahead train` registers some", list.model);
    }
    let mut table = tables::table(&[
        "",
        "version",
        "alias",
        "model",
        "view",
        "ahead",
        "as of",
        "run",
        "MAE",
        "MASE",
        "rank IC",
        "registered",
    ]);
    for version in &list.versions {
        table.add_row(cells(version));
    }
    for column in [1, 5, 8, 9, 10] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut report = format!("{table}\n* champion; MAE in basis points");
    if let Some(disagreement) = list.champion.disagreement() {
        report.push_str(&format!("\n{disagreement}: `weekahead models promote` moves the alias"));
    }
    report
}

fn cells(version: &VersionSummary) -> Vec<String> {
    let mark = if version.is_champion { "*" } else { "" };
    let run = if version.has_run { short(&version.run_id) } else { "lost".to_owned() };
    vec![
        mark.to_owned(),
        version.version.to_string(),
        version.aliases.join(", "),
        tables::or_missing(version.model.as_ref()),
        view(version),
        tables::or_missing(version.horizon_sessions),
        tables::or_missing(version.as_of.as_ref()),
        run,
        tables::or_missing(version.mae.map(tables::bps)),
        tables::or_missing(version.mase.map(|value| format!("{value:.4}"))),
        tables::or_missing(version.rank_ic.map(|value| format!("{value:+.3}"))),
        version.registered_at.strftime("%Y-%m-%d %H:%M").to_string(),
    ]
}

/// The view with its version, as `view@version`.
pub fn view(version: &VersionSummary) -> String {
    let view = version.view.as_ref().zip(version.view_version.as_ref());
    tables::or_missing(view.map(|(name, version)| format!("{name}@{}", short(version))))
}

#[cfg(test)]
pub mod tests {
    use weekahead_training::registry::Standing;

    use super::*;

    /// A version as a session leaves it.
    pub fn version(version: u32, model: &str, mae: f64) -> VersionSummary {
        VersionSummary {
            version,
            aliases: Vec::new(),
            is_champion: false,
            model: Some(model.to_owned()),
            view: Some("weekly_core".to_owned()),
            view_version: Some("8c1f2ab0d4e6".to_owned()),
            horizon_sessions: Some(5),
            as_of: Some("2013-01-25T23:00:00Z".to_owned()),
            run_id: format!("{version}f0c2a9b6d8e4f10"),
            has_run: true,
            mae: Some(mae),
            mase: Some(mae / 0.0319),
            rank_ic: Some(0.025),
            registered_at: "2013-01-25T23:01:02Z".parse().unwrap(),
        }
    }

    fn list(alias: Option<u32>, versions: Vec<VersionSummary>) -> VersionList {
        let champion = Standing { recorded: Some(1), alias };
        VersionList { model: "weekly".to_owned(), champion, versions }
    }

    #[test]
    fn versions_are_aligned_and_the_champion_is_marked() {
        let champion = VersionSummary {
            aliases: vec!["champion".to_owned()],
            is_champion: true,
            rank_ic: None,
            ..version(1, "random_walk", 0.0319)
        };
        let lost = VersionSummary {
            view: None,
            horizon_sessions: None,
            as_of: None,
            has_run: false,
            mae: None,
            mase: None,
            rank_ic: None,
            ..version(10, "ridge(alpha=1000)", 0.0)
        };
        insta::assert_snapshot!(report(&list(Some(1), vec![lost, champion.clone()])));
        let moved = report(&list(Some(2), vec![champion]));
        assert!(moved.contains("alias `champion` is at version 2") && moved.contains("the record counts"));
    }

    #[test]
    fn a_model_without_versions_says_so() {
        assert_eq!(
            report(&list(None, Vec::new())),
            "`weekly` has no versions: `weekahead train` registers some"
        );
    }
}
