//! What a report says.

use weekahead_market::{AsOf, Horizon, Session};

use crate::evaluation::Metrics;
use crate::plots::Picture;

/// What a report says about one model of a session, as plain values.
#[derive(Debug, Clone)]
pub struct ReportInput<'a> {
    /// The model that the report is about, as the tables name it.
    pub model: &'a str,
    /// The feature view's name.
    pub view: &'a str,
    /// The version of the view's definitions.
    pub view_version: &'a str,
    /// Symbols of the universe.
    pub symbols: usize,
    /// Where the reader of the data stood.
    pub as_of: AsOf,
    /// Sessions ahead.
    pub horizon: Horizon,
    /// Rows learned from.
    pub rows: usize,
    /// Test origins.
    pub tested_origins: usize,
    /// The first and last of them.
    pub tested: (Session, Session),
    /// All models of the session, best first.
    pub models: &'a [(String, Metrics)],
    /// The folds, in order.
    pub by_fold: &'a [(String, Metrics)],
    /// The symbols; left out when empty.
    pub by_symbol: &'a [(String, Metrics)],
    /// Market regimes; left out when empty.
    pub by_regime: &'a [(String, Metrics)],
    /// The pictures, in order.
    pub pictures: &'a [Picture],
    /// The model that the alias `champion` was moved to, if it was.
    pub promoted: Option<&'a str>,
    /// The reason of the decision, with its figures.
    pub reason: &'a str,
    /// The digest of the data set's rows.
    pub digest: &'a str,
    /// Loads that the data came from.
    pub loads: usize,
    /// Objects of the lake that the data came from.
    pub objects: usize,
    /// Hyperparameters and settings by name.
    pub hyperparameters: &'a [(String, String)],
}
