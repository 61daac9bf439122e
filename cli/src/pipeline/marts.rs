//! The step from committed loads to marts, by dbt.

use weekahead_materialize::{Dbt, DbtReport, WarmDbt};

use crate::progress::Step;
use crate::services;
use crate::settings::Settings;

/// The dbt models of a warehouse. Kept for several builds, it saves dbt's start.
#[derive(Debug)]
pub struct Marts {
    dbt: WarmDbt,
}

impl Marts {
    /// By the settings' project and warehouse.
    pub fn open(settings: &Settings) -> anyhow::Result<Self> {
        Ok(Self { dbt: dbt(settings)?.warm() })
    }

    /// Builds and tests the dbt models: all of them, or a selection in dbt's words.
    pub async fn build(&mut self, select: Option<&str>) -> anyhow::Result<DbtReport> {
        let step = Step::start("marts", "building and testing dbt models");
        let args: Vec<&str> = select.map_or_else(Vec::new, |select| vec!["--select", select]);
        let report = self.dbt.run("build", &args, |at| step.position(at.done, at.whole)).await?;
        let (models, tests) = (report.count("model"), report.count("test"));
        step.done(&format!("dbt built {models} models and passed {tests} tests"));
        Ok(report)
    }
}

fn dbt(settings: &Settings) -> anyhow::Result<Dbt> {
    let url = reqwest::Url::parse(&settings.warehouse.url)?;
    let secure = url.scheme() == "https";
    let port = url.port_or_known_default().unwrap_or(8123);
    let warehouse = [
        ("HOST", url.host_str().unwrap_or("127.0.0.1").to_owned()),
        ("PORT", port.to_string()),
        ("USER", settings.warehouse.user.clone()),
        ("PASSWORD", settings.warehouse.password.expose().to_owned()),
        ("SECURE", secure.to_string()),
        ("CLUSTER", settings.warehouse.cluster.clone()),
    ];
    let warehouse = warehouse.map(|(name, value)| (format!("WEEKAHEAD_WAREHOUSE_{name}"), value)).into_iter();
    let tracker = ("WEEKAHEAD_TRACKER_URL".to_owned(), settings.tracker.page().unwrap_or_default());
    Ok(Dbt {
        python: services::python(settings),
        project: settings.tools.dbt_project.clone(),
        target: settings.home.join("dbt"),
        env: warehouse.chain([tracker]).collect(),
    })
}
