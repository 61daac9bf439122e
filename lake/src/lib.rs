//! weekahead-lake.
