//! File headers: every Rust file says first what it is for.

use super::finding::Finding;
use super::repository::Repository;

/// Every Rust file opens with a `//!` line that has words.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let files = repository.with_extension("rs").filter(|file| !has_header(&file.text));
    files
        .map(|file| Finding::new(&file.path, 1, "no header", "open the file with `//!` and what it is for"))
        .collect()
}

fn has_header(text: &str) -> bool {
    let first = text.lines().next().and_then(|line| line.strip_prefix("//!"));
    first.is_some_and(|words| !words.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_the_first_line_and_says_something() {
        assert!(has_header("//! Bars.\n"));
        for text in ["", "//!\n//! Bars.\n", "use a;\n//! Bars.\n", "// Bars.\n"] {
            assert!(!has_header(text), "{text}");
        }
    }
}
