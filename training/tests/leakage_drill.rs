//! Plants the answer among the features, at every lag, and sees who finds it.
//!
//! The planted feature of a session is the return that is realised over the `horizon` sessions from `lag` sessions later
//! on: the target itself at lag 0. It is legal where it is history at its session, `lag <= -horizon`. Returns persist here,
//! so a legal one does forecast, and any other one would forecast better if it could be had. A control takes a source at
//! its word that claims to have known everything at once, and finds every leak: the drill can fail.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking, in its support functions too")]

#[path = "support/market.rs"]
mod market;

use market::{Planted, as_of, feature_rows, history, published, session, symbol, view};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use weekahead_features::View;
use weekahead_features::expr::{CrossSectionOp, Expr, PairOp, RollingOp};
use weekahead_market::{Calendar, Horizon, Session};
use weekahead_models::ModelSpec;
use weekahead_training::evaluation::{Candidate, Decision, Policy, decide, rank_ic};
use weekahead_training::{Backtest, Dataset, Error, PlanSettings, Result, backtest, folds};
use weekahead_warehouse::BarHistory;

const HORIZON: i64 = 5;
const LAGS: std::ops::RangeInclusive<i64> = -10..=10;
const NAMES: [&str; 12] = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"];

/// So many standard errors from 0 are skill: noise is that far less than once in a million times.
const SKILL: f64 = 5.0;
/// So many are noise.
const NOISE: f64 = 3.0;

/// Nine years of twelve symbols whose returns persist for some weeks.
struct Market {
    calendar: Calendar,
    sessions: Vec<Session>,
    /// By symbol, then session.
    closes: Vec<Vec<f64>>,
    histories: Vec<BarHistory>,
}

/// When the source says that a value was known that was realised in one session and belongs to another.
#[derive(Clone, Copy)]
enum Source {
    /// When it was: not before it was realised. At its own session the value is missing until then.
    Honest,
    /// At its own session, whatever it is.
    Lying,
}

impl Market {
    fn new() -> Self {
        let calendar = Calendar::nyse();
        let sessions = calendar.between(session("2004-01-02"), session("2012-12-31")).to_vec();
        let mut rng = ChaCha8Rng::seed_from_u64(20);
        let closes: Vec<_> = NAMES.iter().map(|_| persistent(&mut rng, sessions.len())).collect();
        let of_symbol = |(name, closes): (&&str, &Vec<f64>)| {
            let bars: Vec<_> = sessions.iter().copied().zip(closes.iter().copied()).collect();
            history(&calendar, name, &bars)
        };
        let histories = NAMES.iter().zip(&closes).map(of_symbol).collect();
        Self { calendar, sessions, closes, histories }
    }

    /// The rows of the planted feature at weekly origins.
    fn rows(&self, lag: i64, source: Source) -> Vec<Planted> {
        let weekly = |at: &usize| self.calendar.last_of_week(self.sessions[*at]) == Ok(self.sessions[*at]);
        let origins = (0..self.sessions.len()).filter(weekly);
        let of_origin = |at: usize| NAMES.iter().zip(&self.closes).map(move |pair| (at, pair));
        let versions = |(at, (name, closes)): (usize, (&&str, &Vec<f64>))| {
            let (from, to) = (at as i64 + lag, at as i64 + lag + HORIZON);
            let close = |i: i64| usize::try_from(i).ok().and_then(|i| closes.get(i));
            let value = close(from).zip(close(to)).map_or(f32::NAN, |(from, to)| (to / from).ln() as f32);
            let row = |value, known_in: usize| {
                let known = published(&self.calendar, self.sessions[known_in]);
                Planted { symbol: symbol(name), session: self.sessions[at], known, value }
            };
            match source {
                Source::Honest if to > at as i64 => {
                    let last = self.sessions.len() - 1;
                    vec![row(f32::NAN, at), row(value, last.min(to as usize))]
                }
                _ => vec![row(value, at)],
            }
        };
        origins.flat_map(of_origin).flat_map(versions).collect()
    }

    fn join(&self, rows: &[Planted]) -> Result<Dataset> {
        let (rows, horizon) = (feature_rows(rows), Horizon::WEEK);
        Dataset::join(&rows, &self.histories, &self.calendar, &view(), horizon, as_of("2013-06-30"))
    }

    fn walk(&self, dataset: &Dataset, model: &ModelSpec) -> Backtest {
        let folds = folds(dataset, &self.calendar, &settings()).unwrap();
        backtest(dataset, &folds, model, &settings()).unwrap()
    }

    /// The rank IC of a linear model on the planted feature, and its standard errors from 0; nothing where its forecasts
    /// do not tell symbols apart.
    fn skill(&self, dataset: &Dataset) -> (f64, f64) {
        let walked = self.walk(dataset, &learner());
        let origins: Vec<_> = walked.rows.iter().map(|row| dataset.keys[*row].origin).collect();
        let targets: Vec<_> = walked.rows.iter().map(|row| dataset.y[*row]).collect();
        let Some(ic) = rank_ic(&origins, &targets, &walked.points) else { return (0.0, 0.0) };
        assert!(ic.origins > 300, "{ic:?}");
        // Where every origin has the same correlation, it is perfect.
        let errors = ic.ir.map_or(f64::INFINITY, |ir| ir * (ic.origins as f64).sqrt());
        (ic.mean, errors)
    }

    /// Whether the learner would take the alias from the random walk.
    fn decide(&self, dataset: &Dataset) -> Decision {
        let candidate = |model: &ModelSpec| {
            let losses = self.walk(dataset, model).losses;
            Candidate { name: model.to_string(), losses, promotable: true }
        };
        let (challenger, baseline) = (candidate(&learner()), candidate(&ModelSpec::RandomWalk));
        let PlanSettings { loss, significance, minimum_origins, .. } = settings();
        let policy = Policy { loss, significance, trials: 1, trial_ratios: Vec::new(), minimum_origins };
        let champion = Some(&baseline);
        decide(&[challenger], champion, &baseline, &policy, &self.calendar, Horizon::WEEK).unwrap()
    }
}

/// Closes whose daily returns are noise of 2% about a drift of some 0.8%, which fades over fifty sessions.
fn persistent(rng: &mut ChaCha8Rng, len: usize) -> Vec<f64> {
    const KEPT: f64 = 0.98;
    let mut normal = || rng.sample::<f64, _>(StandardNormal);
    let (mut drift, mut log) = (0.008 * normal(), 100f64.ln());
    let mut step = || {
        drift = KEPT * drift + 0.008 * (1.0 - KEPT * KEPT).sqrt() * normal();
        log += drift + 0.02 * normal();
        log.exp()
    };
    (0..len).map(|_| step()).collect()
}

fn settings() -> PlanSettings {
    PlanSettings {
        warm_up_origins: 120,
        calibration_origins: 52,
        refit_every_origins: 26,
        ..PlanSettings::default()
    }
}

fn learner() -> ModelSpec {
    ModelSpec::Ridge { alpha: 1.0 }
}

fn is_legal(lag: i64) -> bool {
    lag <= -HORIZON
}

#[test]
fn history_helps_and_the_future_cannot_be_had() {
    let market = Market::new();
    for lag in LAGS {
        let dataset = market.join(&market.rows(lag, Source::Honest)).unwrap();
        let planted = dataset.x.column(0);
        let (mean, errors) = market.skill(&dataset);
        if is_legal(lag) {
            assert!(planted.iter().filter(|value| value.is_finite()).count() > 5_000);
            assert!(mean > 0.0 && errors > SKILL, "lag {lag}: IC {mean}, {errors} standard errors");
        } else {
            assert!(planted.iter().all(|value| value.is_nan()), "lag {lag}: a version was taken too early");
            assert!(errors.abs() < NOISE, "lag {lag}: IC {mean}, {errors} standard errors");
        }
    }
}

/// Without a version that was known in time there is no row at all.
#[test]
fn a_row_that_was_known_too_late_is_no_row() {
    let market = Market::new();
    for lag in LAGS.filter(|lag| !is_legal(*lag)) {
        let late = |row: &Planted| row.known > published(&market.calendar, row.session);
        let rows: Vec<_> = market.rows(lag, Source::Honest).into_iter().filter(late).collect();
        assert!(!rows.is_empty());
        assert!(matches!(market.join(&rows), Err(Error::NoRows { .. })), "lag {lag}");
    }
}

/// The control: with knowledge times that are lies, every lag that the rules forbid shows.
#[test]
fn a_leak_would_be_found() {
    let market = Market::new();
    for lag in LAGS.filter(|lag| !is_legal(*lag)) {
        let leaking = market.join(&market.rows(lag, Source::Lying)).unwrap();
        let (mean, errors) = market.skill(&leaking);
        assert!(errors > SKILL, "lag {lag}: IC {mean}, {errors} standard errors");
        assert!(lag != 0 || mean > 0.999, "the answer itself: IC {mean}");
    }
}

#[test]
fn shuffled_targets_show_no_skill_and_promote_nobody() {
    let market = Market::new();
    let dataset = market.join(&market.rows(-HORIZON, Source::Honest)).unwrap();
    let promoted = market.decide(&dataset);
    assert_eq!(
        promoted.promote,
        Some(learner().to_string()),
        "as it is, it deserves it: {}",
        promoted.reason
    );
    for seed in 0..5 {
        let shuffled = shuffled(&dataset, seed);
        let (mean, errors) = market.skill(&shuffled);
        assert!(errors.abs() < NOISE, "seed {seed}: IC {mean}, {errors} standard errors");
        let decision = market.decide(&shuffled);
        assert_eq!(decision.promote, None, "seed {seed}: {}", decision.reason);
    }
}

/// The same targets, dealt anew among the symbols of each origin.
fn shuffled(dataset: &Dataset, seed: u64) -> Dataset {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut shuffled = dataset.clone();
    let y = shuffled.y.as_slice_mut().unwrap();
    let mut start = 0;
    for of_origin in dataset.keys.chunk_by(|a, b| a.origin == b.origin) {
        y[start..start + of_origin.len()].shuffle(&mut rng);
        start += of_origin.len();
    }
    shuffled
}

/// A view file cannot say it either: every window is a number of sessions back, and there is no other reach.
#[test]
fn no_expression_looks_ahead() {
    let refused = |expr: &str| {
        let file = format!("name = 'ahead'\n[[feature]]\nname = 'x'\nexpr = '{expr}'");
        assert!(View::parse(&file).is_err(), "{expr}");
        assert!(Expr::parse(expr).is_err(), "{expr}");
    };
    for sessions in ["-1", "-5", "-1.0", "(-1)", "0 - 1", "close", "-close"] {
        for op in RollingOp::ALL {
            refused(&format!("{}(close, {sessions})", op.name()));
        }
        for op in PairOp::ALL {
            refused(&format!("{}(close, open, {sessions})", op.name()));
        }
        refused(&format!("Quantile(close, {sessions}, 0.5)"));
    }
    for op in CrossSectionOp::ALL {
        refused(&format!("{}(Ref(close, -1))", op.name()));
    }
    for field in ["target", "label", "future", "close[1]", "next"] {
        refused(field);
    }
    let message = Expr::parse("Ref(close, -1)").unwrap_err().to_string();
    assert!(message.contains("cannot look into the future"), "{message}");
    assert!(Expr::parse("Ref(close, 1)").is_ok());
}
