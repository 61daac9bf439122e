//! Docs: no page is a promise of a page.

use super::finding::Finding;
use super::repository::{Repository, TextFile};

/// Every page under `docs/`, and every README, holds text below its headings.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let pages = repository.with_extension("md").filter(|page| is_page(&page.path) && is_empty(page));
    pages.map(|page| Finding::new(&page.path, 1, "an empty page", "write it or remove it")).collect()
}

fn is_page(path: &str) -> bool {
    path.starts_with("docs/") || path.ends_with("README.md")
}

fn is_empty(page: &TextFile) -> bool {
    let is_text = |line: &str| !line.trim().is_empty() && !line.starts_with('#');
    !page.text.lines().any(is_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_alone_are_no_page() {
        let files = vec![
            TextFile::new("docs/API.md", "# API\n\n## Routes\n"),
            TextFile::new("docs/STYLE.md", "# Style\n\nWords.\n"),
            TextFile::new("README.md", ""),
        ];
        let findings = check(&Repository { files, ..Repository::default() });
        let found: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("docs/API.md:1: an empty page"));
    }
}
