//! Planted signals of known strength are found, as strong as they are, and signals that are not there are not.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking, in its support functions too")]

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use weekahead_market::{Calendar, Session};
use weekahead_training::evaluation::{MeanError, PooledErrors, ScoredRows};

const SYMBOLS: usize = 200;

/// Fixed before any of them was tried.
const SEEDS: std::ops::Range<u64> = 0..20;

/// Of 20 estimates with honest errors about 1 is more than two of them off (20 times 4.6 %), and more than 3 are with a chance
/// of 1 %.
const MAY_MISS: usize = 3;

/// Forecasts and targets of four years of weeks, both standard normal and correlated by r, independent otherwise.
struct Panel {
    origins: Vec<Session>,
    targets: Vec<f64>,
    points: Vec<f64>,
    random: ChaCha8Rng,
}

impl Panel {
    fn planted(correlation: f64, seed: u64) -> Self {
        let session = |text: &str| text.parse().unwrap();
        let weeks = Calendar::nyse().weekly_origins(session("2010-01-04"), session("2013-12-31"));
        let origins: Vec<Session> = weeks.into_iter().flat_map(|origin| [origin; SYMBOLS]).collect();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
        let points: Vec<f64> = origins.iter().map(|_| normal()).collect();
        let rest = (1.0 - correlation * correlation).sqrt();
        let targets = points.iter().map(|point| correlation * point + rest * normal()).collect();
        Self { origins, targets, points, random }
    }

    /// Targets change hands within each origin: whatever the forecasts knew of them is gone.
    fn permuted(mut self) -> Self {
        for targets in self.targets.chunks_exact_mut(SYMBOLS) {
            targets.shuffle(&mut self.random);
        }
        self
    }

    fn rank_ic(&self) -> MeanError {
        let rows = ScoredRows {
            origins: &self.origins,
            targets: &self.targets,
            points: &self.points,
            levels: &[],
            quantiles: &[],
        };
        PooledErrors::of(&rows, 0).unwrap().rank_ic.unwrap()
    }
}

/// How many of the seeds' estimates are more than two standard errors off.
fn misses(truth: f64, panel: impl Fn(u64) -> Panel) -> usize {
    let off = |seed| {
        let estimate = panel(seed).rank_ic();
        (estimate.mean - truth).abs() / estimate.standard_error
    };
    let off: Vec<f64> = SEEDS.map(off).collect();
    println!("standard errors off {truth:.4}: {off:.2?}");
    off.into_iter().filter(|errors| *errors > 2.0).count()
}

#[test]
fn a_planted_signal_is_found_as_strong_as_it_is() {
    for correlation in [0.02_f64, 0.05, 0.2] {
        // Spearman's correlation of two normal variables.
        let truth = 6.0 / std::f64::consts::PI * (correlation / 2.0).asin();
        let missed = misses(truth, |seed| Panel::planted(correlation, seed));
        assert!(missed <= MAY_MISS, "correlation {correlation}: {missed} of 20 missed");
    }
}

#[test]
fn permuted_targets_have_no_signal() {
    let missed = misses(0.0, |seed| Panel::planted(0.2, seed).permuted());
    assert!(missed <= MAY_MISS, "{missed} of 20 missed");
}
