//! What instances of the scheduler say about their lease, in the order of the server's clock.

use clickhouse::Row;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::forecasts::instant;
use crate::{Error, Result, Warehouse};

/// What an instance says about a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseEvent {
    /// It wants the lease.
    Claim,
    /// It is alive and holds on to its claim.
    Heartbeat,
    /// The claim is given up, by its holder or in its name.
    Release,
}

impl LeaseEvent {
    fn as_str(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Heartbeat => "heartbeat",
            Self::Release => "release",
        }
    }
}

/// A claim to a lease, as all rows about it say.
#[derive(Debug, Clone, PartialEq)]
pub struct LeaseClaim {
    /// Who claims it. A holder claims once: who has lost a lease comes back under another name.
    pub holder: String,
    /// On which machine and in which process table the holder runs; empty where it cannot be told.
    pub place: String,
    /// When it was claimed.
    pub claimed_at: Timestamp,
    /// The last sign of life.
    pub extended_at: Timestamp,
    /// How long a sign of life counts.
    pub lease: SignedDuration,
    /// The longest time between two signs of life.
    pub longest_gap: SignedDuration,
    /// Whether it was given up.
    pub released: bool,
    /// The server's clock when it was asked.
    pub now: Timestamp,
}

impl Warehouse {
    /// Adds a row about a lease, stamped by the server's clock. The row is seen by every read that begins after this returns.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] before the migrations; connection errors, after which the row may be there or not.
    pub async fn write_lease_event(
        &self,
        lease: &str,
        holder: &str,
        place: &str,
        event: LeaseEvent,
        length: SignedDuration,
    ) -> Result<()> {
        let row = Written {
            lease: lease.to_owned(),
            holder: holder.to_owned(),
            event: event.as_str().to_owned(),
            place: place.to_owned(),
            lease_seconds: u32::try_from(length.as_secs()).unwrap_or(u32::MAX),
        };
        self.insert("ops", "schedule_leases", &[row]).await
    }

    /// Every claim of the last day to a lease, in the order in which they were made. It is about the server's present: there is no
    /// other instant to stand at.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] before the migrations; connection errors.
    pub async fn lease_claims(&self, lease: &str) -> Result<Vec<LeaseClaim>> {
        const SQL: &str = "\
            SELECT holder, any(place) AS place, \
                   toUnixTimestamp64Micro(min(written_at)) AS claimed_at, \
                   toUnixTimestamp64Micro(maxIf(written_at, event != 'release')) AS extended_at, \
                   max(lease_seconds) AS lease_seconds, \
                   arrayMax(arrayDifference(arraySort(\
                       groupArrayIf(toUnixTimestamp64Micro(written_at), event != 'release')))) AS longest_gap, \
                   countIf(event = 'release') > 0 AS released, \
                   toUnixTimestamp64Micro(now64(6)) AS now \
            FROM ops.schedule_leases \
            WHERE lease = {lease:String} AND written_at > now64(6) - INTERVAL 1 DAY \
            GROUP BY holder HAVING countIf(event != 'release') > 0 ORDER BY claimed_at, holder";
        let rows: Vec<Claimed> = self.rows(self.query(SQL).param("lease", lease)).await?;
        rows.into_iter().map(LeaseClaim::try_from).collect()
    }
}

/// A row as it is written: the server fills in its time.
#[derive(Row, Serialize, Deserialize)]
struct Written {
    lease: String,
    holder: String,
    event: String,
    place: String,
    lease_seconds: u32,
}

/// A claim as it is read.
#[derive(Row, Deserialize)]
struct Claimed {
    holder: String,
    place: String,
    claimed_at: i64,
    extended_at: i64,
    lease_seconds: u32,
    longest_gap: i64,
    released: u8,
    now: i64,
}

impl TryFrom<Claimed> for LeaseClaim {
    type Error = Error;

    fn try_from(row: Claimed) -> Result<Self> {
        Ok(Self {
            holder: row.holder,
            place: row.place,
            claimed_at: instant(row.claimed_at)?,
            extended_at: instant(row.extended_at)?,
            lease: SignedDuration::from_secs(i64::from(row.lease_seconds)),
            longest_gap: SignedDuration::from_micros(row.longest_gap),
            released: row.released != 0,
            now: instant(row.now)?,
        })
    }
}
