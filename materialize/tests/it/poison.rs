//! The poison test: whatever becomes known after an instant, no answer as of that instant changes by a byte.
//!
//! Two worlds have the same bars up to the instant and others from there on ([`poisoned`]). The view is built in both, long
//! after everything, and every question is asked in both, as of the instant. A leak anywhere between the bars and the
//! answer file is a difference.

use proptest::prelude::*;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use weekahead_features::View;
use weekahead_warehouse::BarVersion;

use crate::answers::Answers;
use crate::poisoned::{STRANGER, poisoned};
use crate::provider::{Event, NAMES, Provider, events, many};
use crate::support::{DAY, Platform, Row, ranked_view, symbols, view};

/// Instants that are looked at in each history.
const INSTANTS: usize = 2;

#[test]
fn the_future_changes_no_answer() {
    poison(10, events(), |number| vec![view(&format!("poison_{number}"))]);
}

#[test]
fn the_future_changes_no_answer_where_symbols_see_each_other() {
    poison(10, events(), |number| vec![ranked_view(&format!("poison_{number}"))]);
}

#[test]
fn the_future_changes_no_answer_of_a_built_in_view() {
    poison(2, long_history(), |_| {
        ["alpha158", "weekly_core"].map(|name| View::builtin(name).unwrap()).into()
    });
}

fn poison(cases: u32, histories: impl Strategy<Value = Vec<Event>>, views: fn(u32) -> Vec<View>) {
    many(cases, (histories, any::<u64>()), async |platform, number, (events, seed)| {
        let bars = Provider::bars(&events);
        for (at, view) in views(number).iter().enumerate() {
            two_worlds(platform, view, &bars, seed.wrapping_add(at as u64)).await;
        }
    });
}

async fn two_worlds(platform: &Platform, view: &View, bars: &[BarVersion], seed: u64) {
    let mut instants: Vec<i64> = bars.iter().map(|version| version.knowledge_time).collect();
    instants.sort_unstable();
    instants.dedup();
    let Some(last) = instants.pop().filter(|_| !instants.is_empty()) else { return };
    let end = last + 10 * DAY;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..INSTANTS {
        // As something becomes known, and just before the next does.
        let next = rng.random_range(0..instants.len());
        let after = [instants[next], instants.get(next + 1).unwrap_or(&last) - 1][rng.random_range(0..2)];
        let told = format!("{} as of {after}, seed {seed}", view.name());
        let asked: Vec<i64> =
            instants[..=next].choose_multiple(&mut rng, 20).copied().chain([after]).collect();
        let mut worlds = Vec::new();
        for bars in [bars.to_vec(), poisoned(bars, after, rng.random())] {
            build(platform, view, &bars, end).await;
            worlds.push([
                Answers::of(platform, view, &ASKED, &asked, after).await,
                Answers::of(platform, view, &ASKED, &[end], end).await,
            ]);
        }
        let [[then, later], [poisoned_then, poisoned_later]] = [&worlds[0], &worlds[1]];
        assert!(!then.features.is_empty(), "{told}");
        assert_eq!(then.differing(poisoned_then), [""; 0], "{told}");
        // The test can fail: whoever looks at it from later on, finds the poison, also in sessions of before.
        assert_eq!(later.differing(poisoned_later), Answers::KINDS, "{told}");
        let before = |row: &&Row| then.features.iter().any(|known| (&known.0, known.1) == (&row.0, row.1));
        let of_before =
            |answers: &Answers| answers.features.iter().filter(before).cloned().collect::<Vec<_>>();
        assert_ne!(of_before(later), of_before(poisoned_later), "{told}");
    }
}

/// Who is asked about: the last one is not there in any world.
const ASKED: [&str; 5] = [NAMES[0], NAMES[1], NAMES[2], STRANGER, "NOBODY"];

/// The view from these bars alone.
async fn build(platform: &Platform, view: &View, bars: &[BarVersion], at: i64) {
    let table = format!("DROP TABLE IF EXISTS features.{}", view.name());
    for statement in ["TRUNCATE TABLE marts.bars", "TRUNCATE TABLE ops.materialized", &table] {
        platform.warehouse.execute(statement).await.unwrap();
    }
    platform.warehouse.write_bars(bars).await.unwrap();
    platform.build(view, &symbols(&ASKED), at).await;
}

/// Long enough for windows of 60 sessions, with some corrections.
fn long_history() -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec(events(), 5).prop_map(|parts| {
        let sessions = (0..40).map(|day| Event::Session { without: day % 7 });
        sessions.chain(parts.concat()).collect()
    })
}
