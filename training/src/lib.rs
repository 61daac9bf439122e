//! weekahead-training.
