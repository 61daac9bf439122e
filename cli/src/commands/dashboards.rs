//! `weekahead dashboards`: the dashboards into a Superset.

use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use weekahead_dashboards::{Bundle, Login, Superset, WarehouseAddress};

use crate::progress::Step;
use crate::settings::Settings;

/// The Superset dashboards.
#[derive(Debug, Subcommand)]
pub enum Dashboards {
    /// Import them into a Superset that runs; what was imported before is updated, never doubled
    Import(Import),
}

/// Import the dashboards.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// The Superset, as in `https://superset.example.com`
    #[arg(long)]
    url: String,
    /// A user who may import (role Admin); the password is read from SUPERSET_PASSWORD
    #[arg(long, default_value = "admin")]
    user: String,
    /// The warehouse's HTTP interface as Superset reaches it [default: warehouse.url]
    #[arg(long, value_name = "URL")]
    warehouse_url: Option<String>,
}

impl Dashboards {
    /// Imports.
    pub async fn run(self, settings: &Settings) -> anyhow::Result<ExitCode> {
        let Self::Import(import) = self;
        let password = std::env::var("SUPERSET_PASSWORD")
            .with_context(|| format!("put the password of {} into SUPERSET_PASSWORD", import.user))?;
        let warehouse = &settings.warehouse;
        let address = import.warehouse_url.as_deref().unwrap_or(&warehouse.url);
        let bundle =
            Bundle::new(&WarehouseAddress::new(address, &warehouse.user, warehouse.password.expose())?)?;
        let step = Step::start("dashboards", &format!("importing into {}", import.url));
        let login = Login { user: import.user, password };
        Superset::sign_in(&import.url, &login).await?.import(&bundle).await?;
        step.done(&format!(
            "{} dashboards with {} charts over {} datasets are at {}/dashboard/list/",
            bundle.dashboards,
            bundle.charts,
            bundle.datasets,
            import.url.trim_end_matches('/')
        ));
        Ok(ExitCode::SUCCESS)
    }
}
