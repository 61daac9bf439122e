//! `weekahead up`: the embedded platform, until Ctrl-C.

use std::process::ExitCode;

use crate::platform;
use crate::progress::Step;
use crate::services;
use crate::settings::Settings;
use crate::supervisor::{Supervisor, stop_requested};

/// Run the embedded services and the HTTP API.
#[derive(Debug, clap::Args)]
pub struct Up {
    /// Run the stores alone, without the HTTP API
    #[arg(long)]
    no_serving: bool,
}

impl Up {
    /// Starts what the settings say is embedded and watches over it.
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let mut supervisor = Supervisor::new(&settings.home)?;
        let outcome = tokio::select! {
            outcome = self.supervise(&settings, &mut supervisor) => outcome,
            () = stop_requested() => Ok(()),
        };
        supervisor.stop().await;
        outcome.map(|()| ExitCode::SUCCESS)
    }

    async fn supervise(&self, settings: &Settings, supervisor: &mut Supervisor) -> anyhow::Result<()> {
        let step = Step::start("up", "starting lake, warehouse and tracker");
        supervisor.start(services::stores(settings)?).await?;
        platform::migrate(settings).await?;
        step.done("lake, warehouse and tracker answer");
        if !self.no_serving {
            let step = Step::start("serving", "starting the HTTP API");
            supervisor.start(vec![services::serving(settings)?]).await?;
            step.done("the HTTP API answers");
        }
        println!("{}", platform::urls(settings, !self.no_serving));
        println!("Ctrl-C stops it.");
        supervisor.watch().await
    }
}
