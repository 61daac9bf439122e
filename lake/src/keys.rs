//! The names of the lake's objects: the only place that spells them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::{Error, LoadId, Result};

/// Where responses and quotes live.
pub const RAW: &str = "raw/";
/// Where rejected rows live.
pub const QUARANTINE: &str = "quarantine/";
/// Where commit records live.
pub const LOADS: &str = "loads/";

/// What the provider said, one answer a line.
///
/// ```
/// use weekahead_lake::keys;
/// let id = "013c73fd-9a80-7000-8000-000000000001".parse().unwrap();
/// let at = "2013-01-25T23:00:00Z".parse().unwrap();
/// assert_eq!(
///     keys::responses("yahoo", at, id, 3),
///     "raw/responses/yahoo/2013/01/25/013c73fd-9a80-7000-8000-000000000001-0003.ndjson.zst"
/// );
/// ```
pub fn responses(source: &str, ingested_at: Timestamp, load_id: LoadId, part: u32) -> String {
    format!("{RAW}responses/{source}/{}/{load_id}-{part:04}.ndjson.zst", day(ingested_at))
}

/// Typed rows of all symbols of the load.
///
/// ```
/// use weekahead_lake::keys;
/// let id = "013c73fd-9a80-7000-8000-000000000001".parse().unwrap();
/// let at = "2013-01-25T23:00:00Z".parse().unwrap();
/// let key = keys::quotes(at, id);
/// assert_eq!(key, "raw/quotes/2013/01/25/013c73fd-9a80-7000-8000-000000000001.parquet");
/// assert_eq!(keys::load_id(&key), Some(id));
/// ```
pub fn quotes(ingested_at: Timestamp, load_id: LoadId) -> String {
    format!("{RAW}quotes/{}/{load_id}.parquet", day(ingested_at))
}

/// Rejected rows with their reasons.
///
/// ```
/// use weekahead_lake::keys;
/// let id = "013c73fd-9a80-7000-8000-000000000001".parse().unwrap();
/// let at = "2013-01-25T23:00:00Z".parse().unwrap();
/// assert_eq!(keys::quarantine(at, id), "quarantine/2013/01/25/013c73fd-9a80-7000-8000-000000000001.parquet");
/// ```
pub fn quarantine(ingested_at: Timestamp, load_id: LoadId) -> String {
    format!("{QUARANTINE}{}/{load_id}.parquet", day(ingested_at))
}

/// The commit record, whose existence makes the load visible.
///
/// ```
/// use weekahead_lake::keys;
/// let id = "013c73fd-9a80-7000-8000-000000000001".parse().unwrap();
/// assert_eq!(keys::commit_record(id), "loads/013c73fd-9a80-7000-8000-000000000001.json");
/// ```
pub fn commit_record(load_id: LoadId) -> String {
    format!("{LOADS}{load_id}.json")
}

/// The load that an object belongs to; `None` for an object that is none of ours.
///
/// ```
/// use weekahead_lake::keys;
/// assert_eq!(keys::load_id("raw/quotes/notes.txt"), None);
/// ```
pub fn load_id(key: &str) -> Option<LoadId> {
    let name = key.rsplit('/').next()?;
    let ours = [".ndjson.zst", ".parquet", ".json"].iter().any(|suffix| name.ends_with(suffix));
    name.get(..36).filter(|_| ours)?.parse().ok()
}

/// A source's name goes into object names.
pub(crate) fn check_source(source: &str) -> Result<()> {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_' || c == b'-';
    if (1..=32).contains(&source.len()) && source.bytes().all(plain) {
        Ok(())
    } else {
        Err(Error::SourceName { source_name: source.to_owned() })
    }
}

fn day(instant: Timestamp) -> impl std::fmt::Display {
    instant.to_zoned(TimeZone::UTC).strftime("%Y/%m/%d").to_string()
}
