//! The online store: a bar at a time, saved and restored anywhere, it is the batch.

use proptest::prelude::*;
use weekahead_features::online::OnlineStore;
use weekahead_features::{View, compute};
use weekahead_market::{Bar, Panel, Symbol};

use crate::series::{NAMES, Row, cases, rows, series};

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn symbol() -> Symbol {
    Symbol::new("TEST").unwrap()
}

/// A row is known since the last of the bars up to its session was.
fn last_known(rows: &[Row]) -> i64 {
    rows.iter().map(|row| row.knowledge_time).max().unwrap()
}

fn push(store: &mut OnlineStore, row: &Row) -> Vec<u32> {
    let values = store.push(&symbol(), row.session, &row.bar, &row.action, row.knowledge_time).unwrap();
    bits(values)
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn online_is_batch_after_any_split_and_restart(
        name in prop::sample::select(NAMES.to_vec()),
        seed: u64,
        len in 1usize..600,
        loaded in 0.0..1.0,
        saved in 0.0..1.0,
    ) {
        let view = View::builtin(name).unwrap();
        let rows = rows(seed, len);
        let matrix = compute(&view, &series(&rows));
        let loaded = (len as f64 * loaded) as usize;
        let saved = loaded + ((len - loaded) as f64 * saved) as usize;
        let mut store = OnlineStore::new(&view).unwrap();
        store.load(&symbol(), &series(&rows[..loaded]));
        for (t, row) in rows.iter().enumerate().skip(loaded) {
            if t == saved {
                store = OnlineStore::restore(&view, &store.save().unwrap()).unwrap();
            }
            prop_assert_eq!(push(&mut store, row), bits(&matrix.row(t).unwrap()), "row {}", t);
            let latest = store.latest(&symbol()).unwrap();
            prop_assert_eq!((latest.session, latest.knowledge_time), (row.session, last_known(&rows[..=t])));
        }
        let latest = store.latest(&symbol()).unwrap();
        prop_assert_eq!(bits(latest.values), bits(&matrix.row(len - 1).unwrap()));
        prop_assert_eq!(latest.knowledge_time, last_known(&rows));
        prop_assert_eq!(store.freshness(&symbol()).unwrap().sessions_seen, len as u64);
    }
}

#[test]
fn a_panel_comes_to_what_its_histories_come_to() {
    let view = View::builtin("weekly_core").unwrap();
    let symbols = ["A", "B", "C"].map(|name| Symbol::new(name).unwrap());
    let panel: Panel =
        symbols.iter().zip([0, 1, 300]).map(|(s, len)| (s.clone(), series(&rows(3, len)))).collect();
    let mut one_by_one = OnlineStore::new(&view).unwrap();
    panel.iter().for_each(|(symbol, series)| one_by_one.load(symbol, series));
    let mut at_once = OnlineStore::new(&view).unwrap();
    at_once.load(&symbols[1], &series(&rows(4, 20)));
    at_once.absorb(OnlineStore::of_panel(&view, &panel).unwrap()).unwrap();
    assert_eq!(at_once.save().unwrap(), one_by_one.save().unwrap());
    assert_eq!(at_once.symbols().len(), 2, "a symbol without bars has no features");
    at_once.forget(&symbols[1]);
    assert!(at_once.latest(&symbols[1]).is_none());
    let other = OnlineStore::new(&View::builtin("alpha158").unwrap()).unwrap();
    assert!(at_once.absorb(other).is_err());
}

#[test]
fn what_cannot_be_gone_on_from_is_refused() {
    let view = View::builtin("weekly_core").unwrap();
    let mut store = OnlineStore::new(&view).unwrap();
    rows(5, 30).iter().for_each(|row| drop(push(&mut store, row)));
    let bytes = store.save().unwrap();
    let mut damaged = bytes.clone();
    damaged[100] ^= 1;
    let other = View::builtin("alpha158").unwrap();
    let refusals = [
        OnlineStore::restore(&view, &bytes[..5]),
        OnlineStore::restore(&view, &damaged),
        OnlineStore::restore(&other, &bytes),
        OnlineStore::new(
            &View::parse("name = 'v'\n[[feature]]\nname = 'a'\nexpr = 'CsRank(close)'").unwrap(),
        ),
    ];
    let shown: Vec<String> = refusals.into_iter().map(|refusal| refusal.unwrap_err().to_string()).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn bars_that_cannot_be_true_are_not_let_in() {
    let view = View::builtin("weekly_core").unwrap();
    let mut store = OnlineStore::new(&view).unwrap();
    let rows = rows(6, 3);
    push(&mut store, &rows[0]);
    push(&mut store, &rows[1]);
    let before = bits(store.latest(&symbol()).unwrap().values);
    let good = rows[2].bar;
    let bars = [
        (rows[1].session, good),
        (rows[0].session, good),
        (rows[2].session, Bar { close: f64::NAN, ..good }),
        (rows[2].session, Bar { high: good.low / 2.0, ..good }),
        (rows[2].session, Bar { volume: -1.0, ..good }),
    ];
    let mut refusals = Vec::new();
    for (session, bar) in bars {
        let refused = store.push(&symbol(), session, &bar, &rows[2].action, 0);
        refusals.push(refused.unwrap_err().to_string());
    }
    insta::assert_snapshot!(refusals.join("\n"));
    assert_eq!(bits(store.latest(&symbol()).unwrap().values), before);
}
