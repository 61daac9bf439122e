//! The code map: docs/ARCHITECTURE.md has an entry with an `Invariant:` line for every crate.
//!
//! An entry begins at a heading, list item or table row that names the folder as `` `market/` `` and ends where the
//! next crate's entry or the next heading begins.

use super::finding::Finding;
use super::repository::Repository;

const PAGE: &str = "docs/ARCHITECTURE.md";

/// Every member has an entry with its invariant.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let Some(page) = repository.file(PAGE) else {
        return vec![Finding::new(PAGE, 1, "the page is missing", "write it with an entry for every crate")];
    };
    let folders: Vec<&str> = repository.members.iter().map(|member| member.folder.as_str()).collect();
    let lines: Vec<&str> = page.text.lines().collect();
    folders.iter().filter_map(|folder| check_crate(folder, &folders, &lines)).collect()
}

fn check_crate(folder: &str, folders: &[&str], lines: &[&str]) -> Option<Finding> {
    let starts: Vec<usize> = (0..lines.len()).filter(|&i| is_entry_of(lines[i], folder)).collect();
    let Some(&first) = starts.first() else {
        let what = format!("crate `{folder}` is not in the code map");
        return Some(Finding::new(
            PAGE,
            1,
            what,
            format!("add an entry for `{folder}/` with an `Invariant:` line"),
        ));
    };
    if starts.iter().any(|&start| has_invariant(start, folders, lines)) {
        return None;
    }
    let what = format!("the entry of `{folder}/` has no invariant");
    Some(Finding::new(PAGE, first + 1, what, "say in an `Invariant:` line what always holds there"))
}

/// Whether the entry that begins at `start` has an `Invariant:` line.
fn has_invariant(start: usize, folders: &[&str], lines: &[&str]) -> bool {
    let is_end = |line: &str| line.starts_with('#') || folders.iter().any(|folder| is_entry_of(line, folder));
    let rest = lines[start + 1..].iter().take_while(|line| !is_end(line));
    std::iter::once(&lines[start]).chain(rest).any(|line| line.contains("Invariant:"))
}

fn is_entry_of(line: &str, folder: &str) -> bool {
    let is_entry = line.trim_start().starts_with(['#', '-', '*', '|']);
    is_entry
        && line.split('`').skip(1).step_by(2).next().is_some_and(|code| code.trim_end_matches('/') == folder)
}

#[cfg(test)]
mod tests {
    use super::super::repository::{Member, TextFile};
    use super::*;

    fn findings(page: Option<&str>) -> Vec<String> {
        let member = |folder: &str| Member { folder: folder.to_owned(), ..Member::default() };
        let repository = Repository {
            members: vec![member("market"), member("lake")],
            files: page.map(|text| TextFile::new(PAGE, text)).into_iter().collect(),
        };
        check(&repository).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_whole_map_passes() {
        let page =
            "# Map\n### `market/`\nWords.\n\n**Invariant:** no I/O.\n### `lake/`\nInvariant: only S3.\n";
        assert!(findings(Some(page)).is_empty());
        assert!(findings(Some("- `market/`: Invariant: a\n- `lake/`: Invariant: b\n")).is_empty());
    }

    #[test]
    fn a_missing_page_entry_or_invariant_is_found() {
        assert!(findings(None)[0].contains("the page is missing"));
        let without = findings(Some("### `market/`\nWords.\n### `lake/`\nInvariant: only S3.\n"));
        assert_eq!(without.len(), 1);
        assert!(without[0].starts_with("docs/ARCHITECTURE.md:1: the entry of `market/` has no invariant"));
        let unlisted = findings(Some("### `market/`\nInvariant: none; see `lake/`.\n"));
        assert!(unlisted[0].contains("crate `lake` is not in the code map"));
    }
}
