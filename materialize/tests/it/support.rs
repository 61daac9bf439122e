//! An engine of its own for each test, with the schema in place, and histories told in a few words.

#[path = "../support/bar_version.rs"]
mod bar_version;
#[path = "../support/platform.rs"]
mod platform;

use bar_version::first_version;
pub use platform::Platform;
use weekahead_features::View;
use weekahead_market::{AsOf, Bar, CorporateAction, Session, Symbol};
use weekahead_materialize::{Build, BuildReport};
use weekahead_warehouse::{BarVersion, FeatureRows, SessionRange};

pub const DAY: i64 = 86_400_000_000;

/// Symbol, session, knowledge time, and the values to the bit.
pub type Row = (String, i32, i64, Vec<u32>);

pub fn to_the_bit(rows: &FeatureRows) -> Vec<Row> {
    let row = |row: usize| {
        let values = rows.row(row).unwrap().iter().map(|value| value.to_bits()).collect();
        let day = rows.sessions[row].days_since_epoch();
        (rows.symbols[row].to_string(), day, rows.knowledge_times[row], values)
    };
    (0..rows.len()).map(row).collect()
}

impl Platform {
    pub async fn build(&self, view: &View, symbols: &[Symbol], at: i64) -> BuildReport {
        let build = Build::new(view, symbols, as_of(at), as_of(at).instant());
        build.run(&self.warehouse, |_| ()).await.unwrap()
    }

    /// Everything that a reader finds at an instant.
    pub async fn seen(&self, view: &View, at: i64) -> Vec<Row> {
        to_the_bit(&self.rows(view, at).await)
    }

    pub async fn rows(&self, view: &View, at: i64) -> FeatureRows {
        let (name, version, all) = (view.name(), view.version(), SessionRange::ALL);
        self.warehouse.features(as_of(at), name, version, view.features(), None, all).await.unwrap()
    }

    /// The digest of the view's table, its write clock left out.
    pub async fn digest(&self, view: &View) -> (u64, u64) {
        let mut columns = vec!["symbol", "session", "knowledge_time", "view_version", "row_digest"];
        columns.extend(view.features().iter().map(String::as_str));
        let digest = self.warehouse.table_digest("features", view.name(), &columns).await.unwrap();
        (digest.rows, digest.hash)
    }
}

/// Features with windows, with a memory of the whole chain of prices (`level`), and without any (`range`).
pub fn view(name: &str) -> View {
    let text = format!(
        "name = '{name}'\n\
         [[feature]]\nname = 'ret_1'\nexpr = 'Log(close / Ref(close, 1))'\n\
         [[feature]]\nname = 'level'\nexpr = 'Mean(close, 3)'\n\
         [[feature]]\nname = 'range'\nexpr = '(high - low) / close'\n"
    );
    View::parse(&text).unwrap()
}

/// With a feature over all symbols as well.
pub fn ranked_view(name: &str) -> View {
    let of_symbol =
        view(name).definitions().iter().map(|f| (f.name.clone(), f.expr.to_string())).collect::<Vec<_>>();
    let rank = ("rank".to_owned(), "CsRank(close / Ref(close, 2))".to_owned());
    let lines = of_symbol
        .into_iter()
        .chain([rank])
        .map(|(name, expr)| format!("[[feature]]\nname = '{name}'\nexpr = '{expr}'\n"));
    View::parse(&format!("name = '{name}'\n{}", lines.collect::<String>())).unwrap()
}

pub fn symbol(name: &str) -> Symbol {
    Symbol::new(name).unwrap()
}

pub fn symbols(names: &[&str]) -> Vec<Symbol> {
    names.iter().map(|name| symbol(name)).collect()
}

pub fn session(day: i32) -> Session {
    Session::from_days_since_epoch(day).unwrap()
}

/// An instant of our count: microseconds since 1970-01-01 UTC.
pub fn as_of(at: i64) -> AsOf {
    AsOf::at(jiff::Timestamp::from_microsecond(at).unwrap())
}

/// When the bar of a day is published.
pub fn published(day: i32) -> i64 {
    i64::from(day) * DAY + DAY * 7 / 8
}

/// The bar of a day as it was first published.
pub fn bar(name: &str, day: i32, close: f64) -> BarVersion {
    let (high, low, volume) = (close * 1.01, close * 0.99, 1_000.0 + close);
    let bar = Bar { open: close, high, low, close, volume };
    let closed = i64::from(day) * DAY + DAY * 3 / 4;
    first_version(name, day, bar, CorporateAction::NONE, closed, published(day))
}

/// Another version of it, known since an instant.
pub fn restated(bar: BarVersion, at: i64, version: u32) -> BarVersion {
    BarVersion { knowledge_time: at, ingested_at: at, version, ..bar }
}

/// A walk of closes: the same for the same name and day.
pub fn close(name: &str, day: i32) -> f64 {
    let seed = name.bytes().map(u32::from).sum::<u32>();
    let wave = f64::from(seed % 7) + f64::from(day) * 0.37;
    50.0 + 10.0 * wave.sin() + f64::from(day % 11)
}

pub fn history(name: &str, days: std::ops::Range<i32>) -> Vec<BarVersion> {
    days.map(|day| bar(name, day, close(name, day))).collect()
}
