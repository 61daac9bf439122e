//! weekahead-materialize.
