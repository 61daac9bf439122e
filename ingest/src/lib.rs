//! weekahead-ingest.
