//! Intervals learn what they should, when they should, and nothing else.

use ndarray::{Array1, Array2};
use weekahead_market::{Bar, BarSeries, CorporateAction, Horizon, Session, Symbol};
use weekahead_warehouse::ServedQuantiles;

use super::outcomes::{Tally, count};
use super::*;

const LEVELS: [f64; 3] = [0.1, 0.5, 0.9];
const STEP: f64 = 0.005;

fn session(text: &str) -> Session {
    text.parse().unwrap()
}

fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

/// Offsets from -4 at level 0 to 4 at level 1.
fn residuals() -> ResidualQuantiles {
    ResidualQuantiles::try_from((0..=400).map(|step| (step as f32 - 200.0) / 50.0).collect::<Vec<_>>())
        .unwrap()
}

/// What an artifact with these residuals says of rows around 0.001 and 0.002; rounded otherwise than our own sums.
fn outputs() -> Outputs {
    let (y, scale) = (Array1::from(vec![0.001, 0.002]), Array1::from(vec![0.02, 0.03]));
    let quantiles = Array2::from_shape_fn((2, 3), |(row, level)| {
        let offset = [-3.2, 0.0, 3.2][level];
        f64::from((y[row] + offset * scale[row]) as f32)
    });
    Outputs { y, quantiles, scale: Some(scale) }
}

fn intervals(step: f64, outcomes: &Outcomes) -> ServedIntervals {
    ServedIntervals { levels: replay(&LEVELS, step, outcomes).unwrap(), adapts: step > 0.0 }
}

fn tally(of: &[(f64, [f64; 3])]) -> Tally {
    let mut tally = Tally::default();
    of.iter().for_each(|(target, quantiles)| tally.add(*target, quantiles));
    tally
}

fn bits(quantiles: &Array2<f64>) -> Vec<u64> {
    quantiles.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn without_outcomes_the_quantiles_are_the_artifact_s() {
    let intervals = intervals(STEP, &Outcomes::new());
    assert_eq!(bits(&intervals.quantiles(&outputs(), Some(&residuals()))), bits(&outputs().quantiles));
    assert_eq!((intervals.outcomes(), intervals.coverage_80()), (0, None));
    assert_eq!(intervals.record().adapted_levels, LEVELS);
}

#[test]
fn the_outcomes_of_an_origin_are_one_step() {
    let (first, second) = (session("2013-01-18"), session("2013-01-25"));
    // Above all, inside the upper half; then one is on its lower end.
    let outcomes = Outcomes::from([
        (first, tally(&[(0.3, [-0.1, 0.0, 0.1]), (0.1, [-0.2, 0.0, 0.2])])),
        (second, tally(&[(-0.1, [-0.1, 0.0, 0.1])])),
    ]);
    let intervals = intervals(0.125, &outcomes);
    // 0.1 + 0.125 (0.1 - 0) + 0.125 (0.1 - 1), and so on.
    let expected = [0.0, 0.5, 0.9 + 0.125 * 0.4 - 0.125 * 0.1];
    let close = |(a, b): (&f64, f64)| (a - b).abs() < 1e-9;
    assert!(intervals.levels.adapted()[1..].iter().zip(expected[1..].to_vec()).all(close), "{intervals:?}");
    assert_eq!(intervals.levels.adapted()[0], 0.0001);
    // A quantile that the target hits is one it lies below: of three outcomes one is inside.
    assert_eq!((intervals.outcomes(), intervals.coverage_80()), (3, Some(1.0 / 3.0)));
}

#[test]
fn outcomes_outside_widen_what_is_served_next() {
    let calendar = Calendar::nyse();
    let origins = calendar.weekly_origins(session("2010-01-01"), session("2012-12-31"));
    let (mut outcomes, mut widths) = (Outcomes::new(), Vec::new());
    for (week, origin) in origins.into_iter().enumerate() {
        let now = intervals(STEP, &outcomes);
        let quantiles = now.quantiles(&outputs(), Some(&residuals()));
        widths.push(quantiles[[0, 2]] - quantiles[[0, 0]]);
        assert!(quantiles.rows().into_iter().all(|row| row[0] < row[1] && row[1] < row[2]));
        // Far above and far below in turns.
        let target = if week % 2 == 0 { 1.0 } else { -1.0 };
        outcomes
            .insert(origin, tally(&[(target, [quantiles[[0, 0]], quantiles[[0, 1]], quantiles[[0, 2]]])]));
    }
    assert!(widths.last().unwrap() > &(widths[0] * 1.2), "{} to {:?}", widths[0], widths.last());
    let (adaptive, again) = (intervals(STEP, &outcomes), intervals(STEP, &outcomes));
    assert_eq!(adaptive, again);
    assert_eq!((adaptive.method(), adaptive.coverage_80()), ("adaptive", Some(0.0)));

    // With a step of 0, and where there is nothing to look a level up in, they are counted only.
    let fixed = intervals(0.0, &outcomes);
    for quantiles in [fixed.quantiles(&outputs(), Some(&residuals())), adaptive.quantiles(&outputs(), None)] {
        assert_eq!(bits(&quantiles), bits(&outputs().quantiles));
    }
    assert_eq!((fixed.method(), fixed.outcomes()), ("fixed", adaptive.outcomes()));
}

#[test]
fn what_is_remembered_is_of_the_same_ground() {
    let at = |text: &str| text.parse::<AsOf>().unwrap();
    let ground = Ground { version: 3, from: session("2010-01-04"), counts: (10, 5) };
    let (memory, known) = (Memory::default(), intervals(STEP, &Outcomes::new()));
    assert_eq!(memory.recall(at("2013-01-25"), ground), None);
    memory.keep(at("2013-01-25"), ground, &known);
    assert_eq!(memory.recall(at("2013-01-26"), ground), Some(known));
    assert_eq!(memory.recall(at("2013-01-24"), ground), None);
    for other in [Ground { version: 4, ..ground }, Ground { counts: (11, 5), ..ground }] {
        assert_eq!(memory.recall(at("2013-01-26"), other), None);
    }
}

#[test]
fn an_outcome_is_the_return_to_a_bar_that_is_there() {
    let days = ["2013-01-18", "2013-01-22", "2013-01-23", "2013-01-24", "2013-01-25", "2013-01-28"];
    let series = |days: &[&str]| {
        let mut series = BarSeries::new();
        for (day, close) in days.iter().zip([10.0, 11.0, 12.0, 13.0, 14.0, 20.0]) {
            let bar = Bar { open: close, high: close, low: close, close, volume: 1.0 };
            series.push(&symbol("A"), session(day), bar, CorporateAction::NONE, 0).unwrap();
        }
        series
    };
    // Two versions of the model forecast for the first session, one for the second, whose target lies ahead.
    let double = 2.0_f64.ln();
    let forecasts = ServedQuantiles {
        symbol: symbol("A"),
        origins: [days[0], days[0], days[1]].map(session).to_vec(),
        values: [[0.1, 0.2, double - 1e-9], [0.1, double + 1e-9, 1.0], [0.1, 0.2, 0.3]].concat(),
    };
    let counted = |series: &BarSeries| {
        let mut outcomes = Outcomes::new();
        count(&mut outcomes, series, &Calendar::nyse(), Horizon::WEEK, &forecasts);
        outcomes
    };
    let expected = Tally { outcomes: 2, below: vec![0, 1, 1] };
    assert_eq!(counted(&series(&days)), Outcomes::from([(session(days[0]), expected)]));
    assert_eq!(counted(&series(&days[..4])), Outcomes::new());
}
