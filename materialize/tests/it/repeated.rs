//! Building again: what there is follows from the bars, not from how often or in which steps it was built.

use proptest::test_runner::{Config, TestRunner};
use weekahead_features::View;
use weekahead_warehouse::BarVersion;

use crate::support::{DAY, Platform, bar, close, history, published, ranked_view, restated, symbols, view};

#[tokio::test]
async fn a_second_build_writes_nothing() {
    let platform = Platform::start().await;
    let (view, all) = (view("steady"), symbols(&["AAPL", "IBM", "NONE"]));
    let bars = [history("AAPL", 0..30), history("IBM", 5..30)].concat();
    platform.warehouse.write_bars(&bars).await.unwrap();
    let now = published(40);

    let first = platform.build(&view, &all, now).await;
    assert_eq!((first.symbols, first.unchanged, first.rows, first.written), (2, 0, 55, 55));
    let digest = platform.digest(&view).await;
    let second = platform.build(&view, &all, now + DAY).await;
    assert_eq!((second.symbols, second.unchanged, second.rows, second.written), (2, 2, 55, 0));

    // What earlier builds said is lost: rows are compared one by one, and found to be there.
    platform.warehouse.execute("TRUNCATE TABLE ops.materialized").await.unwrap();
    let compared = platform.build(&view, &all, now + DAY).await;
    assert_eq!((compared.unchanged, compared.rows, compared.written), (0, 55, 0));
    assert_eq!(platform.digest(&view).await, digest);

    // Rows are lost: what earlier builds said no longer holds, and only what is missing is written.
    let gone = "ALTER TABLE features.steady DELETE WHERE symbol = 'IBM' AND session = '1970-01-21' SETTINGS mutations_sync = 1";
    platform.warehouse.execute(gone).await.unwrap();
    let mended = platform.build(&view, &all, now + DAY).await;
    assert_eq!((mended.unchanged, mended.written), (1, 1));
    assert_eq!(platform.digest(&view).await, digest);
    platform.stop().await;
}

#[tokio::test]
async fn a_new_session_costs_a_row() {
    let platform = Platform::start().await;
    let (view, all) = (view("daily"), symbols(&["AAPL", "IBM"]));
    let bars = [history("AAPL", 0..30), history("IBM", 0..30)].concat();
    platform.warehouse.write_bars(&bars).await.unwrap();
    platform.build(&view, &all, published(30)).await;
    platform.warehouse.write_bars(&history("AAPL", 30..31)).await.unwrap();
    let report = platform.build(&view, &all, published(31)).await;
    assert_eq!((report.unchanged, report.rows, report.written), (1, 61, 1));
    platform.stop().await;
}

/// What happens on a day.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// The bars of the day come in; some symbol may have none.
    Session { without: usize },
    /// A bar of so many sessions ago is restated.
    Restated { symbol: usize, ago: i32, factor: f64, dividend: f64 },
    /// The bar that was missing arrives at last, as it was published then.
    Late { symbol: usize },
    /// The view is built.
    Build,
}

const NAMES: [&str; 3] = ["AAPL", "IBM", "MSFT"];

fn events() -> impl proptest::strategy::Strategy<Value = Vec<Event>> {
    use proptest::prelude::*;
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
struct Provider {
    day: i32,
    bars: Vec<BarVersion>,
    missing: Vec<BarVersion>,
    versions: u32,
}

impl Provider {
    fn play(&mut self, event: Event) -> Vec<BarVersion> {
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
    fn now(&self) -> i64 {
        published(self.day) + i64::from(self.versions) * 1_000_000
    }
}

#[test]
fn steps_give_what_one_build_gives() {
    many_histories(12, view);
}

#[test]
fn steps_give_what_one_build_gives_where_symbols_see_each_other() {
    many_histories(8, ranked_view);
}

fn many_histories(cases: u32, view: fn(&str) -> View) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let platform = runtime.block_on(Platform::start());
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let count = std::cell::Cell::new(0);
    let ran = runner.run(&events(), |events| {
        count.set(count.get() + 1);
        let (steps, once) = (view(&format!("steps_{}", count.get())), view(&format!("once_{}", count.get())));
        runtime.block_on(one_history(&platform, &events, &steps, &once));
        Ok(())
    });
    runtime.block_on(platform.stop());
    ran.unwrap();
}

async fn one_history(platform: &Platform, events: &[Event], steps: &View, once: &View) {
    let all = symbols(&NAMES);
    platform.warehouse.execute("TRUNCATE TABLE marts.bars").await.unwrap();
    let mut provider = Provider::default();
    let mut instants = Vec::new();
    for event in events {
        let new = provider.play(*event);
        platform.warehouse.write_bars(&new).await.unwrap();
        instants.push(provider.now());
        if matches!(event, Event::Build) {
            platform.build(steps, &all, provider.now()).await;
        }
    }
    let end = provider.now() + DAY;
    platform.build(steps, &all, end).await;
    platform.build(once, &all, end).await;
    for instant in instants {
        let without_key = |rows: Vec<(String, i32, i64, Vec<u32>)>| -> Vec<(String, i32, Vec<u32>)> {
            rows.into_iter().map(|(symbol, day, _, values)| (symbol, day, values)).collect()
        };
        let (steps, once) = (platform.seen(steps, instant).await, platform.seen(once, instant).await);
        assert_eq!(without_key(steps), without_key(once), "at {instant} after {events:?}");
    }
    let again = platform.build(steps, &all, end + DAY).await;
    assert_eq!((again.unchanged, again.written), (again.symbols, 0), "{events:?}");
}
