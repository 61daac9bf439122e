//! Feature columns over the wire, in ClickHouse's Native format: a block is its counts, then a column after another with
//! its name and type before it. Columns go from where they were computed straight to the connection, in pieces, so that
//! a block costs no second copy of itself.

use bytes::{BufMut, Bytes, BytesMut};
use clickhouse::insert_formatted::InsertFormatted;

use super::FeatureColumns;

/// What is handed to the connection at once.
const PIECE_BYTES: usize = 1 << 20;

/// What all rows of a write have in common.
pub(super) struct Heading<'a> {
    pub(super) view_version: &'a str,
    pub(super) names: &'a [String],
    /// Microseconds since 1970-01-01 UTC.
    pub(super) ingested_at: i64,
}

impl Heading<'_> {
    /// The columns of a block, in order.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        const KEYS: [&str; 6] =
            ["symbol", "session", "knowledge_time", "view_version", "ingested_at", "row_digest"];
        KEYS.into_iter().chain(self.names.iter().map(String::as_str))
    }
}

/// Sends the rows as one block.
pub(super) async fn send_block(
    insert: &mut InsertFormatted,
    heading: &Heading<'_>,
    parts: &[FeatureColumns],
) -> clickhouse::error::Result<()> {
    let mut wire = Wire { insert, piece: BytesMut::with_capacity(PIECE_BYTES) };
    let rows = parts.iter().map(FeatureColumns::len).sum();
    wire.count(heading.columns().count());
    wire.count(rows);
    wire.keys(heading, parts).await?;
    for (index, name) in heading.names.iter().enumerate() {
        wire.head(name, "Float32");
        for part in parts {
            wire.fixed(&part.columns()[index], |value| value.to_le_bytes()).await?;
        }
    }
    wire.flush().await
}

struct Wire<'a> {
    insert: &'a mut InsertFormatted,
    piece: BytesMut,
}

impl Wire<'_> {
    async fn keys(
        &mut self,
        heading: &Heading<'_>,
        parts: &[FeatureColumns],
    ) -> clickhouse::error::Result<()> {
        self.head("symbol", "String");
        for part in parts {
            self.texts(part.symbol().as_str(), part.len()).await?;
        }
        self.head("session", "Date32");
        for part in parts {
            self.fixed(part.sessions(), |session| session.days_since_epoch().to_le_bytes()).await?;
        }
        self.head("knowledge_time", "DateTime64(6, 'UTC')");
        for part in parts {
            self.fixed(part.knowledge_times(), |time| time.to_le_bytes()).await?;
        }
        self.head("view_version", "String");
        for part in parts {
            self.texts(heading.view_version, part.len()).await?;
        }
        self.head("ingested_at", "DateTime64(6, 'UTC')");
        for part in parts {
            self.fixed(part.digests(), |_| heading.ingested_at.to_le_bytes()).await?;
        }
        self.head("row_digest", "UInt64");
        for part in parts {
            self.fixed(part.digests(), |digest| digest.to_le_bytes()).await?;
        }
        Ok(())
    }

    fn head(&mut self, name: &str, data_type: &str) {
        self.text(name);
        self.text(data_type);
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.piece.put_slice(text.as_bytes());
    }

    /// An unsigned LEB128.
    fn count(&mut self, mut count: usize) {
        while count >= 0x80 {
            self.piece.put_u8((count & 0x7f) as u8 | 0x80);
            count >>= 7;
        }
        self.piece.put_u8(count as u8);
    }

    /// The same text `times` over.
    async fn texts(&mut self, text: &str, times: usize) -> clickhouse::error::Result<()> {
        for _ in 0..times {
            self.text(text);
        }
        self.flush_full().await
    }

    /// Values of a fixed width, in a loop that compiles to a copy.
    async fn fixed<T, const WIDTH: usize>(
        &mut self,
        values: &[T],
        bytes: impl Fn(&T) -> [u8; WIDTH],
    ) -> clickhouse::error::Result<()> {
        let start = self.piece.len();
        self.piece.resize(start + values.len() * WIDTH, 0);
        let (places, _) = self.piece[start..].as_chunks_mut::<WIDTH>();
        for (place, value) in places.iter_mut().zip(values) {
            *place = bytes(value);
        }
        self.flush_full().await
    }

    async fn flush_full(&mut self) -> clickhouse::error::Result<()> {
        if self.piece.len() < PIECE_BYTES { Ok(()) } else { self.flush().await }
    }

    async fn flush(&mut self) -> clickhouse::error::Result<()> {
        let full: Bytes = self.piece.split().freeze();
        if full.is_empty() { Ok(()) } else { self.insert.send(full).await }
    }
}
