//! The rows of a symbol that are missing in the table, or other than they should be.

use std::collections::BTreeMap;

use weekahead_market::Session;
use weekahead_warehouse::{FeatureColumns, FeatureKey, TableDigest};

use crate::Result;
use crate::replay::{Implied, Rows};

/// What is to be written of a symbol.
pub(crate) struct Difference {
    pub(crate) rows: FeatureColumns,
    /// The digest of all its rows once they are written.
    pub(crate) outcome: TableDigest,
    /// Whether all rows that differ are among those to be written.
    pub(crate) complete: bool,
}

/// Compares all rows that follow from the bars with those stored, and leaves those out that are the same.
///
/// A stored row whose key follows from nothing (a bar that came late may move the instant at which a row was known) would
/// hide an older one from a reader: it is given the values that were known at its instant.
pub(crate) fn difference(
    implied: Implied,
    stored: &[FeatureKey],
    since: Option<Session>,
) -> Result<Difference> {
    let Implied { rows, whole_from } = implied;
    let stored: BTreeMap<(Session, i64), u64> =
        stored.iter().map(|key| ((key.session, key.knowledge_time), key.digest)).collect();
    let stray = stray_rows(&rows, &stored, whole_from)?;
    let outcome = outcome(&stored, [&rows, &stray]);
    let mut complete = true;
    let mut wanted = |rows: &FeatureColumns, row: usize| {
        let differs = stored.get(&key(rows, row)) != Some(&rows.digests()[row]);
        let inside = since.is_none_or(|since| rows.sessions()[row] >= since);
        complete &= inside || !differs;
        differs && inside
    };
    let differing: Vec<usize> = (0..rows.len()).filter(|row| wanted(&rows, *row)).collect();
    let strays: Vec<usize> = (0..stray.len()).filter(|row| wanted(&stray, *row)).collect();
    if differing.len() == rows.len() && strays.is_empty() {
        return Ok(Difference { rows, outcome, complete });
    }
    let mut picked = Rows::new(rows.columns().len());
    differing.iter().for_each(|row| picked.push_again(&rows, *row));
    strays.iter().for_each(|row| picked.push_again(&stray, *row));
    Ok(Difference { rows: picked.sorted().columns(rows.symbol())?, outcome, complete })
}

/// The digest of the stored rows with those written over them.
fn outcome(stored: &BTreeMap<(Session, i64), u64>, written: [&FeatureColumns; 2]) -> TableDigest {
    if stored.is_empty() {
        return written[0].digest();
    }
    let mut all = stored.clone();
    for rows in written {
        all.extend((0..rows.len()).map(|row| (key(rows, row), rows.digests()[row])));
    }
    let hash = all.values().fold(0_u64, |sum, digest| sum.wrapping_add(*digest));
    TableDigest { rows: all.len() as u64, hash }
}

/// What rows that nothing implies should say.
fn stray_rows(
    rows: &FeatureColumns,
    stored: &BTreeMap<(Session, i64), u64>,
    whole_from: i64,
) -> Result<FeatureColumns> {
    let mut stray = Rows::new(rows.columns().len());
    let mut next = 0;
    for &(session, known) in stored.keys().filter(|(_, known)| *known >= whole_from) {
        while next < rows.len() && key(rows, next) <= (session, known) {
            next += 1;
        }
        let last = next.checked_sub(1).filter(|row| rows.sessions()[*row] == session);
        if last.is_none_or(|row| rows.knowledge_times()[row] != known) {
            stray.push_as(rows, last, session, known);
        }
    }
    stray.columns(rows.symbol())
}

fn key(rows: &FeatureColumns, row: usize) -> (Session, i64) {
    (rows.sessions()[row], rows.knowledge_times()[row])
}

#[cfg(test)]
mod tests {
    use weekahead_market::{Columns, Symbol};

    use super::*;

    fn session(day: i32) -> Session {
        Session::from_days_since_epoch(day).unwrap()
    }

    /// Rows of (day, knowledge time, value).
    fn columns(rows: &[(i32, i64, f32)]) -> FeatureColumns {
        let sessions = rows.iter().map(|row| session(row.0)).collect();
        let known = rows.iter().map(|row| row.1).collect();
        let values = Columns::from_fn(1, rows.len(), |_, row| rows[row].2);
        FeatureColumns::new(Symbol::new("AAPL").unwrap(), sessions, known, values).unwrap()
    }

    fn keys(rows: &FeatureColumns) -> Vec<FeatureKey> {
        let key = |row: usize| FeatureKey {
            session: rows.sessions()[row],
            knowledge_time: rows.knowledge_times()[row],
            digest: rows.digests()[row],
        };
        (0..rows.len()).map(key).collect()
    }

    fn compared(
        implied: &[(i32, i64, f32)],
        stored: &[(i32, i64, f32)],
        since: Option<Session>,
    ) -> (Vec<(i32, i64, u32)>, bool) {
        let implied = Implied { rows: columns(implied), whole_from: i64::MIN };
        let stored = columns(stored);
        let Difference { rows, outcome, complete } = difference(implied, &keys(&stored), since).unwrap();
        let mut after: BTreeMap<_, _> =
            (0..stored.len()).map(|i| (key(&stored, i), stored.digests()[i])).collect();
        after.extend((0..rows.len()).map(|i| (key(&rows, i), rows.digests()[i])));
        let hash = after.values().fold(0_u64, |sum, digest| sum.wrapping_add(*digest));
        assert_eq!(complete, outcome == TableDigest { rows: after.len() as u64, hash });
        let row = |i: usize| {
            (rows.sessions()[i].days_since_epoch(), rows.knowledge_times()[i], rows.columns()[0][i].to_bits())
        };
        ((0..rows.len()).map(row).collect(), complete)
    }

    const NAN: u32 = f32::NAN.to_bits();

    #[test]
    fn rows_that_are_there_are_left_out() {
        let all = [(1, 10, 1.0), (2, 20, 2.0), (2, 30, 2.5)];
        assert_eq!(compared(&all, &all, None), (vec![], true));
        assert_eq!(compared(&all, &all[..2], None).0, [(2, 30, 2.5_f32.to_bits())]);
        let other = [(1, 10, 1.0), (2, 20, 9.0), (2, 30, 2.5)];
        assert_eq!(compared(&all, &other, None).0, [(2, 20, 2.0_f32.to_bits())]);
        assert_eq!(compared(&all, &[], None).0.len(), 3);
    }

    #[test]
    fn what_is_left_out_for_its_session_is_owned_up_to() {
        let all = [(1, 10, 1.0), (2, 20, 2.0)];
        assert_eq!(compared(&all, &[], Some(session(2))), (vec![(2, 20, 2.0_f32.to_bits())], false));
        assert!(compared(&all, &all[..1], Some(session(2))).1);
    }

    #[test]
    fn a_stray_row_says_what_was_known_at_its_instant() {
        let implied = [(1, 10, 1.0), (2, 20, 2.0), (2, 30, 2.5)];
        let stray = [(1, 5, 7.0), (1, 10, 1.0), (2, 20, 2.0), (2, 25, 7.0), (2, 30, 2.5), (2, 40, 2.5)];
        let (rows, complete) = compared(&implied, &stray, None);
        assert_eq!(rows, [(1, 5, NAN), (2, 25, 2.0_f32.to_bits())]);
        assert!(complete);
    }
}
