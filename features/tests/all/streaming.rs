//! One bar at a time, a whole history and a whole panel give the same bits.

use proptest::prelude::*;
use weekahead_features::{FeatureMatrix, View, compute, compute_panel};
use weekahead_market::{Panel, Symbol};

use crate::series::{NAMES, cases, rows, series, single, streamed};

fn bits(matrix: &FeatureMatrix) -> Vec<Vec<u32>> {
    matrix.columns.iter().map(|column| column.iter().map(|value| value.to_bits()).collect()).collect()
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn batch_is_streaming_folded(
        name in prop::sample::select(NAMES.to_vec()),
        seed: u64,
        len in 0usize..700,
    ) {
        let view = View::builtin(name).unwrap();
        let rows = rows(seed, len);
        let matrix = compute(&view, &series(&rows));
        for (t, values) in streamed(&view, &rows).iter().enumerate() {
            let streamed: Vec<u32> = values.iter().map(|value| (*value as f32).to_bits()).collect();
            let batch: Vec<u32> = matrix.row(t).unwrap().iter().map(|value| value.to_bits()).collect();
            prop_assert_eq!(streamed, batch, "row {}", t);
        }
    }
}

#[test]
fn a_panel_is_its_symbols() {
    let view = View::builtin("alpha158").unwrap();
    let symbols = ["A", "B", "C", "D", "E", "F"].map(|name| Symbol::new(name).unwrap());
    let panel: Panel = symbols
        .iter()
        .enumerate()
        .map(|(i, symbol)| (symbol.clone(), series(&rows(i as u64, 300 + 50 * i))))
        .collect();
    let matrices = compute_panel(&view, &panel);
    assert_eq!(matrices.len(), 6);
    for (symbol, series) in panel.iter() {
        assert_eq!(bits(&matrices[symbol]), bits(&compute(&view, series)), "{symbol}");
    }
}

#[test]
fn a_row_is_known_when_the_last_of_its_bars_is() {
    let view = single("Mean(close, 3)");
    let mut rows = rows(7, 6);
    for (row, time) in rows.iter_mut().zip([10, 90, 30, 40, 50, 60]) {
        row.knowledge_time = time;
    }
    assert_eq!(compute(&view, &series(&rows)).knowledge_times, [10, 90, 90, 90, 50, 60]);
}
