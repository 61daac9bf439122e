//! Lint opt-in: cargo applies `[workspace.lints]` only to crates that ask for it.

use super::finding::Finding;
use super::repository::Repository;

/// Every member has `[lints] workspace = true`.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let manifests = repository.members.iter().map(|member| member.manifest());
    let without = manifests.filter(|path| !repository.file(path).is_some_and(|file| opts_in(&file.text)));
    without
        .map(|path| {
            Finding::new(&path, 1, "the workspace's lints are not applied", "add `[lints] workspace = true`")
        })
        .collect()
}

fn opts_in(manifest: &str) -> bool {
    let Ok(manifest) = manifest.parse::<toml::Table>() else { return false };
    let workspace = manifest.get("lints").and_then(|lints| lints.get("workspace"));
    workspace.and_then(toml::Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::super::repository::{Member, TextFile};
    use super::*;

    #[test]
    fn only_members_that_ask_for_the_lints_pass() {
        let member = |folder: &str| Member { folder: folder.to_owned(), ..Member::default() };
        let repository = Repository {
            members: vec![member("market"), member("lake"), member("tracker")],
            files: vec![
                TextFile::new("market/Cargo.toml", "[package]\nname = \"m\"\n[lints]\nworkspace = true\n"),
                TextFile::new("lake/Cargo.toml", "[package]\nname = \"l\"\n# [lints]\n"),
                TextFile::new("tracker/Cargo.toml", "[lints]\nworkspace = false\n"),
            ],
        };
        let findings: Vec<String> = check(&repository).iter().map(ToString::to_string).collect();
        assert_eq!(findings.len(), 2);
        assert!(findings[0].starts_with("lake/Cargo.toml:1: ") && findings[1].starts_with("tracker/"));
    }
}
