//! The same bars in another future.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use weekahead_warehouse::BarVersion;

use crate::provider::NAMES;
use crate::support::{bar, close, published, restated};

/// Who is heard of only after the instant.
pub const STRANGER: &str = "STRANGER";

/// The bars with everything changed that becomes known after an instant: versions have other prices and corporate
/// actions or are not there, and there are versions that never were, of sessions before the instant and behind it, and of a
/// symbol that nobody knew.
pub fn poisoned(bars: &[BarVersion], after: i64, seed: u64) -> Vec<BarVersion> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (past, future): (Vec<_>, Vec<_>) =
        bars.iter().cloned().partition(|version| version.knowledge_time <= after);
    let last_day = bars.iter().map(|version| version.session).max().unwrap_or_default();
    let mut all = past.clone();
    all.extend(
        future.into_iter().filter_map(|version| rng.random_bool(0.8).then(|| spoiled(version, &mut rng))),
    );
    for name in NAMES.iter().chain([&STRANGER]) {
        for day in 1..=last_day + 2 {
            let was_known = past.iter().any(|version| version.symbol == *name && version.session == day);
            // Always at both ends, so that the poison can be seen; else what was known is mostly corrected, and what was not
            // turns up now and then.
            let is_end = day == 1 || day > last_day;
            if is_end || rng.random_bool(if was_known { 0.7 } else { 0.3 }) {
                all.push(planted(name, day, after, &mut rng));
            }
        }
    }
    all
}

/// A version of a bar that nobody knew at an instant.
fn planted(name: &str, day: i32, after: i64, rng: &mut ChaCha8Rng) -> BarVersion {
    // A microsecond after it already; a few instants only, since a build replays a bounded number of revisions.
    let at = after + [1, 2, 3_600_000_000][rng.random_range(0..3)];
    let version = restated(bar(name, day, close(name, day)), at.max(published(day)), 1_000);
    spoiled(version, rng)
}

/// Other prices, and now and then a dividend or a split, some of which cannot be chained.
fn spoiled(version: BarVersion, rng: &mut ChaCha8Rng) -> BarVersion {
    let factor = rng.random_range(0.2..5.0);
    let dividend = if rng.random_bool(0.3) { version.close * rng.random_range(0.01..1.2) } else { 0.0 };
    let split = if rng.random_bool(0.3) { [2.0, 0.5, 3.0, 0.0][rng.random_range(0..4)] } else { 1.0 };
    BarVersion {
        open: version.open * factor,
        high: version.high * factor * 1.01,
        low: version.low * factor,
        close: version.close * factor,
        volume: version.volume * rng.random_range(0.1..10.0),
        dividend,
        split,
        ..version
    }
}
