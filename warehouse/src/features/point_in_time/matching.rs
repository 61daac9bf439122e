//! Which stored row each entity row meets: pure, whatever order the stored rows come in.
//!
//! An entity row meets, of the stored rows of its symbol that are visible at its `as_of`, the greatest [`Version`]. That
//! is a maximum over a total order, so stored rows may come in any order and in any pieces, which spares the
//! server from sorting them; no more than the best so far is kept of them.

/// An entity row that looks for its match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EntityRow {
    /// The place of its symbol in its group.
    pub symbol: usize,
    /// Where it stands, in microseconds since 1970-01-01 UTC.
    pub as_of: i64,
    /// Its place among the caller's rows.
    pub row: usize,
}

/// What a stored row is a version of. The greater one counts: the later session, of that what was known last, and of
/// two writes of the same row the later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    pub session: i32,
    pub knowledge_time: i64,
    pub ingested_at: i64,
    /// Tells apart two writes at one instant: the later one's is greater.
    pub write: u32,
}

const HOUR: i64 = 3_600_000_000;
/// Where a session's date begins first: 14 hours east of Greenwich.
const EARLIEST_ZONE_HOURS: i64 = 14;

/// When a session's date begins anywhere, in microseconds since 1970-01-01 UTC.
fn earliest_begin(session: i32) -> i64 {
    i64::from(session) * 24 * HOUR - EARLIEST_ZONE_HOURS * HOUR
}

/// The last session whose date has begun anywhere, in days since 1970-01-01.
pub(super) fn last_session(as_of: i64) -> i64 {
    (as_of + EARLIEST_ZONE_HOURS * HOUR).div_euclid(24 * HOUR)
}

impl Version {
    /// The first instant that sees it: when it could be known. A row that claims to have been known before its
    /// session began is wrong, and must not look ahead for it.
    fn visible_from(&self) -> i64 {
        self.knowledge_time.max(earliest_begin(self.session))
    }
}

/// An entity row has met a better stored row than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    /// The place of the entity row among the matcher's.
    pub entity: usize,
    /// The place of the stored row in its block.
    pub stored: usize,
}

/// Keeps of each entity row of a group the best version so far.
#[derive(Debug)]
pub(super) struct Matcher {
    /// In order of symbol and instant.
    entities: Vec<EntityRow>,
    /// Where each symbol's entity rows begin; one more for the end.
    starts: Vec<usize>,
    found: Vec<Option<Version>>,
    /// Whether an entity row met two equal versions.
    tied: bool,
    candidates: Vec<(i64, Version, usize)>,
}

impl Matcher {
    /// Nobody has met anything yet.
    pub fn new(symbols: usize, mut entities: Vec<EntityRow>) -> Self {
        entities.sort_unstable_by_key(|entity| (entity.symbol, entity.as_of));
        let start = |symbol| entities.partition_point(|entity| entity.symbol < symbol);
        let starts = (0..=symbols).map(start).collect();
        Self { starts, found: vec![None; entities.len()], tied: false, candidates: Vec::new(), entities }
    }

    /// Shows the entity rows of a symbol some of its stored rows, given with their places in their block. `hits` gets
    /// what is better than before: of two hits of one entity row the later counts.
    pub fn take(
        &mut self,
        symbol: usize,
        stored: impl Iterator<Item = (usize, Version)>,
        hits: &mut Vec<Hit>,
    ) {
        self.candidates.clear();
        self.candidates.extend(stored.map(|(place, version)| (version.visible_from(), version, place)));
        if !self.candidates.is_sorted_by_key(|(visible_from, ..)| visible_from) {
            self.candidates.sort_unstable_by_key(|(visible_from, ..)| *visible_from);
        }
        let Some((first, ..)) = self.candidates.first() else { return };
        let of_symbol = self.starts[symbol]..self.starts[symbol + 1];
        let blind = self.entities[of_symbol.clone()].partition_point(|entity| entity.as_of < *first);
        let mut candidates = self.candidates.iter().peekable();
        let mut best = None;
        for at in of_symbol.skip(blind) {
            let as_of = self.entities[at].as_of;
            while let Some((_, version, place)) =
                candidates.next_if(|(visible_from, ..)| *visible_from <= as_of)
            {
                self.tied |= best.is_some_and(|(best, _)| best == *version);
                best = best.max(Some((*version, *place)));
            }
            self.tied |= best.is_some_and(|(version, _)| self.found[at] == Some(version));
            if let Some((version, place)) = best.filter(|(version, _)| self.found[at] < Some(*version)) {
                self.found[at] = Some(version);
                hits.push(Hit { entity: at, stored: place });
            }
        }
    }

    /// Whether two stored rows were equal versions, one of which an entity row may have met.
    pub fn tied(&self) -> bool {
        self.tied
    }

    /// The symbols of which an entity row has met nothing.
    pub fn unmatched_symbols(&self) -> Vec<usize> {
        let unmatched = self.entities.iter().zip(&self.found).filter(|(_, found)| found.is_none());
        let mut symbols: Vec<usize> = unmatched.map(|(entity, _)| entity.symbol).collect();
        symbols.dedup();
        symbols
    }

    /// Of each entity row its place among the caller's rows and what it met.
    pub fn found(&self) -> impl Iterator<Item = (usize, Option<Version>)> {
        self.entities.iter().map(|entity| entity.row).zip(self.found.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = 24 * HOUR;

    type Stored = (usize, Version);

    /// The definition, row by row.
    fn brute_force(entity: &EntityRow, stored: &[Stored]) -> Option<Version> {
        let visible = stored.iter().filter(|(symbol, version)| {
            *symbol == entity.symbol
                && version.knowledge_time <= entity.as_of
                && i64::from(version.session) <= last_session(entity.as_of)
        });
        visible.map(|(_, version)| *version).max()
    }

    /// As blocks come: each of rows of several symbols, which lie together.
    fn join(
        symbols: usize,
        entities: &[EntityRow],
        blocks: &[Vec<Stored>],
    ) -> Vec<Option<(Version, usize, usize)>> {
        let mut matcher = Matcher::new(symbols, entities.to_vec());
        let mut met = vec![None; entities.len()];
        for (number, block) in blocks.iter().enumerate() {
            let mut hits = Vec::new();
            let mut row = 0;
            for run in block.chunk_by(|a, b| a.0 == b.0) {
                let first = row;
                row += run.len();
                matcher.take(run[0].0, run.iter().enumerate().map(|(i, (_, v))| (first + i, *v)), &mut hits);
            }
            for Hit { entity, stored } in hits {
                met[entity] = Some((block[stored].1, number, stored));
            }
        }
        let mut by_row = vec![None; entities.len()];
        for (at, (row, found)) in matcher.found().enumerate() {
            assert_eq!(met[at].map(|(version, ..)| version), found, "the last hit is what was found");
            by_row[row] = met[at];
        }
        by_row
    }

    fn versions(found: &[Option<(Version, usize, usize)>]) -> Vec<Option<Version>> {
        found.iter().map(|found| found.map(|(version, ..)| version)).collect()
    }

    const SYMBOLS: usize = 3;

    /// Sessions of a month; most known the same evening, some later, some (wrongly) long before.
    fn stored() -> impl Strategy<Value = Stored> {
        let delay = prop_oneof![8 => Just(21 * HOUR), 4 => 0..(20 * DAY), 1 => -30 * DAY..0];
        (0..SYMBOLS, 0..30_i32, delay, 0..3_i64, 0..2_u32).prop_map(
            |(symbol, session, delay, ingested_at, write)| {
                let knowledge_time = i64::from(session) * DAY + delay;
                (symbol, Version { session, knowledge_time, ingested_at, write })
            },
        )
    }

    /// Instants of the same month, now and then the very instant that something was known.
    fn entities() -> impl Strategy<Value = Vec<EntityRow>> {
        let as_of = prop_oneof![(-5 * DAY)..(40 * DAY), (0..30_i64).prop_map(|day| day * DAY + 21 * HOUR)];
        let row = |(row, (symbol, as_of))| EntityRow { symbol, as_of, row };
        let rows = prop::collection::vec((0..SYMBOLS, as_of), 0..60);
        rows.prop_map(move |rows| rows.into_iter().enumerate().map(row).collect())
    }

    fn blocks() -> impl Strategy<Value = Vec<Vec<Stored>>> {
        prop::collection::vec(prop::collection::vec(stored(), 0..40), 0..5)
    }

    proptest! {
        #[test]
        fn every_entity_row_meets_what_the_definition_says(entities in entities(), blocks in blocks()) {
            let expected: Vec<_> = entities.iter().map(|entity| brute_force(entity, &blocks.concat())).collect();
            prop_assert_eq!(versions(&join(SYMBOLS, &entities, &blocks)), expected.clone());
            // The tables' order, in one piece.
            let mut all = blocks.concat();
            all.sort_unstable();
            prop_assert_eq!(versions(&join(SYMBOLS, &entities, &[all])), expected);
        }

        #[test]
        fn what_was_known_later_changes_nothing(entities in entities(), blocks in blocks(), shift in -40..40_i32) {
            let found = versions(&join(SYMBOLS, &entities, &blocks));
            for entity in &entities {
                let mut poisoned = blocks.clone();
                let late = poisoned.iter_mut().flatten().filter(|(_, version)| version.knowledge_time > entity.as_of);
                late.for_each(|(_, version)| version.session += shift);
                let alone = EntityRow { row: 0, ..*entity };
                prop_assert_eq!(versions(&join(SYMBOLS, &[alone], &poisoned))[0], found[entity.row]);
            }
        }

        #[test]
        fn symbols_that_met_nothing_are_named(entities in entities(), blocks in blocks()) {
            let mut matcher = Matcher::new(SYMBOLS, entities.clone());
            for (symbol, version) in blocks.concat() {
                matcher.take(symbol, std::iter::once((0, version)), &mut Vec::new());
            }
            let mut expected: Vec<usize> = matcher.found().filter(|(_, found)| found.is_none()).map(|(row, _)| entities[row].symbol).collect();
            expected.sort_unstable();
            expected.dedup();
            prop_assert_eq!(matcher.unmatched_symbols(), expected);
        }
    }

    #[test]
    fn equal_versions_are_noticed_in_one_block_and_in_two() {
        let version = |session| Version { session, knowledge_time: 0, ingested_at: 0, write: 0 };
        let entities = [EntityRow { symbol: 0, as_of: 30 * DAY, row: 0 }];
        let tied = |blocks: &[&[i32]]| {
            let mut matcher = Matcher::new(1, entities.to_vec());
            for block in blocks {
                let stored = block.iter().map(|session| (0, version(*session)));
                matcher.take(0, stored, &mut Vec::new());
            }
            matcher.tied()
        };
        assert!(tied(&[&[10, 10]]) && tied(&[&[10], &[10]]) && tied(&[&[9, 10], &[10, 9]]));
        assert!(!tied(&[&[9, 10]]) && !tied(&[&[9], &[10]]) && !tied(&[&[10], &[9]]));
    }

    #[test]
    fn a_session_counts_from_the_day_it_begins_somewhere() {
        // Known, it says, since 1970: still nobody saw the session of day 10 before its date began on Kiritimati.
        let wrong = Version { session: 10, knowledge_time: 0, ingested_at: 0, write: 0 };
        let begin = 10 * DAY - 14 * HOUR;
        let entities =
            [begin - 1, begin].map(|as_of| EntityRow { symbol: 0, as_of, row: usize::from(as_of == begin) });
        let found = versions(&join(1, &entities, &[vec![(0, wrong)]]));
        assert_eq!(found, [None, Some(wrong)]);
        assert_eq!((last_session(begin - 1), last_session(begin)), (9, 10));
    }
}
