//! weekahead-engine.
