//! No feature sees what comes after its session, nor anything beyond its look-back.

use proptest::prelude::*;
use weekahead_features::{FeatureMatrix, View, compute};
use weekahead_market::{Bar, CorporateAction};

use crate::series::{NAMES, Row, cases, rows, series, streamed};

/// The first rows as bits, since NaN equals nothing.
fn head(matrix: &FeatureMatrix, len: usize) -> (Vec<Vec<u32>>, &[i64]) {
    let bits = |column: &[f32]| column[..len].iter().map(|value| value.to_bits()).collect();
    (matrix.columns.iter().map(bits).collect(), &matrix.knowledge_times[..len])
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn every_row_is_the_same_without_its_future(
        name in prop::sample::select(NAMES.to_vec()), seed: u64, len in 1usize..700, cut in 0.0..1.0,
    ) {
        let view = View::builtin(name).unwrap();
        let rows = rows(seed, len);
        let known = ((rows.len() as f64 * cut) as usize).min(rows.len() - 1) + 1;
        let whole = compute(&view, &series(&rows));
        let past = compute(&view, &series(&rows[..known]));
        prop_assert_eq!(head(&whole, known), head(&past, known));
    }

    #[test]
    fn a_poisoned_future_leaves_the_past_alone(
        name in prop::sample::select(NAMES.to_vec()), seed: u64, known in 1usize..600,
    ) {
        let view = View::builtin(name).unwrap();
        let clean = rows(seed, 600);
        let mut poisoned = clean.clone();
        for (row, value) in poisoned[known..].iter_mut().zip([1e12, 1e-6, 1.0, 77.0].into_iter().cycle()) {
            row.bar = Bar { open: value, high: value, low: value, close: value, volume: value };
            row.action.dividend = value / 2.0;
            row.action.split = value;
        }
        let (clean, poisoned) = (compute(&view, &series(&clean)), compute(&view, &series(&poisoned)));
        prop_assert_eq!(head(&clean, known), head(&poisoned, known));
    }

    #[test]
    fn look_back_is_what_a_row_needs(name in prop::sample::select(NAMES.to_vec()), seed: u64) {
        let view = View::builtin(name).unwrap();
        let mut rows = rows(seed, 400);
        // The level of prices and volumes is that of the first session: without actions it is the same everywhere.
        rows.iter_mut().for_each(|row| row.action = CorporateAction::NONE);
        let whole = streamed(&view, &rows).pop().unwrap();
        for (feature, whole) in view.definitions().iter().zip(whole) {
            let one = View::new("one", vec![feature.clone()]).unwrap();
            let last = |rows: &[Row]| streamed(&one, rows).last().map_or(f64::NAN, |row| row[0]);
            let enough = last(&rows[400 - one.look_back()..]);
            prop_assert_eq!(enough.to_bits(), whole.to_bits(), "{}: {} {}", feature.name, enough, whole);
            prop_assert!(last(&rows[401 - one.look_back()..]).is_nan(), "{}", feature.name);
        }
    }
}
