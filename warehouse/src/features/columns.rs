//! Rows of a feature view in columns, as they are written.

use weekahead_market::{Columns, Session, Symbol};

use crate::{Error, Result, TableDigest};

/// Rows of one symbol in columns, ready to be written.
///
/// # Shape
/// One entry a row in every column; one column a feature, in the order of the view's names.
///
/// # Missing values
/// NaN.
#[derive(Debug, Clone)]
pub struct FeatureColumns {
    symbol: Symbol,
    sessions: Vec<Session>,
    knowledge_times: Vec<i64>,
    digests: Vec<u64>,
    columns: Columns,
}

impl FeatureColumns {
    /// Takes columns as they were computed. Knowledge times are in microseconds since 1970-01-01 UTC.
    ///
    /// # Errors
    /// [`Error::Shape`] when the columns are not of one length.
    pub fn new(
        symbol: Symbol,
        sessions: Vec<Session>,
        knowledge_times: Vec<i64>,
        columns: Columns,
    ) -> Result<Self> {
        let expected = sessions.len();
        let lengths = [knowledge_times.len(), columns.rows()];
        if let Some(actual) = lengths.into_iter().find(|length| *length != expected) {
            return Err(Error::Shape { symbol: symbol.to_string(), expected, actual });
        }
        let digests = row_digests(&sessions, &knowledge_times, &columns);
        Ok(Self { symbol, sessions, knowledge_times, digests, columns })
    }

    /// Whose rows they are.
    pub fn symbol(&self) -> &Symbol {
        &self.symbol
    }

    /// Of which sessions.
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// Since when each can be known, in microseconds since 1970-01-01 UTC.
    pub fn knowledge_times(&self) -> &[i64] {
        &self.knowledge_times
    }

    /// Of each row, a digest of its session, its knowledge time and the bits of its values: what `row_digest` holds.
    pub fn digests(&self) -> &[u64] {
        &self.digests
    }

    /// The values, a column a feature.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The rows from a session on: these are in order of session.
    pub fn since(&self, from: Session) -> Self {
        let first = self.sessions.partition_point(|session| *session < from);
        Self {
            symbol: self.symbol.clone(),
            sessions: self.sessions[first..].to_vec(),
            knowledge_times: self.knowledge_times[first..].to_vec(),
            digests: self.digests[first..].to_vec(),
            columns: Columns::from_fn(self.columns.len(), self.len() - first, |column, row| {
                self.columns[column][first + row]
            }),
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Number and sum of the rows' digests: what [`Warehouse::feature_coverage`](crate::Warehouse::feature_coverage)
    /// says of them once they are stored.
    pub fn digest(&self) -> TableDigest {
        let hash = self.digests.iter().fold(0_u64, |sum, digest| sum.wrapping_add(*digest));
        TableDigest { rows: self.len() as u64, hash }
    }
}

/// Column by column, since that is how the values lie: a step is one rotation, one xor and one multiplication, each of
/// which can be undone, so rows that differ in a single value never have the same digest.
fn row_digests(sessions: &[Session], knowledge_times: &[i64], columns: &Columns) -> Vec<u64> {
    let keys = sessions.iter().zip(knowledge_times);
    let mut digests: Vec<u64> = keys
        .map(|(session, known)| {
            step(u64::from(session.days_since_epoch().cast_unsigned()), known.cast_unsigned())
        })
        .collect();
    for column in columns.iter() {
        for (digest, value) in digests.iter_mut().zip(column) {
            *digest = step(*digest, u64::from(value.to_bits()));
        }
    }
    digests.iter_mut().for_each(|digest| *digest = step(*digest, *digest >> 32));
    digests
}

fn step(state: u64, value: u64) -> u64 {
    (state.rotate_left(23) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(known: i64, first: f32, second: f32) -> FeatureColumns {
        let session = Session::from_days_since_epoch(1).unwrap();
        let symbol = Symbol::new("AAPL").unwrap();
        let columns = Columns::from_fn(2, 1, |column, _| [first, second][column]);
        FeatureColumns::new(symbol, vec![session], vec![known], columns).unwrap()
    }

    #[test]
    fn a_digest_tells_rows_apart_to_the_bit() {
        let digests =
            [rows(7, 1.0, f32::NAN), rows(7, f32::NAN, 1.0), rows(8, 1.0, f32::NAN), rows(7, 0.0, 0.0)];
        let mut digests: Vec<u64> = digests.iter().map(|rows| rows.digests()[0]).collect();
        digests.push(rows(7, -0.0, 0.0).digests()[0]);
        assert_eq!(digests[0], rows(7, 1.0, f32::NAN).digests()[0]);
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), 5);
    }

    #[test]
    fn rows_from_a_session_on_are_the_same_rows() {
        let session = |day| Session::from_days_since_epoch(day).unwrap();
        let sessions = [1, 3, 3, 5].map(session).to_vec();
        let columns = Columns::from_fn(2, 4, |column, row| (10 * column + row) as f32);
        let all =
            FeatureColumns::new(Symbol::new("AAPL").unwrap(), sessions, vec![1, 3, 4, 5], columns).unwrap();
        let since = all.since(session(2));
        assert_eq!(since.sessions(), &all.sessions()[1..]);
        assert_eq!((since.digests(), since.knowledge_times()), (&all.digests()[1..], &[3_i64, 4, 5][..]));
        assert_eq!(since.columns().iter().collect::<Vec<_>>(), [[1.0, 2.0, 3.0], [11.0, 12.0, 13.0]]);
        assert!(all.since(session(6)).is_empty());
        assert_eq!(all.since(session(0)).len(), 4);
    }

    #[test]
    fn columns_must_be_of_one_length() {
        let session = Session::from_days_since_epoch(1).unwrap();
        let symbol = Symbol::new("AAPL").unwrap();
        let uneven = FeatureColumns::new(symbol, vec![session], vec![1], Columns::zeros(2, 0));
        assert!(matches!(uneven, Err(Error::Shape { expected: 1, actual: 0, .. })));
    }
}
