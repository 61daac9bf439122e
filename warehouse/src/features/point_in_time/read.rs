//! The stored rows of the join, streamed past the matcher.

use std::ops::RangeInclusive;

use super::entities::Group;
use super::matching::{Hit, Matcher, Version, last_session};
use super::{Entities, Joined};
use crate::features::read::KNOWN;
use crate::features::table;
use crate::native::{NumberBlock, Numbers, session};
use crate::sql::identifier;
use crate::{Result, Warehouse};

/// Symbols asked for in one request.
const GROUP_SYMBOLS: usize = 2_000;
/// How far before the first entity row its newest session nearly always lies. What lies before is read for those
/// symbols alone that need it.
const RECENT_DAYS: i64 = 14;

impl Warehouse {
    /// Of each entity row the newest features of a view that were known at its own `as_of`.
    ///
    /// The row that counts is, of those with `knowledge_time <= as_of`, the one of the greatest session, and of that
    /// session the version known last; a session that was not known in time gives way to the one before. Only rows
    /// written under `view_version` count. There is no other way to join: a row's `knowledge_time` is never before its
    /// session's close, and one that claims to have been known before its session's date began is not believed.
    ///
    /// Streams the needed columns of the needed symbols once. The server sorts nothing, and only the entity rows and
    /// their answers are held.
    ///
    /// # Errors
    /// [`Error::UnknownTable`](crate::Error::UnknownTable) before the view was made;
    /// [`Error::Refused`](crate::Error::Refused) for a feature without a column; connection errors.
    pub async fn point_in_time_join(
        &self,
        view: &str,
        view_version: &str,
        names: &[String],
        entities: &Entities,
    ) -> Result<Joined> {
        let source = Source {
            warehouse: self,
            table: identifier("view", view)?,
            view_version,
            names,
            columns: table::columns(names)?,
        };
        let mut joined = Joined::of(names, entities.len());
        for group in entities.groups(GROUP_SYMBOLS) {
            let mut found = self.read(|| source.join(&group, Detail::Keys)).await?;
            if found.matcher.tied() {
                found = self.read(|| source.join(&group, Detail::Writes)).await?;
            }
            found.move_into(&mut joined)?;
        }
        Ok(joined)
    }
}

/// What is read of each row beside its features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// Of which symbol and session it is, and since when it is known.
    Keys,
    /// When it was written, too. It costs an eighth more to read, and tells apart only rows of one key that the engine
    /// has not merged yet.
    Writes,
}

/// What is read, and under which version.
struct Source<'a> {
    warehouse: &'a Warehouse,
    table: String,
    view_version: &'a str,
    names: &'a [String],
    columns: Vec<String>,
}

impl Source<'_> {
    async fn join(&self, group: &Group, detail: Detail) -> Result<Found> {
        let mut found = Found::of(group, self.names, detail);
        let instants = || group.rows.iter().map(|row| row.as_of);
        let (Some(first), Some(last)) = (instants().min(), instants().max()) else { return Ok(found) };
        let recent = last_session(first) - RECENT_DAYS;
        let everybody: Vec<usize> = (0..group.symbols.len()).collect();
        self.scan(group, &everybody, last, recent..=last_session(last), &mut found).await?;
        let rest = found.matcher.unmatched_symbols();
        if !rest.is_empty() {
            self.scan(group, &rest, last, i64::MIN..=recent - 1, &mut found).await?;
        }
        Ok(found)
    }

    /// Shows the group all rows of some of its symbols in a range of sessions.
    async fn scan(
        &self,
        group: &Group,
        places: &[usize],
        last: i64,
        sessions: RangeInclusive<i64>,
        found: &mut Found,
    ) -> Result<()> {
        let symbols: Vec<&str> = places.iter().map(|place| group.symbols[*place].as_str()).collect();
        let query = self.warehouse.plain_query(&self.sql(found.detail));
        let query = query
            .param("as_of", last)
            .param("view_version", self.view_version)
            .param("symbols", symbols)
            .param("places", places)
            .param("from", date(*sessions.start())?)
            .param("to", date(*sessions.end())?);
        self.warehouse.number_blocks(query, |block| found.take(block)).await
    }

    /// Symbols come back as their places in the group: numbers, where texts would cost more than all else.
    fn sql(&self, detail: Detail) -> String {
        let values: String = self.columns.iter().map(|column| format!(", {column}")).collect();
        let writes = match detail {
            Detail::Keys => String::new(),
            Detail::Writes => {
                format!(", toUnixTimestamp64Micro(ingested_at) AS key_written, {WRITE} AS key_write")
            }
        };
        format!(
            "SELECT CAST(transform(symbol, {{symbols:Array(String)}}, {{places:Array(UInt32)}}, 0) AS UInt32) AS key_place, \
             toInt32(session) AS key_day, toUnixTimestamp64Micro(knowledge_time) AS key_known{writes}{values} \
             FROM features.{table} WHERE {KNOWN} AND symbol IN {{symbols:Array(String)}} \
             AND session >= {{from:Date32}} AND session <= {{to:Date32}}",
            table = self.table
        )
    }
}

/// The number of the last insert that a row's part holds (`<partition>_<first>_<last>_<level>`): of equal rows the engine itself
/// keeps the one of the later insert when it merges them.
const WRITE: &str = "CAST(toUInt32OrZero(extract(_part, '^[^_]+_[0-9]+_([0-9]+)_')) AS UInt32)";

/// The first and the last day that a `Date32` can hold: 1900-01-01 and 2299-12-31.
const DAYS: RangeInclusive<i64> = -25_567..=120_529;

fn date(days: i64) -> Result<String> {
    let days = days.clamp(*DAYS.start(), *DAYS.end());
    Ok(session(days as i32)?.to_string())
}

/// What a group has met so far.
struct Found {
    detail: Detail,
    matcher: Matcher,
    names: Vec<String>,
    /// Feature by feature, in the matcher's order.
    values: Vec<Vec<f32>>,
}

impl Found {
    fn of(group: &Group, names: &[String], detail: Detail) -> Self {
        let rows = group.rows.clone();
        let values = vec![vec![f32::NAN; rows.len()]; names.len()];
        Self { detail, matcher: Matcher::new(group.symbols.len(), rows), names: names.to_vec(), values }
    }

    /// Only the keys are looked at, and of the values those that are taken.
    fn take(&mut self, block: &NumberBlock) -> Result<()> {
        let hits = self.hits(block)?;
        for (name, values) in self.names.iter().zip(&mut self.values) {
            let stored: Numbers<'_, f32> = block.column(name)?;
            for Hit { entity, stored: at } in &hits {
                values[*entity] = stored.get(*at)?;
            }
        }
        Ok(())
    }

    fn hits(&mut self, block: &NumberBlock) -> Result<Vec<Hit>> {
        let places: Vec<u32> = block.column("key_place")?.iter().collect();
        let days = block.column("key_day")?.iter();
        let known = block.column("key_known")?.iter();
        let (written, writes) = self.writes(block)?;
        let mut versions = days.zip(known).enumerate().map(|(row, (session, knowledge_time))| Version {
            session,
            knowledge_time,
            ingested_at: written.get(row).copied().unwrap_or_default(),
            write: writes.get(row).copied().unwrap_or_default(),
        });
        let mut hits = Vec::new();
        let mut row = 0;
        for run in places.chunk_by(|a, b| a == b) {
            let rows = row..row + run.len();
            row = rows.end;
            self.matcher.take(run[0] as usize, rows.zip(&mut versions), &mut hits);
        }
        Ok(hits)
    }

    /// When the rows were written, and by which write; nothing if that was not read.
    fn writes(&self, block: &NumberBlock) -> Result<(Vec<i64>, Vec<u32>)> {
        match self.detail {
            Detail::Keys => Ok(Default::default()),
            Detail::Writes => {
                let (written, writes) = (block.column("key_written")?, block.column("key_write")?);
                Ok((written.iter().collect(), writes.iter().collect()))
            }
        }
    }

    fn move_into(self, joined: &mut Joined) -> Result<()> {
        for (row, version) in self.matcher.found() {
            let Some(version) = version else { continue };
            joined.sessions[row] = Some(session(version.session)?);
            joined.knowledge_times[row] = Some(version.knowledge_time);
        }
        for (column, values) in joined.columns.iter_mut().zip(self.values) {
            for ((row, _), value) in self.matcher.found().zip(values) {
                column[row] = value;
            }
        }
        Ok(())
    }
}
