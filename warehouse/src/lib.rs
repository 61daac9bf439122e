//! weekahead-warehouse.
