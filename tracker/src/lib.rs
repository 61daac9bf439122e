//! weekahead-tracker.
