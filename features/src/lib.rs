//! weekahead-features.
