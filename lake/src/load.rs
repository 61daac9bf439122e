//! Writing a load: objects first, the commit record last.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use weekahead_market::Clock;

use crate::quotes::LoadStamp;
use crate::{
    CommitRecord, Lake, LoadId, LoadObject, ObjectKind, Quality, Result, SymbolOutcome, instant, keys,
};

/// zstd's default: text of a provider shrinks about tenfold at several hundred MB/s.
const ZSTD_LEVEL: i32 = 3;

/// A load that is being written; nobody sees any of it before [`commit`](Self::commit) returns.
///
/// Objects may be put concurrently. Dropping the writer leaves objects that no reader takes, and that
/// [`Lake::collect_garbage`] removes later.
#[derive(Debug)]
pub struct LoadWriter {
    lake: Lake,
    load_id: LoadId,
    source: String,
    ingested_at: Timestamp,
    objects: Mutex<Vec<LoadObject>>,
}

/// What only the ingest knows about a load; everything else in the record follows from it and from the objects.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoadSummary {
    /// One entry a symbol that was asked for. Rows accepted and rejected are summed over these.
    pub symbols: Vec<SymbolOutcome>,
    /// What validation met.
    pub quality: Quality,
}

impl Lake {
    /// Begins a load of a source at the clock's present. Nothing is written yet.
    ///
    /// # Errors
    /// [`crate::Error::SourceName`] for a name that cannot be part of an object name.
    pub fn begin_load(&self, source: &str, clock: &dyn Clock) -> Result<LoadWriter> {
        keys::check_source(source)?;
        Ok(LoadWriter {
            lake: self.clone(),
            load_id: LoadId::new(clock),
            source: source.to_owned(),
            ingested_at: instant::truncate(clock.now()),
            objects: Mutex::default(),
        })
    }
}

impl LoadWriter {
    /// The load's name.
    pub fn load_id(&self) -> LoadId {
        self.load_id
    }

    /// When the load began by the ingest's clock.
    pub fn ingested_at(&self) -> Timestamp {
        self.ingested_at
    }

    /// What every row of the load's Parquet files carries.
    pub fn stamp(&self) -> LoadStamp {
        LoadStamp { source: self.source.clone(), ingested_at: self.ingested_at, load_id: self.load_id }
    }

    /// Keeps what the provider said, one answer a line, compressed. `part` tells several objects apart.
    ///
    /// # Errors
    /// As [`crate::Error`] says; the load can still go on when the same part is put again.
    pub async fn put_responses(&self, part: u32, ndjson: Bytes) -> Result<()> {
        let key = keys::responses(&self.source, self.ingested_at, self.load_id, part);
        let rows = ndjson.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count() as u64;
        let body = compress(&key, ndjson).await?;
        self.put(ObjectKind::Responses, key, body, rows).await
    }

    /// Puts the typed rows: the Parquet file that [`crate::quotes::QuoteWriter`] made. One a load.
    ///
    /// # Errors
    /// As [`crate::Error`] says.
    pub async fn put_quotes(&self, parquet: Bytes, rows: u64) -> Result<()> {
        let key = keys::quotes(self.ingested_at, self.load_id);
        self.put(ObjectKind::Quotes, key, parquet, rows).await
    }

    /// Puts the rejected rows: the Parquet file that [`crate::quotes::write_quarantine`] made. One a load.
    ///
    /// # Errors
    /// As [`crate::Error`] says.
    pub async fn put_quarantine(&self, parquet: Bytes, rows: u64) -> Result<()> {
        let key = keys::quarantine(self.ingested_at, self.load_id);
        self.put(ObjectKind::Quarantine, key, parquet, rows).await
    }

    /// Makes the load visible, in one put.
    ///
    /// # Errors
    /// [`crate::Error::Inconsistent`] when symbols and objects do not add up: nothing is committed. After another
    /// error the load may be visible all the same, when only the answer was lost; ingesting again is right in
    /// either case, since the same bar twice is one version downstream.
    pub async fn commit(self, summary: LoadSummary) -> Result<CommitRecord> {
        let mut objects = self.objects.into_inner().unwrap_or_else(PoisonError::into_inner);
        objects.sort_by(|a, b| a.key.cmp(&b.key));
        let record = CommitRecord {
            load_id: self.load_id,
            source: self.source,
            ingested_at: self.ingested_at,
            rows_accepted: summary.symbols.iter().map(|s| s.rows).sum(),
            rows_rejected: summary.symbols.iter().map(|s| s.rows_rejected).sum(),
            objects,
            symbols: summary.symbols,
            quality: summary.quality,
        };
        record.validate()?;
        self.lake.put(&keys::commit_record(self.load_id), record.to_line().into()).await?;
        Ok(record)
    }

    async fn put(&self, kind: ObjectKind, key: String, body: Bytes, rows: u64) -> Result<()> {
        let put = self.lake.put(&key, body).await?;
        let object = LoadObject { kind, key, etag: put.etag, size_bytes: put.size_bytes, rows };
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).push(object);
        Ok(())
    }
}

/// Off the async threads: a part may hold many megabytes.
async fn compress(key: &str, body: Bytes) -> Result<Bytes> {
    let squeeze = tokio::task::spawn_blocking(move || zstd::encode_all(body.as_ref(), ZSTD_LEVEL));
    let failed = |reason: String| crate::Error::Compression { key: key.to_owned(), reason };
    let squeezed = squeeze.await.map_err(|e| failed(e.to_string()))?;
    squeezed.map(Bytes::from).map_err(|e| failed(e.to_string()))
}
