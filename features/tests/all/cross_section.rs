//! Functions over all symbols of a session.

use weekahead_features::expr::CrossSectionOp;
use weekahead_features::{View, compute_panel};
use weekahead_market::{Bar, CorporateAction, Panel, Session, Symbol};

use crate::series::{rows, series};

fn view(expr: &str) -> View {
    View::parse(&format!("name = \"v\"\n[[feature]]\nname = \"x\"\nexpr = \"{expr}\"")).unwrap()
}

fn session(day: i32) -> Session {
    Session::from_days_since_epoch(15_000 + day).unwrap()
}

/// Closes by symbol and day; 0 for a day on which the symbol was not traded.
fn panel(closes: &[(&str, &[f64])]) -> Panel {
    let mut panel = Panel::new();
    for (name, closes) in closes {
        let symbol = Symbol::new(name).unwrap();
        for (day, close) in (0..).zip(*closes).filter(|(_, close)| **close > 0.0) {
            let bar = Bar { open: *close, high: *close, low: *close, close: *close, volume: 1.0 };
            let known = i64::from(day) * 10 + i64::from(*name == "C");
            panel.entry(&symbol).push(&symbol, session(day), bar, CorporateAction::NONE, known).unwrap();
        }
    }
    panel
}

fn values(expr: &str, panel: &Panel, symbol: &str) -> Vec<f32> {
    compute_panel(&view(expr), panel)[&Symbol::new(symbol).unwrap()].columns[0].to_vec()
}

#[test]
fn a_rank_is_among_those_who_traded() {
    let panel = panel(&[("A", &[1.0, 5.0, 2.0]), ("B", &[2.0, 0.0, 2.0]), ("C", &[3.0, 4.0, 9.0])]);
    assert_eq!(values("CsRank(close)", &panel, "A"), [1.0 / 3.0, 1.0, 0.5]);
    assert_eq!(values("CsRank(close)", &panel, "B"), [2.0 / 3.0, 0.5]);
    assert_eq!(values("CsZscore(close)", &panel, "B")[0], 0.0);
}

#[test]
fn a_symbol_without_a_value_is_not_counted() {
    let panel = panel(&[("A", &[1.0, 2.0]), ("B", &[0.0, 3.0]), ("C", &[4.0, 4.0])]);
    let returns = "CsRank(close / Ref(close, 1))";
    assert!(values(returns, &panel, "B")[0].is_nan());
    assert_eq!(values(returns, &panel, "A")[1], 1.0);
    assert_eq!(values(returns, &panel, "C")[1], 0.5);
}

#[test]
fn they_nest_in_windows_and_in_each_other() {
    let panel = panel(&[("A", &[1.0, 5.0, 2.0]), ("C", &[3.0, 4.0, 9.0])]);
    assert_eq!(values("Mean(CsRank(close), 2)", &panel, "A")[1..], [0.75, 0.75]);
    assert_eq!(values("CsRank(Mean(CsRank(close), 2))", &panel, "A")[1..], [0.75, 0.75]);
    assert_eq!(values("CsRank(Delta(CsRank(close), 1))", &panel, "A")[1..], [1.0, 0.5]);
}

#[test]
fn a_row_is_known_when_the_last_of_the_symbols_is() {
    let panel = panel(&[("A", &[1.0, 5.0, 2.0]), ("C", &[3.0, 4.0, 0.0])]);
    let matrices = compute_panel(&view("Mean(CsRank(close), 2)"), &panel);
    assert_eq!(matrices[&Symbol::new("A").unwrap()].knowledge_times, [1, 11, 20]);
}

#[test]
fn the_future_of_others_is_not_seen() {
    let symbols = ["A", "B", "C"].map(|name| Symbol::new(name).unwrap());
    let histories: Vec<_> = (0..3).map(|seed| rows(seed, 200)).collect();
    let panel = |len: usize| -> Panel {
        symbols.iter().cloned().zip(histories.iter().map(|rows| series(&rows[..len]))).collect()
    };
    let view = view("Corr(CsRank(close / Ref(close, 1)), CsZscore(volume), 5)");
    // All rows up to the earliest of the last sessions that all three have in the short panel.
    let (whole, past) = (compute_panel(&view, &panel(200)), compute_panel(&view, &panel(150)));
    let last = past.values().map(|matrix| matrix.sessions[149]).min().unwrap();
    for (symbol, past) in &past {
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        let known = past.sessions.partition_point(|session| *session <= last);
        assert_eq!(bits(&past.columns[0][..known]), bits(&whole[symbol].columns[0][..known]));
    }
}

#[test]
fn a_view_across_symbols_has_ranks_and_what_is_kept() {
    let panel = panel(&[("A", &[1.0, 5.0, 2.0]), ("B", &[2.0, 0.0, 2.0]), ("C", &[3.0, 4.0, 9.0])]);
    let text =
        "name = 'v'\n[[feature]]\nname = 'x'\nexpr = 'close'\n[[feature]]\nname = 'y'\nexpr = 'close * 2'";
    let ranked = View::parse(text).unwrap().across(CrossSectionOp::Rank, &["y".to_owned()]).unwrap();
    assert_eq!(ranked.features(), ["x_cs_rank", "y_cs_rank", "y"]);
    assert!(ranked.is_cross_sectional());
    let of_a = &compute_panel(&ranked, &panel)[&Symbol::new("A").unwrap()];
    assert_eq!(&of_a.columns[0], values("CsRank(close)", &panel, "A"));
    assert_eq!(&of_a.columns[2], [2.0, 10.0, 4.0]);
    let scored = View::parse(text).unwrap().across(CrossSectionOp::Zscore, &[]).unwrap();
    assert_eq!((scored.name(), scored.features().len()), ("v_cs_zscore", 2));
}
