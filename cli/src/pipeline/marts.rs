//! The step from committed loads to marts, by dbt.

use weekahead_materialize::{Dbt, DbtReport};

use crate::progress::Step;
use crate::settings::Settings;

/// Builds and tests the dbt models: all of them, or a selection in dbt's words.
pub async fn build_marts(settings: &Settings, select: Option<&str>) -> anyhow::Result<DbtReport> {
    let step = Step::start("marts", "building and testing dbt models");
    let args: Vec<&str> = select.map_or_else(Vec::new, |select| vec!["--select", select]);
    let report = dbt(settings)?.run("build", &args, |at| step.position(at.done, at.whole)).await?;
    let (models, tests) = (report.count("model"), report.count("test"));
    step.done(&format!("dbt built {models} models and passed {tests} tests"));
    Ok(report)
}

fn dbt(settings: &Settings) -> anyhow::Result<Dbt> {
    let url = reqwest::Url::parse(&settings.warehouse.url)?;
    let secure = url.scheme() == "https";
    let port = url.port_or_known_default().unwrap_or(8123);
    let env = [
        ("HOST", url.host_str().unwrap_or("127.0.0.1").to_owned()),
        ("PORT", port.to_string()),
        ("USER", settings.warehouse.user.clone()),
        ("PASSWORD", settings.warehouse.password.expose().to_owned()),
        ("SECURE", secure.to_string()),
        ("CLUSTER", settings.warehouse.cluster.clone()),
    ];
    Ok(Dbt {
        program: settings.tools.venv.join("bin").join("dbt"),
        project: settings.tools.dbt_project.clone(),
        target: settings.home.join("dbt"),
        env: env.map(|(name, value)| (format!("WEEKAHEAD_WAREHOUSE_{name}"), value)).into(),
    })
}
