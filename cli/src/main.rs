//! The `weekahead` command line.
fn main() {}
