//! The lake's Parquet files: typed rows in and out. This module owns their schema.
//!
//! Quotes, one row a (symbol, session), sorted by symbol and session:
//! `symbol` String, `session` Date32, `open high low close volume dividend split` Float64, `currency source` String,
//! `event_time available_at ingested_at` Timestamp(us, UTC), `content_hash` UInt64, `load_id` String.
//!
//! Quarantine, one row a rejected row: `symbol` String, `session` Date32 (may be missing), `reason detail source`
//! String, `ingested_at` Timestamp(us, UTC), `load_id` String.

mod columns;
mod quarantine;
mod read;
mod rows;
mod write;

pub use quarantine::{RejectedRow, read_quarantine, write_quarantine};
pub use read::{QuoteReader, read_quotes};
pub use rows::{LoadStamp, QuoteRow, QuoteRows};
pub use write::{QuoteWriter, ROW_GROUP_ROWS};
