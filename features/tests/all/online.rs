//! The online store: a bar at a time, saved and restored anywhere, it is the batch.

use proptest::prelude::*;
use weekahead_features::online::OnlineStore;
use weekahead_features::{View, compute};
use weekahead_market::{Bar, Symbol};

use crate::series::{NAMES, Row, cases, rows, series};

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn symbol() -> Symbol {
    Symbol::new("TEST").unwrap()
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
            prop_assert_eq!((latest.session, latest.knowledge_time), (row.session, matrix.knowledge_times[t]));
        }
        let latest = store.latest(&symbol()).unwrap();
        prop_assert_eq!(bits(latest.values), bits(&matrix.row(len - 1).unwrap()));
        prop_assert_eq!(latest.knowledge_time, matrix.knowledge_times[len - 1]);
        prop_assert_eq!(store.freshness(&symbol()).unwrap().sessions_seen, len as u64);
    }
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
