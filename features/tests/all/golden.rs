//! The values that the real Qlib computes: see `tests/golden/README.md` for how they were made.

use std::collections::BTreeMap;
use std::path::Path;

use weekahead_features::expr::{Expr, PairOp, RollingOp};
use weekahead_features::{View, ViewState};
use weekahead_market::{Bar, CorporateAction, Session};

use crate::series::single;

/// Qlib's own rounding: plain running sums over all history.
const RELATIVE: f64 = 1e-6;
/// Where a value is that small, the same share of this.
const FLOOR: f64 = 0.001;
/// Our `EMA` cuts the tail where the weight left is a millionth.
const EMA_RELATIVE: f64 = 2e-6;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    std::fs::read_to_string(path).unwrap()
}

fn bars() -> BTreeMap<String, Vec<(Session, Bar)>> {
    let mut bars: BTreeMap<String, Vec<(Session, Bar)>> = BTreeMap::new();
    for line in read("bars.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let values: Vec<f64> = cells[2..].iter().map(|cell| cell.parse().unwrap()).collect();
        let (open, high, low, close, volume) = (values[0], values[1], values[2], values[3], values[4]);
        let bar = Bar { open, high, low, close, volume };
        bars.entry(cells[0].to_owned()).or_default().push((cells[1].parse().unwrap(), bar));
    }
    bars
}

fn computed(view: &View, bars: &[(Session, Bar)]) -> BTreeMap<Session, Vec<f64>> {
    let mut state = ViewState::new(view);
    let row = |(session, bar): &(Session, Bar)| {
        (*session, state.push(*session, bar, &CorporateAction::NONE).to_vec())
    };
    bars.iter().map(row).collect()
}

fn near(ours: f64, golden: f64) -> bool {
    (ours - golden).abs() <= RELATIVE * golden.abs().max(FLOOR)
}

#[test]
fn alpha158_is_qlibs() {
    let view = View::builtin("alpha158").unwrap();
    let computed: BTreeMap<String, _> =
        bars().iter().map(|(symbol, bars)| (symbol.clone(), self::computed(&view, bars))).collect();
    let text = read("alpha158.csv");
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').skip(2).collect();
    assert_eq!(names, view.features().iter().map(String::as_str).collect::<Vec<_>>());
    let mut compared = 0;
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let row = &computed[cells[0]][&cells[1].parse().unwrap()];
        for ((name, cell), ours) in names.iter().zip(&cells[2..]).zip(row) {
            let golden: f64 = cell.parse().unwrap();
            assert!(near(*ours, golden), "{name} of {} in {}: {ours} {golden}", cells[0], cells[1]);
            compared += 1;
        }
    }
    assert!(compared > 18_000, "{compared}");
}

/// Where Qlib has no value on purpose and ours has one: it takes a standard deviation of 2e-5 for none, whatever the
/// size of the values is.
fn is_guarded(expression: &str, session: Session, bars: &[(Session, Bar)]) -> bool {
    let (inputs, window) = match Expr::parse(expression).unwrap() {
        Expr::Pair(PairOp::Corr, x, y, window) => (vec![x, y], window),
        Expr::Rolling(RollingOp::Rsquare, x, window) => (vec![x], window),
        _ => return false,
    };
    let deviation = |input: &Expr| computed(&single(&format!("Std({input}, {window})")), bars)[&session][0];
    inputs.iter().any(|input| deviation(input) <= 2e-5)
}

/// What our `EMA` may leave out: the tail where the weight left is a millionth.
fn cut_tail(expression: &str, bars: &[(Session, Bar)]) -> f64 {
    let Expr::Rolling(RollingOp::Ema, input, _) = Expr::parse(expression).unwrap() else { return 0.0 };
    let input = computed(&single(&input.to_string()), bars);
    EMA_RELATIVE * input.values().map(|row| row[0].abs()).fold(0.0, f64::max)
}

#[test]
fn every_operator_is_qlibs() {
    let bars = &bars()["AAPL"];
    let mut expressions: BTreeMap<String, Vec<(Session, f64)>> = BTreeMap::new();
    for line in read("operators.csv").lines().skip(1) {
        let (expression, rest) = match line.strip_prefix('"') {
            Some(quoted) => quoted.split_once("\",").unwrap(),
            None => line.split_once(',').unwrap(),
        };
        let (session, value) = rest.split_once(',').unwrap();
        let value = if value.is_empty() { f64::NAN } else { value.parse().unwrap() };
        expressions.entry(expression.to_owned()).or_default().push((session.parse().unwrap(), value));
    }
    for (expression, golden) in &expressions {
        let computed = computed(&single(expression), bars);
        let cut = cut_tail(expression, bars);
        for (session, golden) in golden {
            let ours = computed[session][0];
            let same = if golden.is_nan() || ours.is_nan() {
                golden.is_nan() && (ours.is_nan() || is_guarded(expression, *session, bars))
            } else {
                near(ours, *golden) || (ours - golden).abs() <= cut
            };
            assert!(same, "{expression} in {session}: {ours} {golden}");
        }
    }
}
