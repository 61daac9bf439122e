//! Layering: which crate may depend on which of ours.

use super::finding::Finding;
use super::repository::{Member, Repository};

/// The crates that a layer may use, besides [`TESTS_MAY_USE`] in its tests.
const ALLOWED: &[(&str, &[&str])] = &[
    ("market", &[]),
    ("models", &["market"]),
    ("features", &["market"]),
    ("lake", &["market"]),
    ("engine", &[]),
    ("warehouse", &["market"]),
    ("tracker", &[]),
    ("ingest", &["market", "lake"]),
    ("materialize", &["market", "features", "warehouse"]),
    ("training", MODELING),
    ("serving", MODELING),
    ("simulation", &["market", "ingest", "warehouse"]),
    ("dashboards", &[]),
    ("schedules", &["market", "warehouse"]),
    ("cli", ALL),
    ("bench", ALL),
    ("xtask", &[]),
];

/// What training and serving stand on; neither knows the other.
const MODELING: &[&str] = &["market", "models", "features", "lake", "warehouse", "tracker", "materialize"];

const ALL: &[&str] = &[
    "market",
    "models",
    "features",
    "lake",
    "engine",
    "warehouse",
    "tracker",
    "ingest",
    "materialize",
    "training",
    "serving",
    "simulation",
    "dashboards",
    "schedules",
];

/// The embedded engine stands in for a server wherever a test needs one.
const TESTS_MAY_USE: &[&str] = &["engine"];

/// Every dependency between our crates is one that the table allows.
pub fn check(repository: &Repository) -> Vec<Finding> {
    repository.members.iter().flat_map(|member| check_member(repository, member)).collect()
}

fn check_member(repository: &Repository, member: &Member) -> Vec<Finding> {
    let manifest = member.manifest();
    let Some((_, allowed)) = ALLOWED.iter().find(|(folder, _)| *folder == member.folder) else {
        let what = format!("crate `{}` has no layer", member.folder);
        return vec![Finding::new(&manifest, 1, what, "give it a row in xtask/src/tidy/layers.rs")];
    };
    let is_allowed =
        |folder: &str, is_dev: bool| allowed.contains(&folder) || (is_dev && TESTS_MAY_USE.contains(&folder));
    let forbidden = member.depends_on.iter().filter(|(folder, is_dev)| !is_allowed(folder, *is_dev));
    forbidden
        .map(|(folder, _)| {
            let line = line_of(repository, &manifest, folder);
            let what = format!("`{}` may not depend on `{folder}`", member.folder);
            Finding::new(&manifest, line, what, "move the code to a layer that both may use")
        })
        .collect()
}

fn line_of(repository: &Repository, manifest: &str, folder: &str) -> usize {
    let name = format!("weekahead-{folder}");
    repository.file(manifest).map_or(1, |file| file.line_where(|line| line.starts_with(&name)))
}

#[cfg(test)]
mod tests {
    use super::super::repository::TextFile;
    use super::*;

    fn findings(folder: &str, depends_on: &[(&str, bool)]) -> Vec<String> {
        let depends_on = depends_on.iter().map(|(folder, is_dev)| ((*folder).to_owned(), *is_dev)).collect();
        let manifest = "[dependencies]\nweekahead-ingest.workspace = true\n";
        let repository = Repository {
            members: vec![Member { folder: folder.to_owned(), depends_on }],
            files: vec![TextFile::new(&format!("{folder}/Cargo.toml"), manifest)],
        };
        check(&repository).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn allowed_arrows_pass() {
        assert!(findings("ingest", &[("market", false), ("lake", false)]).is_empty());
        assert!(findings("warehouse", &[("market", false), ("engine", true)]).is_empty());
        assert!(findings("cli", &[("training", false), ("engine", false)]).is_empty());
    }

    #[test]
    fn other_arrows_are_found_at_their_line() {
        assert_eq!(
            findings("serving", &[("ingest", false)]),
            [
                "serving/Cargo.toml:2: `serving` may not depend on `ingest`, move the code to a layer that both may use"
            ]
        );
        assert_eq!(findings("warehouse", &[("engine", false)]).len(), 1);
        assert_eq!(findings("tracker", &[("market", true)]).len(), 1);
    }

    #[test]
    fn a_crate_without_a_layer_is_found() {
        assert!(findings("helpers", &[])[0].contains("has no layer"));
    }
}
