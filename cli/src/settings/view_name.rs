//! How a setting or an argument names a view.

use std::path::Path;

/// Whether it names a file (`mine.toml`, `./views/mine`), and not a view that comes with the program.
pub fn is_file(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("toml")) || name.contains('/')
}
