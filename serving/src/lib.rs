//! weekahead-serving.
