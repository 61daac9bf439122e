//! How old the features of a symbol are.

use weekahead_market::Session;

/// Up to when a symbol's features go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// The session of its newest bar.
    pub session: Session,
    /// Since when its row could be known, in microseconds since 1970-01-01 UTC.
    pub knowledge_time: i64,
    /// How many bars it has been built from since its series began.
    pub sessions_seen: u64,
}
