//! Which rows there are.

use weekahead_features::STOPPED_AFTER_SESSIONS;
use weekahead_market::{Calendar, CorporateAction, Horizon, Session};
use weekahead_training::{Dataset, Error, Result};
use weekahead_warehouse::BarHistory;

use crate::market::{Planted, as_of, bar, feature_rows, history, published, session, symbol, view};

const HORIZON: usize = 5;

/// Sixty sessions of three symbols: of OLD the first thirty, of NEW all but the first twenty, of ALL all.
struct Market {
    calendar: Calendar,
    sessions: Vec<Session>,
    histories: Vec<BarHistory>,
}

impl Market {
    fn new() -> Self {
        let calendar = Calendar::nyse();
        let sessions = calendar.between(session("2013-01-02"), session("2013-12-31"))[..60].to_vec();
        let closes: Vec<_> = sessions.iter().enumerate().map(|(i, s)| (*s, 100.0 + i as f64)).collect();
        let histories = vec![
            history(&calendar, "ALL", &closes),
            history(&calendar, "NEW", &closes[20..]),
            history(&calendar, "OLD", &closes[..30]),
        ];
        Self { calendar, sessions, histories }
    }

    /// Feature rows of every symbol at every session, as if somebody had filled them forward and backward.
    fn filled_rows(&self) -> Vec<Planted> {
        let names = ["ALL", "NEW", "OLD"];
        let of_symbol = |name: &'static str| {
            self.sessions.iter().map(move |s| Planted {
                symbol: symbol(name),
                session: *s,
                known: published(&self.calendar, *s),
                value: 1.0,
            })
        };
        names.into_iter().flat_map(of_symbol).collect()
    }

    fn join(&self, rows: &[Planted], day: &str) -> Result<Dataset> {
        let rows = feature_rows(rows);
        Dataset::join(&rows, &self.histories, &self.calendar, &view(), Horizon::WEEK, as_of(day))
    }

    fn dataset(&self) -> Dataset {
        self.join(&self.filled_rows(), "2013-12-31").unwrap()
    }
}

fn origins(dataset: &Dataset, name: &str) -> Vec<Session> {
    dataset.keys.iter().filter(|key| key.symbol == symbol(name)).map(|key| key.origin).collect()
}

#[test]
fn the_symbols_of_an_origin_are_those_that_traded_in_it() {
    let market = Market::new();
    let dataset = market.dataset();
    let sessions = &market.sessions;
    assert_eq!(origins(&dataset, "ALL"), sessions[..60 - HORIZON]);
    assert_eq!(origins(&dataset, "NEW"), sessions[20..60 - HORIZON], "nobody knew it before it was listed");
    assert_eq!(origins(&dataset, "OLD"), sessions[..29], "it is there as long as a price came after it");
}

#[test]
fn the_last_rows_of_a_symbol_that_stopped_end_with_its_last_close() {
    let market = Market::new();
    let dataset = market.dataset();
    let row = |name: &str, at: usize| {
        let is_it = |key: &weekahead_training::RowKey| {
            key.symbol == symbol(name) && key.origin == market.sessions[at]
        };
        dataset.keys.iter().position(is_it).unwrap()
    };
    for at in 25..29 {
        let (old, all) = (row("OLD", at), row("ALL", at));
        let expected = (129.0 / (100.0 + at as f64)).ln();
        assert!((dataset.y[old] - expected).abs() < 1e-12, "{at}");
        assert_eq!(dataset.keys[old].realised, dataset.keys[all].realised);
        let told = published(&market.calendar, market.sessions[29 + STOPPED_AFTER_SESSIONS]);
        assert_eq!(dataset.keys[old].known_at, told, "{at}");
    }
    let realised = dataset.keys[row("OLD", 24)].clone();
    assert_eq!(
        (realised.realised, realised.known_at),
        (market.sessions[29], published(&market.calendar, market.sessions[29]))
    );
}

#[test]
fn before_ten_sessions_have_gone_by_nobody_knows_that_it_stopped() {
    let market = Market::new();
    let last_origin = |at: usize| {
        let dataset = market.join(&market.filled_rows(), &market.sessions[at].to_string()).unwrap();
        origins(&dataset, "OLD").pop().unwrap()
    };
    assert_eq!(last_origin(29 + STOPPED_AFTER_SESSIONS - 1), market.sessions[24]);
    assert_eq!(last_origin(29 + STOPPED_AFTER_SESSIONS), market.sessions[28]);
}

#[test]
fn features_that_came_after_the_next_opening_are_no_row() {
    let market = Market::new();
    let opening = |at: usize| market.calendar.open(market.sessions[at]).unwrap().as_microsecond();
    let mut rows = market.filled_rows();
    rows[10].known = opening(11);
    rows[12].known = opening(13) + 1;
    let dataset = market.join(&rows, "2013-12-31").unwrap();
    let of_all = origins(&dataset, "ALL");
    assert!(of_all.contains(&market.sessions[10]));
    assert!(!of_all.contains(&market.sessions[12]));
    rows.iter_mut().for_each(|row| row.known = i64::MAX);
    assert!(matches!(market.join(&rows, "2013-12-31"), Err(Error::NoRows { .. })));
}

#[test]
fn a_corrected_target_is_known_since_its_correction() {
    let mut market = Market::new();
    let before = market.dataset();
    let corrected = &market.sessions[40];
    let late = published(&market.calendar, market.sessions[55]);
    let mut with_correction = BarHistory::new(symbol("NEW"));
    for (session, bar_then, action, known) in market.histories[1].versions() {
        with_correction.push(session, bar_then, action, known);
        if session == *corrected {
            with_correction.push(session, bar(500.0), CorporateAction::NONE, late);
        }
    }
    market.histories[1] = with_correction;
    let after = market.dataset();
    assert_ne!(before.digest(), after.digest());
    for (key, known_before) in after.keys.iter().zip(before.keys.iter().map(|key| key.known_at)) {
        let touched = key.symbol == symbol("NEW") && key.origin <= *corrected && key.realised >= *corrected;
        assert_eq!(key.known_at, if touched { late } else { known_before }, "{key:?}");
    }
    let mut same_but_known_later = before.clone();
    same_but_known_later.keys[7].known_at += 1;
    assert_ne!(before.digest(), same_but_known_later.digest(), "folds depend on it");
}
