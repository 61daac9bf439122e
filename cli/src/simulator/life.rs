//! Week after week: ingest, marts, features, train, forecast. A week with a hole in it waits and is made up for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use weekahead_ingest::replay::{self, FaultPlan, ReplayHandle};
use weekahead_market::{AsOf, FixedClock};
use weekahead_simulation::{Bars, FaultKind, Missing, Scenario, Step, WINDOW_SESSIONS, Week, missing};
use weekahead_warehouse::{PipelineRun, Warehouse};

use super::crash::Crash;
use super::told::Spent;
use super::{Ground, Told};
use crate::pipeline::{self, FeatureScope, Forecasting, Marts, Training};
use crate::platform;

/// How many weeks a week waits for bars before it goes on without them.
const PATIENCE_WEEKS: usize = 2;

/// A simulated life under way.
#[derive(Debug)]
pub struct Life {
    ground: Ground,
    provider: ReplayHandle,
    warehouse: Warehouse,
    marts: Marts,
    scope: FeatureScope,
    training: Training,
    forecasting: Forecasting,
    crash: Crash,
    /// Weeks that are not forecast yet, oldest first.
    waiting: VecDeque<Week>,
    /// Bars that nobody waits for any more.
    given_up: BTreeSet<Missing>,
    /// What each step took the last time.
    usual: BTreeMap<Step, Duration>,
    /// Version and model of the last decision.
    champion: Option<(u32, String)>,
    told: Told,
    spent: Spent,
}

impl Life {
    /// Begins, with the platform's stores up.
    pub async fn begin(mut ground: Ground) -> anyhow::Result<Self> {
        let first = &ground.weeks[0];
        let shown = ground.world.shown(&ground.calendar, &ground.weeks, first, &ground.scenario)?;
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let provider = replay::serve_store(shown, anywhere, FaultPlan::default()).await?;
        ground.settings.provider.url = provider.base_url();
        let settings = &ground.settings;
        Ok(Self {
            provider,
            warehouse: platform::warehouse(settings).await?,
            marts: Marts::open(settings)?,
            scope: FeatureScope::of(settings)?,
            training: Training::open(settings).await?,
            forecasting: Forecasting::open(settings).await?,
            crash: Crash::new(settings, ground.experiment_file())?,
            waiting: VecDeque::new(),
            given_up: BTreeSet::new(),
            usual: BTreeMap::new(),
            champion: None,
            told: Told::new(ground.weeks.len()),
            spent: Spent::default(),
            ground,
        })
    }

    /// Lives through all weeks; where the time went.
    pub async fn live(mut self) -> anyhow::Result<Spent> {
        let began = Instant::now();
        for week in self.ground.weeks.clone() {
            self.told.begin(&week);
            self.week(&week).await?;
            self.told.end();
        }
        self.close().await?;
        self.provider.shutdown().await;
        Ok(Spent { whole: began.elapsed(), ..self.spent })
    }

    async fn week(&mut self, week: &Week) -> anyhow::Result<()> {
        let Ground { world, calendar, weeks, scenario, .. } = &self.ground;
        self.provider.set_quotes(world.shown(calendar, weeks, week, scenario)?);
        self.provider.set_faults(world.spoilt(calendar, weeks, week, scenario)?);
        self.waiting.push_back(*week);
        self.bring(week, week.as_of).await?;
        self.catch_up(week, week.number, week.as_of).await
    }

    /// An hour after the last week everything has come: what still waits goes on, and what came true is scored.
    async fn close(&mut self) -> anyhow::Result<()> {
        let Ground { world, calendar, weeks, scenario, .. } = &self.ground;
        let Some(last) = weeks.last().copied() else { return Ok(()) };
        self.provider.set_quotes(world.shown(calendar, weeks, &last, &scenario.undisturbed())?);
        self.provider.set_faults(FaultPlan::default());
        let now = AsOf::at(last.as_of.instant() + SignedDuration::from_hours(1));
        self.bring(&last, now).await?;
        self.catch_up(&last, last.number + PATIENCE_WEEKS, now).await?;
        self.build_marts(now).await
    }

    /// What the provider shows, into the lake and the marts.
    async fn bring(&mut self, week: &Week, now: AsOf) -> anyhow::Result<()> {
        let is_close = now != week.as_of;
        if !is_close {
            self.crash(Step::Ingest, week).await?;
        }
        let began = Instant::now();
        let report = pipeline::ingest(&self.ground.settings, &FixedClock::at(now.instant())).await?;
        let rows = report.record.as_ref().map_or(0, |record| record.rows_accepted);
        self.done(Step::Ingest, now, began, &format!("{rows} rows")).await?;
        let failed = report.failed().count();
        if failed > 0 {
            self.told.word(format!("{failed} symbols not answered for"));
        }
        if !is_close {
            self.crash(Step::Features, week).await?;
        }
        self.build_marts(now).await
    }

    async fn build_marts(&mut self, now: AsOf) -> anyhow::Result<()> {
        let began = Instant::now();
        let report = self.marts.build(None).await?;
        self.spent.dbt += began.elapsed();
        let built = format!("{} models, {} tests", report.count("model"), report.count("test"));
        self.record("marts", now, began, &built).await
    }

    /// Forecasts every week that is whole, or has waited long enough, in order, each from what was known in it.
    async fn catch_up(&mut self, week: &Week, number: usize, now: AsOf) -> anyhow::Result<()> {
        while let Some(next) = self.waiting.front().copied() {
            let holes = self.holes(&next, now).await?;
            if !holes.is_empty() && number < next.number + PATIENCE_WEEKS {
                let first = holes.first().map(|bar| format!("{} {}", bar.symbol, bar.session));
                let others = holes.len() - 1;
                let more = if others > 0 { format!(" and {others} more") } else { String::new() };
                self.told.word(format!("waits for {}{more}", first.unwrap_or_default()));
                return Ok(());
            }
            self.given_up.extend(holes);
            self.forecast_week(&next, now).await?;
            if next != *week {
                self.told.word(format!("made up for {}", next.origin));
            }
            self.waiting.pop_front();
        }
        Ok(())
    }

    /// The bars that a week still waits for.
    async fn holes(&self, week: &Week, now: AsOf) -> anyhow::Result<BTreeSet<Missing>> {
        let calendar = &self.ground.calendar;
        let since = calendar.offset(week.origin, -2 * WINDOW_SESSIONS)?;
        let mut bars = Bars::new();
        for (symbol, session) in self.warehouse.bar_sessions(now, since).await? {
            bars.entry(symbol).or_default().insert(session);
        }
        let mut holes = missing(calendar, week.origin, &bars)?;
        holes.retain(|bar| !self.given_up.contains(bar));
        Ok(holes)
    }

    async fn forecast_week(&mut self, week: &Week, now: AsOf) -> anyhow::Result<()> {
        let clock = FixedClock::at(week.as_of.instant());
        let began = Instant::now();
        let views = pipeline::build_features(&self.ground.settings, &self.scope, &clock).await?;
        let written: usize = views.iter().map(|report| report.written).sum();
        self.done(Step::Features, now, began, &format!("{written} new rows")).await?;

        self.crash(Step::Train, week).await?;
        let began = Instant::now();
        let Ground { settings, experiment, .. } = &self.ground;
        let report = self.training.train(settings, experiment, &clock).await?;
        if report.champion != self.champion {
            if let Some((version, model)) = &report.champion {
                self.told.word(format!("{model} is champion, version {version}"));
            }
            self.champion = report.champion;
        }
        self.done(Step::Train, now, began, &report.reason).await?;

        self.crash(Step::Forecast, week).await?;
        let began = Instant::now();
        let forecasts = self.forecasting.forecast(Some(week.as_of)).await?;
        let made = format!("{} forecasts", forecasts.rows.len());
        self.told.word(&made);
        self.done(Step::Forecast, now, began, &made).await
    }

    /// The crash that is planned for a step of a week, if one is.
    async fn crash(&mut self, step: Step, week: &Week) -> anyhow::Result<()> {
        let Ground { calendar, scenario: Scenario { faults, .. }, .. } = &self.ground;
        for fault in faults {
            if let FaultKind::Crash { step: of, at } = fault.kind
                && of == step
                && calendar.last_of_week(fault.week)? == week.origin
            {
                let usual = self.usual.get(&step).copied().unwrap_or(Duration::from_secs(1));
                self.crash.happen(step, week.as_of, usual, at).await?;
                self.told.word(fault.kind.to_string());
            }
        }
        Ok(())
    }

    async fn done(&mut self, step: Step, now: AsOf, began: Instant, detail: &str) -> anyhow::Result<()> {
        self.usual.insert(step, began.elapsed());
        let name = step.command().join(" ");
        self.record(&name, now, began, detail).await
    }

    /// Writes down what a step did, by the virtual clock.
    async fn record(&self, step: &str, now: AsOf, began: Instant, detail: &str) -> anyhow::Result<()> {
        let took = SignedDuration::try_from(began.elapsed()).unwrap_or(SignedDuration::ZERO);
        let row = PipelineRun {
            pipeline_run_id: format!("simulate {}", now.date()),
            step: step.to_owned(),
            as_of: now,
            status: "succeeded".to_owned(),
            detail: detail.to_owned(),
            started_at: now.instant(),
            finished_at: now.instant() + took,
        };
        Ok(self.warehouse.write_pipeline_run(&row).await?)
    }
}
