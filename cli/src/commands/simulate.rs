//! `weekahead simulate`: years of the platform's life under a virtual clock.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use weekahead_market::{Calendar, Session, Symbol};
use weekahead_simulation::fingerprint::Fingerprint;
use weekahead_simulation::{Plan, World, weeks};

use crate::progress::{self, Step};
use crate::settings::{Experiment, Settings};
use crate::simulator::{Ground, Life, MODELS, Spent};
use crate::supervisor::{Supervisor, stop_requested};
use crate::{platform, sample, services, tables};

/// Sessions before the first week that models learn from, unless --since says otherwise: five years.
const LEARNED_SESSIONS: i64 = 5 * 252;

/// Live through years of weeks under a virtual clock.
#[derive(Debug, clap::Args)]
pub struct Simulate {
    /// The first day; its week is the first that is lived
    #[arg(long)]
    from: Session,
    /// The last day; the last week that ends by it is the last that is lived
    #[arg(long)]
    to: Session,
    /// Events and faults: a TOML file with tables `events`, `faults` and `seeded`
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// What seeded events and faults are drawn by
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Keep the plan's events and leave out its faults: what the same life ends with when nothing goes wrong
    #[arg(long)]
    undisturbed: bool,
    /// Quotes of your own, as replay-provider takes them [default: the sample in the Python environment]
    #[arg(long, value_name = "PATH")]
    quotes: Option<PathBuf>,
    /// The symbols
    #[arg(long, value_delimiter = ',', default_value = "AAPL,FB,GOOG,IBM,MSFT")]
    symbols: Vec<Symbol>,
    /// The first session of the quotes [default: five years before --from]
    #[arg(long)]
    since: Option<Session>,
    /// What is trained each week [default: random walk, ridge and elastic net]
    #[arg(long, value_name = "FILE")]
    experiment: Option<PathBuf>,
    /// Write the hash of every table to this file
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Compare with the hashes in this file, and fail where a table differs
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// Keep the platform running afterwards, until Ctrl-C
    #[arg(long)]
    stay: bool,
}

impl Simulate {
    /// Starts the platform, lives, hashes, stops the platform.
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let expected = self.expect.as_deref().map(read_fingerprint).transpose()?;
        let models = self.models()?;
        let ground = self.ground(settings, &models)?;
        let settings = ground.settings.clone();
        let mut supervisor = Supervisor::new(&settings.home)?;
        let outcome = tokio::select! {
            biased;
            outcome = self.live(ground, &models, &mut supervisor, expected.as_ref()) => outcome,
            () = stop_requested() => Err(anyhow::anyhow!(
                "stopped on request; run it again to go on: what is done is found and not done twice"
            )),
        };
        let outcome = match outcome {
            Ok(code) if self.stay => stay(&settings, &mut supervisor).await.map(|()| code),
            outcome => outcome,
        };
        supervisor.stop().await;
        outcome
    }

    fn models(&self) -> anyhow::Result<String> {
        let Some(file) = &self.experiment else { return Ok(MODELS.to_owned()) };
        std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the experiment {}", file.display()))
    }

    /// Draws and checks everything before anything is started.
    fn ground(&self, mut settings: Settings, models: &str) -> anyhow::Result<Ground> {
        if !(settings.lake.embedded && settings.warehouse.embedded && settings.tracker.embedded) {
            bail!(
                "a simulation lives in another time and would write that into your own services: run it with \
                 `embedded = true`, and with a --home of its own"
            );
        }
        let experiment = Experiment::parse(models)?;
        ensure!(
            experiment.clone().by_horizon().len() == 1,
            "a simulation trains for one horizon: write horizon = 5"
        );
        settings = experiment.over(settings);
        let calendar = Calendar::nyse();
        let since = self.since.map_or_else(|| calendar.offset(self.from, -LEARNED_SESSIONS), Ok)?;
        settings.universe.symbols = self.symbols.clone();
        settings.universe.since = since;
        settings.provider.requests_per_second = 0;
        settings.provider.first_delay_ms = 1;
        let quotes = self.quotes.clone().map_or_else(|| sample::quotes(&settings), Ok)?;
        let world = World::read(&quotes, &self.symbols)?;
        world.check_range(&calendar, since, self.from, self.to)?;
        let weeks = weeks(&calendar, self.from, self.to)?;
        let plan = self.faults.as_deref().map(Plan::read).transpose()?.unwrap_or_default();
        let drawn = plan.scenario(&world, &calendar, &weeks, self.seed)?;
        let scenario = if self.undisturbed { drawn.undisturbed() } else { drawn };
        Ok(Ground { settings, experiment, calendar, world, weeks, scenario })
    }

    async fn live(
        &self,
        ground: Ground,
        models: &str,
        supervisor: &mut Supervisor,
        expected: Option<&Fingerprint>,
    ) -> anyhow::Result<ExitCode> {
        let settings = ground.settings.clone();
        let step = Step::start("up", "starting lake, warehouse and tracker");
        supervisor.start(services::stores(&settings)?).await?;
        platform::migrate(&settings).await?;
        ground.take_home(models).await?;
        step.done("lake, warehouse and tracker answer");
        let (weeks, scenario) = (ground.weeks.len(), &ground.scenario);
        eprintln!(
            "{weeks} weeks of {} symbols, {} events and {} faults, seed {}",
            settings.universe.symbols.len(),
            scenario.events.len(),
            scenario.faults.len(),
            self.seed
        );
        progress::keep_silent(true);
        let spent = tokio::select! {
            spent = live(ground) => spent,
            ended = supervisor.watch() => ended.map(|()| Spent::default()),
        };
        progress::keep_silent(false);
        self.tell(weeks, spent?, &settings, expected).await
    }

    async fn tell(
        &self,
        weeks: usize,
        spent: Spent,
        settings: &Settings,
        expected: Option<&Fingerprint>,
    ) -> anyhow::Result<ExitCode> {
        let fingerprint = Fingerprint::of(&platform::warehouse(settings).await?).await?;
        println!("{}", tables::fingerprint(&fingerprint));
        println!("hash {:016x}", fingerprint.hash());
        let (whole, dbt) = (spent.whole.as_secs_f64(), spent.dbt.as_secs_f64());
        println!("{weeks} weeks in {whole:.0} s, {:.0} s of it outside dbt", whole - dbt);
        if let Some(file) = &self.write {
            std::fs::write(file, serde_json::to_vec_pretty(&fingerprint)?)
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        let differing = expected.map(|expected| fingerprint.differences(expected)).unwrap_or_default();
        if differing.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        eprintln!("error: not as expected: {}", differing.join(", "));
        Ok(ExitCode::FAILURE)
    }
}

async fn live(ground: Ground) -> anyhow::Result<Spent> {
    Life::begin(ground).await?.live().await
}

async fn stay(settings: &Settings, supervisor: &mut Supervisor) -> anyhow::Result<()> {
    println!("{}", platform::urls(settings, false));
    println!("Ctrl-C stops them.");
    tokio::select! {
        ended = supervisor.watch() => ended,
        () = stop_requested() => Ok(()),
    }
}

fn read_fingerprint(file: &Path) -> anyhow::Result<Fingerprint> {
    let wrong = || {
        format!(
            "{} holds no hashes of tables: `weekahead simulate --write` makes such a file",
            file.display()
        )
    };
    serde_json::from_slice(&std::fs::read(file).with_context(wrong)?).with_context(wrong)
}
