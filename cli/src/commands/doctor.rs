//! `weekahead doctor`: is everything there that the platform needs, and how to mend what is not.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use comfy_table::{Table, presets};

use crate::platform;
use crate::services;
use crate::settings::Settings;

/// Check every dependency and endpoint.
#[derive(Debug, clap::Args)]
pub struct Doctor {
    /// Check files alone, no endpoint
    #[arg(long)]
    offline: bool,
}

/// One finding: what was looked at and what was seen, or what is wrong and how to mend it.
struct Finding {
    subject: &'static str,
    verdict: Result<String, String>,
}

impl Doctor {
    /// Prints a table of findings; exit code 2 when anything is wrong.
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let mut findings = files(&settings);
        if !self.offline {
            findings.extend(endpoints(&settings).await);
        }
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        for finding in &findings {
            let (mark, text) = match &finding.verdict {
                Ok(text) => ("ok", text),
                Err(text) => ("MISSING", text),
            };
            table.add_row([finding.subject, mark, text]);
        }
        println!("{table}");
        let well = findings.iter().all(|finding| finding.verdict.is_ok());
        Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(2) })
    }
}

fn files(settings: &Settings) -> Vec<Finding> {
    let tools = &settings.tools;
    let present = |path: &Path, mend: &str| {
        if path.exists() {
            Ok(path.display().to_string())
        } else {
            Err(format!("{} is missing: {mend}", path.display()))
        }
    };
    let setup = "`make setup` brings it";
    let bin = |name: &str| tools.venv.join("bin").join(name);
    vec![
        Finding { subject: "python", verdict: present(&services::python(settings), setup) },
        Finding { subject: "dbt", verdict: present(&bin("dbt"), setup) },
        Finding { subject: "mlflow", verdict: present(&bin("mlflow"), setup) },
        Finding { subject: "libchdb", verdict: present(&tools.libchdb, setup) },
        Finding { subject: "libonnxruntime", verdict: present(&tools.libonnxruntime, setup) },
        Finding {
            subject: "dbt project",
            verdict: present(&tools.dbt_project.join("dbt_project.yml"), "set `tools.dbt_project`"),
        },
        Finding { subject: "home", verdict: writable(&settings.home) },
    ]
}

fn writable(home: &Path) -> Result<String, String> {
    let probe = home.join(".probe");
    let written = std::fs::create_dir_all(home).and_then(|()| std::fs::write(&probe, b"probe"));
    let _ = std::fs::remove_file(&probe);
    match written {
        Ok(()) => Ok(home.display().to_string()),
        Err(error) => {
            Err(format!("{} cannot be written ({error}): choose another with --home", home.display()))
        }
    }
}

async fn endpoints(settings: &Settings) -> Vec<Finding> {
    let said = |error: anyhow::Error| format!("{error:#}");
    let lake = platform::lake(settings).await.map(|_| settings.lake.endpoint.clone()).map_err(said);
    let warehouse = async { Ok::<_, anyhow::Error>(platform::warehouse(settings).await?.version().await?) };
    let warehouse =
        warehouse.await.map(|version| format!("{} ({version})", settings.warehouse.url)).map_err(said);
    let tracker = async { Ok::<_, anyhow::Error>(platform::tracker(settings).await?.version().await?) };
    let tracker = tracker.await.map(|version| format!("{} ({version})", settings.tracker.url)).map_err(said);
    vec![
        Finding { subject: "lake", verdict: lake },
        Finding { subject: "warehouse", verdict: warehouse },
        Finding { subject: "tracker", verdict: tracker },
        Finding { subject: "provider", verdict: provider(&settings.provider.url).await },
    ]
}

/// Any answer will do: providers refuse requests without a symbol in ways of their own.
async fn provider(url: &str) -> Result<String, String> {
    let client =
        reqwest::Client::builder().timeout(Duration::from_secs(10)).build().map_err(|e| e.to_string())?;
    match client.get(url).send().await {
        Ok(answer) => Ok(format!("{url} (answers {})", answer.status().as_u16())),
        Err(_) => Err(format!("{url} does not answer: check the network or set `provider.url`")),
    }
}
