//! Instants as ClickHouse's text formats read them: `YYYY-MM-DD HH:MM:SS.ffffff`, UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serializer, de};

/// The instant, to the microsecond; parts below are dropped, since no store keeps them.
pub(crate) fn truncate(instant: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(instant.as_microsecond()).unwrap_or(instant)
}

/// Serde: writes the instant.
pub(crate) fn serialize<S: Serializer>(instant: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&instant.strftime("%Y-%m-%d %H:%M:%S%.6f"))
}

/// Serde: reads the instant.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    let civil: DateTime = text.parse().map_err(de::Error::custom)?;
    civil.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).map_err(de::Error::custom)
}
