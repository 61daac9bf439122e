//! `weekahead demo`: the whole pipeline on real quotes, with the platform in one directory.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::bail;
use jiff::{SignedDuration, civil::date};
use weekahead_market::{AsOf, Calendar, FixedClock, Session, Symbol};
use weekahead_warehouse::{ForecastFilter, ForecastRow};

use crate::pipeline::{self, FeatureScope, Marts};
use crate::platform;
use crate::progress::Step;
use crate::settings::{Experiment, Settings};
use crate::supervisor::{Supervisor, stop_requested};
use crate::{sample, services, tables};

/// The last Friday of January 2013: five weeks before the sample of quotes ends.
const ORIGIN: Session = Session::from_date(date(2013, 1, 25));
/// The last session of the sample.
const LAST: Session = Session::from_date(date(2013, 3, 1));
/// How long after the close the weekly cycle runs: the provider publishes bars within the first hour.
const AFTER_CLOSE: SignedDuration = SignedDuration::from_hours(2);

/// Run the whole pipeline on real quotes.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Keep the services running afterwards, until Ctrl-C
    #[arg(long)]
    stay: bool,
    /// Quotes of your own, as replay-provider takes them [default: the sample in the Python environment]
    #[arg(long, value_name = "PATH")]
    quotes: Option<PathBuf>,
    /// The symbols
    #[arg(long, value_delimiter = ',', default_value = "AAPL,FB,GOOG,IBM,MSFT")]
    symbols: Vec<Symbol>,
    /// The first session
    #[arg(long, default_value = "2000-03-01")]
    since: Session,
}

impl Demo {
    /// Starts the platform, runs the pipeline, stops the platform.
    pub async fn run(self, mut settings: Settings) -> anyhow::Result<ExitCode> {
        if !(settings.lake.embedded && settings.warehouse.embedded && settings.tracker.embedded) {
            bail!(
                "the demo lives in 2013 and would write that into your own services: run it with `embedded = true`"
            );
        }
        let quotes = self.quotes.clone().map_or_else(|| sample::quotes(&settings), Ok)?;
        if settings.provider.url.starts_with("https:") {
            settings.provider.url = "http://127.0.0.1:9800".to_owned();
        }
        settings.provider.requests_per_second = 0;
        settings.universe.symbols = self.symbols.clone();
        settings.universe.since = self.since;
        let mut supervisor = Supervisor::new(&settings.home)?;
        // Whether all is done and it only stays: whoever notices Ctrl-C first then, it is no failure.
        let stays = AtomicBool::new(false);
        let outcome = tokio::select! {
            biased;
            outcome = self.live(&settings, &mut supervisor, &quotes, &stays) => outcome,
            () = stop_requested() => match stays.load(Ordering::Relaxed) {
                true => Ok(()),
                false => Err(anyhow::anyhow!("stopped on request; run it again to finish")),
            },
        };
        supervisor.stop().await;
        outcome.map(|()| ExitCode::SUCCESS)
    }

    async fn live(
        &self,
        settings: &Settings,
        supervisor: &mut Supervisor,
        quotes: &Path,
        stays: &AtomicBool,
    ) -> anyhow::Result<()> {
        let step = Step::start("up", "starting lake, warehouse, tracker and the replayed provider");
        let mut stores = services::stores(settings)?;
        stores.push(services::replay_provider(settings, quotes)?);
        supervisor.start(stores).await?;
        platform::migrate(settings).await?;
        step.done("lake, warehouse, tracker and the replayed provider answer");
        tokio::select! {
            outcome = pipeline_on_history(settings) => outcome?,
            ended = supervisor.watch() => ended?,
        }
        let step = Step::start("serving", "starting the HTTP API");
        let mut serving = services::serving(settings)?;
        let symbols: Vec<&str> = self.symbols.iter().map(Symbol::as_str).collect();
        serving.env.push(("WEEKAHEAD_UNIVERSE__SYMBOLS".to_owned(), symbols.join(",")));
        supervisor.start(vec![serving]).await?;
        step.done("the HTTP API answers");
        println!("{}", platform::urls(settings, true));
        if !self.stay {
            println!("`weekahead demo --stay` keeps them up.");
            return Ok(());
        }
        println!("Ctrl-C stops them.");
        stays.store(true, Ordering::Relaxed);
        tokio::select! {
            ended = supervisor.watch() => ended,
            () = stop_requested() => Ok(()),
        }
    }
}

/// January to March 2013, as it would have been lived.
async fn pipeline_on_history(settings: &Settings) -> anyhow::Result<()> {
    let calendar = Calendar::nyse();
    let mut marts = Marts::open(settings)?;
    let as_of = after_close(&calendar, ORIGIN)?;
    week(settings, &mut marts, as_of).await?;
    let report = pipeline::train(settings, &Experiment::default(), &FixedClock::at(as_of.instant())).await?;
    println!("\n{}", tables::leaderboard(&report));
    pipeline::forecast(settings, Some(as_of)).await?;
    for origin in calendar.weekly_origins(calendar.offset(ORIGIN, 1)?, LAST) {
        eprintln!("-- the week ending {origin}");
        let as_of = after_close(&calendar, origin)?;
        week(settings, &mut marts, as_of).await?;
        pipeline::forecast(settings, Some(as_of)).await?;
    }
    eprintln!("-- scoring");
    marts.build(None).await?;
    report_accuracy(settings, after_close(&calendar, LAST)?).await
}

/// Ingest, marts, features: what every weekly cycle begins with.
async fn week(settings: &Settings, marts: &mut Marts, as_of: AsOf) -> anyhow::Result<()> {
    let clock = FixedClock::at(as_of.instant());
    let report = pipeline::ingest(settings, &clock).await?;
    if report.is_partial() {
        bail!("the replayed provider did not answer for every symbol: see the reasons above");
    }
    marts.build(None).await?;
    pipeline::build_features(settings, &FeatureScope::of(settings)?, &clock).await?;
    Ok(())
}

fn after_close(calendar: &Calendar, session: Session) -> anyhow::Result<AsOf> {
    Ok(AsOf::at(calendar.close(session)?.checked_add(AFTER_CLOSE)?))
}

/// The forecasts of the origin beside what happened, and how all of them did.
async fn report_accuracy(settings: &Settings, as_of: AsOf) -> anyhow::Result<()> {
    let warehouse = platform::warehouse(settings).await?;
    let model = &settings.training.model;
    let filter = ForecastFilter { model_name: Some(model.clone()), ..ForecastFilter::default() };
    let forecasts = warehouse.forecasts(as_of, &filter).await?;
    let outcomes = warehouse.outcomes(as_of, model).await?;
    let of_origin: Vec<ForecastRow> =
        forecasts.iter().filter(|row| row.forecast.key.origin == ORIGIN).cloned().collect();
    println!("\nThe week ahead of {ORIGIN}, forecast then, and what happened");
    println!("{}", tables::forecast_table(&of_origin, &outcomes));
    let inside = outcomes.iter().filter(|outcome| outcome.in_interval_80 == Some(true)).count();
    println!(
        "{} forecasts written back, {} of them scored so far, {inside} of those inside their 80% interval\n",
        forecasts.len(),
        outcomes.len()
    );
    Ok(())
}
