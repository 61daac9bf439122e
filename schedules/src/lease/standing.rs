//! Who holds the lease, by what all have said. Pure.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Unit};
use weekahead_warehouse::LeaseClaim;

/// Who holds the lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The instance, as host:pid:random.
    pub holder: String,
    /// Since when.
    pub since: Timestamp,
    /// When it runs out unless it is extended, by the server's clock.
    pub until: Timestamp,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = |at: Timestamp| at.round(Unit::Second).unwrap_or(at);
        write!(
            f,
            "the schedule is run by {} since {}; its lease runs out at {} unless it goes on: wait, stop that instance, or take the \
             lease from it with `weekahead schedule run --take-over`",
            self.holder,
            second(self.since),
            second(self.until)
        )
    }
}

/// The claim that holds the lease: the first of those that are live.
pub fn holding(claims: &[LeaseClaim], settle: Duration) -> Option<&LeaseClaim> {
    let live = claims.iter().filter(|claim| claim.now <= until(claim, settle) && is_unbroken(claim, settle));
    live.min_by_key(|claim| (claim.claimed_at, &claim.holder))
}

/// When a claim has certainly run out.
pub fn until(claim: &LeaseClaim, settle: Duration) -> Timestamp {
    claim.extended_at.checked_add(patience(claim, settle)).unwrap_or(Timestamp::MAX)
}

/// Whether it was never given up, and never silent for so long that another could have taken the lease.
fn is_unbroken(claim: &LeaseClaim, settle: Duration) -> bool {
    !claim.released && claim.longest_gap <= patience(claim, settle)
}

fn patience(claim: &LeaseClaim, settle: Duration) -> SignedDuration {
    claim.lease.saturating_add(SignedDuration::try_from(settle).unwrap_or(SignedDuration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLE: Duration = Duration::from_secs(2);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn claim(holder: &str, claimed: i64, extended: i64, now: i64) -> LeaseClaim {
        LeaseClaim {
            holder: holder.to_owned(),
            place: String::new(),
            claimed_at: at(claimed),
            extended_at: at(extended),
            lease: SignedDuration::from_secs(60),
            longest_gap: SignedDuration::from_secs(15),
            released: false,
            now: at(now),
        }
    }

    fn holder(claims: &[LeaseClaim]) -> Option<&str> {
        holding(claims, SETTLE).map(|claim| claim.holder.as_str())
    }

    #[test]
    fn the_first_claim_holds_and_names_decide_between_equal_times() {
        assert_eq!(holder(&[]), None);
        assert_eq!(holder(&[claim("b", 0, 0, 1), claim("a", 1, 1, 1)]), Some("b"));
        assert_eq!(holder(&[claim("b", 0, 0, 1), claim("a", 0, 0, 1)]), Some("a"));
    }

    #[test]
    fn a_claim_runs_out_after_lease_and_settle() {
        assert_eq!(holder(&[claim("a", 0, 100, 162)]), Some("a"));
        assert_eq!(holder(&[claim("a", 0, 100, 163), claim("b", 150, 160, 163)]), Some("b"));
    }

    #[test]
    fn a_claim_that_was_given_up_or_silent_too_long_never_holds_again() {
        let released = LeaseClaim { released: true, ..claim("a", 0, 100, 101) };
        let broken = LeaseClaim { longest_gap: SignedDuration::from_secs(63), ..claim("b", 0, 100, 101) };
        assert_eq!(holder(&[released, broken.clone()]), None);
        assert_eq!(holder(&[broken, claim("c", 90, 100, 101)]), Some("c"));
    }
}
