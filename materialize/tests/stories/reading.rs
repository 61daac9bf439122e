//! The questions that a story asks.
//!
//! | command | what it shows |
//! |---|---|
//! | `join XYZ "2013-01-25 21:30" ...` | the row that an entity row meets that stands there, by the point-in-time join |
//! | `naive_join XYZ "2013-01-25 21:30" ...` | what a join by symbol and session alone would hand out: the leak |
//! | `retrieve XYZ ABC at="2013-01-25 21:30"` | the answer file to a file of such entity rows |
//! | `rows XYZ` | every row of the view's table, in the order in which they became known |
//! | `bars XYZ [at="2013-01-25 22:30"]` | the bars known then, with their adjusted closes |
//! | `targets XYZ horizon=5 [at=...]` | the realised returns known then |
//! | `training XYZ horizon=5` | the rows a model is trained on: features known before the next session opens, and targets |
//! | `sessions 2013-03-25 2013-04-05` | the sessions of the exchange |
//!
//! `behind` counts the sessions that had closed since the one met.

use goldenscript::ArgumentConsumer;
use weekahead_features::{Adjuster, Factors, Target, TradedSessions, targets};
use weekahead_market::{AsOf, BarSeries, Horizon, Session, Symbol};
use weekahead_warehouse::{FeatureRows, SessionRange};

use crate::clock;
use crate::story::{Failure, Story};
use crate::table::{number, table};

/// Digits of features, and of returns and prices.
const FEATURE_DIGITS: usize = 3;
const RETURN_DIGITS: usize = 4;

impl Story {
    pub fn answer(&mut self, question: &str, args: &mut ArgumentConsumer) -> Result<String, Failure> {
        match question {
            "join" => self.join(args),
            "naive_join" => self.naive_join(args),
            "retrieve" => self.retrieve(args),
            "rows" => self.rows(args),
            "bars" => self.bars(args),
            "targets" => self.targets(args),
            "training" => self.training(args),
            "sessions" => self.sessions(args),
            other => Err(format!("there is no command `{other}`").into()),
        }
    }

    fn rows(&self, args: &mut ArgumentConsumer) -> Result<String, Failure> {
        let (symbol, view) = (self.symbol(args)?, self.view()?);
        let of_symbol = [symbol.clone()];
        let keys =
            self.warehouse().feature_keys(self.clock.now()?, view.name(), view.version(), Some(&of_symbol));
        let keys = self.runtime.block_on(keys)?.remove(&symbol).unwrap_or_default();
        let mut instants: Vec<i64> = keys.iter().map(|key| key.knowledge_time).collect();
        instants.sort_unstable();
        instants.dedup();
        let mut lines = Vec::new();
        for instant in instants {
            let then = AsOf::at(jiff::Timestamp::from_microsecond(instant)?);
            let rows = self.known_features(&symbol, then, SessionRange::ALL, &|_, known| known == instant)?;
            for row in 0..rows.len() {
                let mut line = vec![clock::day(rows.sessions[row]), clock::instant(instant)];
                line.extend(rows.row(row).unwrap_or_default().iter().map(|value| feature(*value)));
                lines.push(line);
            }
        }
        Ok(table(&self.head(&["session", "known since"])?, &lines))
    }

    fn bars(&self, args: &mut ArgumentConsumer) -> Result<String, Failure> {
        let symbol = self.symbol(args)?;
        let series = self.series(&symbol, self.at(args)?)?;
        let mut adjuster = Adjuster::new();
        let mut lines = Vec::new();
        for (row, (bar, action)) in series.bars().iter().zip(series.actions()).enumerate() {
            let Factors { price, .. } = adjuster.step(bar, action).ok_or("it cannot be chained")?;
            lines.push(vec![
                clock::day(series.sessions()[row]),
                clock::instant(series.knowledge_times()[row]),
                number(bar.close, 2),
                number(action.dividend, 2),
                number(action.split, 0),
                number(bar.close * price, 2),
            ]);
        }
        Ok(table(&["session", "known since", "close", "dividend", "split", "adjusted"], &lines))
    }

    fn targets(&self, args: &mut ArgumentConsumer) -> Result<String, Failure> {
        let (symbol, at) = (self.symbol(args)?, self.at(args)?);
        let line = |target: &Target| {
            vec![
                clock::day(target.origin),
                clock::day(target.realised_session),
                clock::instant(target.knowledge_time),
                number(target.value, RETURN_DIGITS),
            ]
        };
        let lines: Vec<_> = self.realised(args, &symbol, at)?.iter().map(line).collect();
        Ok(table(&["origin", "realised", "known since", "log return"], &lines))
    }

    /// As `weekahead-training`, which stands above this crate, makes its datasets.
    fn training(&self, args: &mut ArgumentConsumer) -> Result<String, Failure> {
        let (symbol, now) = (self.symbol(args)?, self.clock.now()?);
        let realised = self.realised(args, &symbol, now)?;
        let calendar = &self.feed.calendar;
        let deadline = |session| calendar.open(calendar.offset(session, 1).ok()?).ok();
        let in_time = |session, known| deadline(session).is_some_and(|open| known <= open.as_microsecond());
        let rows = self.known_features(&symbol, now, SessionRange::ALL, &in_time)?;
        let mut lines = Vec::new();
        let is_warm = |row: &usize| {
            let values = rows.row(*row).unwrap_or_default();
            2 * values.iter().filter(|value| value.is_finite()).count() >= values.len()
        };
        for row in (0..rows.len()).filter(is_warm) {
            let Some(target) = realised.iter().find(|target| target.origin == rows.sessions[row]) else {
                continue;
            };
            let mut line = vec![clock::day(target.origin), clock::instant(rows.knowledge_times[row])];
            line.extend(rows.row(row).unwrap_or_default().iter().map(|value| feature(*value)));
            line.extend([clock::day(target.realised_session), number(target.value, RETURN_DIGITS)]);
            lines.push(line);
        }
        let mut head = self.head(&["origin", "known since"])?;
        head.extend(["realised", "log return"]);
        Ok(table(&head, &lines))
    }

    fn sessions(&self, args: &mut ArgumentConsumer) -> Result<String, Failure> {
        let (first, last) = (self.session(args)?, self.session(args)?);
        let mut lines = Vec::new();
        for session in self.feed.calendar.between(first, last) {
            lines.push(vec![
                clock::day(*session),
                clock::instant(self.feed.calendar.close(*session)?.as_microsecond()),
                clock::instant(self.feed.published(*session)?.as_microsecond()),
                clock::day(self.feed.calendar.last_of_week(*session)?),
                clock::day(self.feed.calendar.offset(*session, Horizon::WEEK.get() as i64)?),
            ]);
        }
        Ok(table(&["session", "closes", "is published", "its week ends", "a week ahead"], &lines))
    }

    /// Realised returns by origin, over the horizon asked for.
    fn realised(
        &self,
        args: &mut ArgumentConsumer,
        symbol: &Symbol,
        at: AsOf,
    ) -> Result<Vec<Target>, Failure> {
        let horizon = Horizon::sessions(args.lookup_parse("horizon")?.ok_or("say over which horizon")?)?;
        let panel = self.runtime.block_on(self.warehouse().bars(at, None, None))?;
        let bars =
            panel.iter().flat_map(|(_, series)| series.sessions().iter().zip(series.knowledge_times()));
        let traded: TradedSessions = bars.map(|(session, known)| (*session, *known)).collect();
        Ok(targets(&self.series(symbol, at)?, &self.feed.calendar, horizon, &traded))
    }

    fn series(&self, symbol: &Symbol, at: AsOf) -> Result<BarSeries, Failure> {
        let of_symbol = [symbol.clone()];
        let panel = self.runtime.block_on(self.warehouse().bars(at, Some(&of_symbol), None))?;
        Ok(panel.get(symbol).cloned().unwrap_or_default())
    }

    pub fn known_features(
        &self,
        symbol: &Symbol,
        at: AsOf,
        range: SessionRange,
        admit: &(dyn Fn(Session, i64) -> bool + Sync),
    ) -> Result<FeatureRows, Failure> {
        let (view, of_symbol) = (self.view()?, [symbol.clone()]);
        let (name, version, names) = (view.name(), view.version(), view.features());
        let read = self.warehouse().features_known(at, name, version, names, Some(&of_symbol), range, admit);
        Ok(self.runtime.block_on(read)?)
    }

    pub fn head<'a>(&'a self, first: &[&'a str]) -> Result<Vec<&'a str>, Failure> {
        let features = self.view()?.features().iter().map(String::as_str);
        Ok(first.iter().copied().chain(features).collect())
    }

    /// Where a question stands: now, unless it says otherwise.
    fn at(&self, args: &mut ArgumentConsumer) -> Result<AsOf, Failure> {
        match args.lookup("at") {
            Some(at) => self.clock.reached(&at.value),
            None => self.clock.now(),
        }
    }
}

/// A value of a feature.
pub fn feature(value: f32) -> String {
    number(f64::from(value), FEATURE_DIGITS)
}
