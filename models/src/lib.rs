//! weekahead-models.
