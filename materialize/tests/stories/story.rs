//! The commands of a story: what happens, and when.
//!
//! | command | what it does |
//! |---|---|
//! | `view FEATURE="EXPRESSION" ...` | defines the feature view of the story |
//! | `now "2013-01-25 22:30"` | moves the story's clock forward, in UTC |
//! | `ingest XYZ 2013-01-25 close=100 [dividend=1] [split=2]` | a bar, or another version of one, comes in |
//! | `backfill XYZ 2013-01-22 closes="100 101 102"` | the bars of successive sessions of the exchange come in |
//! | `build` | brings the view up to what is known now |
//!
//! The questions that a story asks are in `reading.rs`.

use std::error::Error;
use std::fmt::Write;

use goldenscript::{ArgumentConsumer, Command, Runner};
use tokio::runtime::Runtime;
use weekahead_features::View;
use weekahead_market::{Bar, CorporateAction, Session, Symbol};
use weekahead_materialize::{Build, BuildReport};
use weekahead_warehouse::Warehouse;

use crate::clock::{self, StoryClock};
use crate::feed::Feed;
use crate::platform::Platform;
use crate::promises::Heard;

pub type Failure = Box<dyn Error>;

/// A story that is being told.
pub struct Story {
    pub(crate) runtime: Runtime,
    platform: Platform,
    view: Option<View>,
    pub(crate) clock: StoryClock,
    pub(crate) feed: Feed,
    pub(crate) heard: Vec<Heard>,
}

impl Runner for Story {
    fn run(&mut self, command: &Command) -> Result<String, Failure> {
        let mut args = command.consume_args();
        let said = match command.name.as_str() {
            "view" => self.define(&mut args),
            "now" => self.now(&mut args),
            "ingest" => self.ingest(&mut args),
            "backfill" => self.backfill(&mut args),
            "build" => self.build(),
            question => self.answer(question, &mut args),
        }?;
        args.reject_rest()?;
        Ok(said)
    }

    fn end_script(&mut self) -> Result<(), Failure> {
        self.keep_promises()
    }
}

impl Story {
    pub fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let platform = runtime.block_on(Platform::start());
        Self {
            runtime,
            platform,
            view: None,
            clock: StoryClock::default(),
            feed: Feed::new(),
            heard: Vec::new(),
        }
    }

    pub fn stop(self) {
        self.runtime.block_on(self.platform.stop());
    }

    pub(crate) fn warehouse(&self) -> &Warehouse {
        &self.platform.warehouse
    }

    pub(crate) fn view(&self) -> Result<&View, Failure> {
        self.view.as_ref().ok_or_else(|| "define a view first: view ma_3=\"Mean(close, 3)\"".into())
    }

    /// A build of all symbols from what is known now.
    pub(crate) fn build_view(&self, view: &View) -> Result<BuildReport, Failure> {
        let (symbols, now) = (self.feed.symbols(), self.clock.now()?);
        let build = Build::new(view, &symbols, now, now.instant());
        Ok(self.runtime.block_on(build.run(self.warehouse(), |_| ()))?)
    }

    fn define(&mut self, args: &mut ArgumentConsumer) -> Result<String, Failure> {
        let mut text = "name = 'story'\n".to_owned();
        for feature in args.rest_key() {
            let (name, expr) = (feature.name(), &feature.value);
            writeln!(text, "[[feature]]\nname = '{name}'\nexpr = '{expr}'")?;
        }
        let view = View::parse(&text)?;
        let said = format!("look-back: {} sessions", view.look_back());
        self.view = Some(view);
        Ok(said)
    }

    fn now(&mut self, args: &mut ArgumentConsumer) -> Result<String, Failure> {
        self.clock.set(clock::parse(&args.next_pos().ok_or("say when")?.value)?)?;
        Ok(String::new())
    }

    fn ingest(&mut self, args: &mut ArgumentConsumer) -> Result<String, Failure> {
        let (symbol, session) = (self.symbol(args)?, self.session(args)?);
        let close = args.lookup_parse("close")?.ok_or("say at which close")?;
        let dividend = args.lookup_parse("dividend")?.unwrap_or(0.0);
        let split = args.lookup_parse("split")?.unwrap_or(1.0);
        self.take(&symbol, session, close, CorporateAction { dividend, split })
    }

    fn backfill(&mut self, args: &mut ArgumentConsumer) -> Result<String, Failure> {
        let (symbol, first) = (self.symbol(args)?, self.session(args)?);
        let closes = &args.lookup("closes").ok_or("say at which closes")?.value;
        let mut last = first;
        for (count, close) in closes.split_whitespace().enumerate() {
            last = self.feed.calendar.offset(first, count as i64)?;
            self.take(&symbol, last, close.parse()?, CorporateAction::NONE)?;
        }
        let count = self.feed.calendar.distance(first, last) + 1;
        Ok(format!("{symbol}: {count} sessions, {} to {}", clock::day(first), clock::day(last)))
    }

    /// Writes a version of a bar: that of a session in which all prices were one.
    fn take(
        &mut self,
        symbol: &Symbol,
        session: Session,
        close: f64,
        action: CorporateAction,
    ) -> Result<String, Failure> {
        let bar = Bar { open: close, high: close, low: close, close, volume: 1_000.0 };
        let version = self.feed.version(self.clock.now()?, symbol, session, bar, action)?;
        self.runtime.block_on(self.warehouse().write_bars(std::slice::from_ref(&version)))?;
        self.note(&version);
        let known = clock::instant(version.knowledge_time);
        Ok(format!("{symbol} {} version {}, known since {known}", clock::day(session), version.version))
    }

    fn build(&self) -> Result<String, Failure> {
        let report = self.build_view(self.view()?)?;
        Ok(format!("rows: {}, new or changed: {}", report.rows, report.written))
    }

    pub(crate) fn symbol(&self, args: &mut ArgumentConsumer) -> Result<Symbol, Failure> {
        Ok(Symbol::new(&args.next_pos().ok_or("say of which symbol")?.value)?)
    }

    pub(crate) fn session(&self, args: &mut ArgumentConsumer) -> Result<Session, Failure> {
        let session: Session = args.next_pos().ok_or("say of which session")?.parse()?;
        match self.feed.calendar.is_session(session.date()) {
            true => Ok(session),
            false => Err(format!("the exchange was closed on {}", clock::day(session)).into()),
        }
    }
}
