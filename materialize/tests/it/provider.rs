//! Random histories: the bars of some symbols as a provider and its mistakes make them.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use weekahead_warehouse::BarVersion;

use crate::support::{Platform, bar, close, published, restated};

/// Checks many random cases on one engine. They are numbered, so that each can have views of its own.
pub fn many<S: Strategy>(cases: u32, of: S, check: impl AsyncFn(&Platform, u32, S::Value)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let platform = runtime.block_on(Platform::start());
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let number = Cell::new(0);
    let ran = runner.run(&of, |case| {
        number.set(number.get() + 1);
        runtime.block_on(check(&platform, number.get(), case));
        Ok(())
    });
    runtime.block_on(platform.stop());
    ran.unwrap();
}

/// What happens on a day.
#[derive(Debug, Clone, Copy)]
pub enum Event {
    /// The bars of the day come in; some symbol may have none.
    Session { without: usize },
    /// A bar of so many sessions ago is restated.
    Restated { symbol: usize, ago: i32, factor: f64, dividend: f64 },
    /// The bar that was missing arrives at last, as it was published then.
    Late { symbol: usize },
    /// The view is built.
    Build,
}

/// Of whom there are bars.
pub const NAMES: [&str; 3] = ["AAPL", "IBM", "MSFT"];

/// Some weeks of a random history.
pub fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        6 => (0..6_usize).prop_map(|without| Event::Session { without }),
        3 => (0..3_usize, 0..12_i32, 0.9..1.1_f64, prop_oneof![Just(0.0), 0.1..2.0_f64])
            .prop_map(|(symbol, ago, factor, dividend)| Event::Restated { symbol, ago, factor, dividend }),
        2 => (0..3_usize).prop_map(|symbol| Event::Late { symbol }),
        3 => Just(Event::Build),
    ];
    proptest::collection::vec(event, 20..45)
}

/// The bars, as a provider and its mistakes make them.
#[derive(Default)]
pub struct Provider {
    day: i32,
    bars: Vec<BarVersion>,
    missing: Vec<BarVersion>,
    versions: u32,
}

impl Provider {
    /// Every version that comes in, in the end.
    pub fn bars(events: &[Event]) -> Vec<BarVersion> {
        let mut provider = Self::default();
        events.iter().flat_map(|event| provider.play(*event)).collect()
    }

    /// The versions that come in.
    pub fn play(&mut self, event: Event) -> Vec<BarVersion> {
        self.versions += 1;
        let new = match event {
            Event::Session { without } => {
                self.day += 1;
                let of_day = NAMES.iter().map(|name| bar(name, self.day, close(name, self.day)));
                let (missing, new): (Vec<_>, Vec<_>) =
                    of_day.partition(|bar| NAMES.get(without) == Some(&bar.symbol.as_str()));
                self.missing.extend(missing);
                new
            }
            Event::Restated { symbol, ago, factor, dividend } => {
                let known = self.bars.iter().rev();
                let old = known
                    .filter(|bar| bar.symbol == NAMES[symbol] && bar.session <= self.day - ago)
                    .max_by_key(|bar| bar.session);
                let at = self.now();
                let restate = |old: BarVersion| {
                    let close = old.close * factor;
                    let (high, low) = (close * 1.01, close * 0.99);
                    let bar = BarVersion { open: close, close, high, low, dividend, ..old };
                    restated(bar, at, self.versions)
                };
                old.cloned().map(restate).into_iter().collect()
            }
            Event::Late { symbol } => {
                let late = self.missing.iter().position(|bar| bar.symbol == NAMES[symbol]);
                late.map(|at| self.missing.remove(at)).into_iter().collect()
            }
            Event::Build => Vec::new(),
        };
        self.bars.extend(new.iter().cloned());
        new
    }

    /// Every event has an instant of its own in the evening of the day.
    pub fn now(&self) -> i64 {
        published(self.day) + i64::from(self.versions) * 1_000_000
    }
}
