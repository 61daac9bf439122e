//! What the checks look at: the member crates and the text files.

use std::fs;
use std::path::Path;

use anyhow::Context;
use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// The repository, read once.
#[derive(Debug, Default)]
pub struct Repository {
    /// The workspace's crates.
    pub members: Vec<Member>,
    /// Every text file, by its path from the root.
    pub files: Vec<TextFile>,
}

/// A crate of the workspace.
#[derive(Debug, Clone, Default)]
pub struct Member {
    /// Its folder, which is its name.
    pub folder: String,
    /// The folders of the members it depends on, `true` for dev-dependencies.
    pub depends_on: Vec<(String, bool)>,
}

/// A file with its contents.
#[derive(Debug, Clone)]
pub struct TextFile {
    /// Its path from the root, parts joined by `/`.
    pub path: String,
    /// Its contents.
    pub text: String,
}

/// Hidden folders that are part of the project; all others, and these builders' folders, are not.
const HIDDEN_BUT_OURS: [&str; 3] = [".cargo", ".ci", ".github"];
const BUILT: [&str; 5] = ["target", "node_modules", "__pycache__", "dbt_packages", "logs"];
const TEXTS: [&str; 12] =
    ["rs", "toml", "md", "sql", "py", "sh", "yml", "yaml", "proto", "html", "css", "Makefile"];

impl Repository {
    /// Reads the repository that this program was built in.
    pub fn open() -> anyhow::Result<Repository> {
        let metadata = MetadataCommand::new().no_deps().exec().context("cargo metadata failed")?;
        let root = metadata.workspace_root.as_std_path();
        let packages = metadata.workspace_packages();
        let members = packages.iter().map(|package| Member::new(package, root)).collect();
        let mut files = Vec::new();
        read_folder(root, root, &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Repository { members, files })
    }

    /// The file at a path from the root.
    pub fn file(&self, path: &str) -> Option<&TextFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The files whose name ends in `.extension`.
    pub fn with_extension(&self, extension: &str) -> impl Iterator<Item = &TextFile> {
        self.files.iter().filter(move |file| file.extension() == extension)
    }
}

impl Member {
    fn new(package: &Package, root: &Path) -> Member {
        let folder = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
        let here = package.manifest_path.as_std_path().parent().unwrap_or(root);
        let depends_on = package.dependencies.iter().filter_map(|dependency| {
            let there = dependency.path.as_ref()?;
            Some((folder(there.as_std_path()), dependency.kind == DependencyKind::Development))
        });
        Member { folder: folder(here), depends_on: depends_on.collect() }
    }

    /// The path of its manifest.
    pub fn manifest(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }
}

impl TextFile {
    /// A file.
    #[cfg(test)]
    pub fn new(path: &str, text: &str) -> TextFile {
        TextFile { path: path.to_owned(), text: text.to_owned() }
    }

    /// What follows the last point of its name; the whole name when there is none.
    pub fn extension(&self) -> &str {
        self.path.rsplit(['.', '/']).next().unwrap_or_default()
    }

    /// The number, from 1, of the first line that `is_it`; 1 when there is none.
    pub fn line_where(&self, is_it: impl Fn(&str) -> bool) -> usize {
        self.text.lines().position(is_it).map_or(1, |index| index + 1)
    }
}

fn read_folder(root: &Path, folder: &Path, files: &mut Vec<TextFile>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        if kind.is_dir() && is_ours(&name) {
            read_folder(root, &entry.path(), files)?;
        } else if kind.is_file() && TEXTS.iter().any(|text| name.rsplit('.').next() == Some(text)) {
            let path = entry.path();
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let path = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            files.push(TextFile { path, text });
        }
    }
    Ok(())
}

fn is_ours(folder: &str) -> bool {
    !BUILT.contains(&folder) && (!folder.starts_with('.') || HIDDEN_BUT_OURS.contains(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_files_are_read_and_built_ones_are_not() {
        let root = tempfile::tempdir().unwrap();
        for path in
            ["market/src/bar.rs", "target/debug/x.rs", ".venv/y.py", ".ci/run.sh", "docs/a.png", "Makefile"]
        {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "text\nof lines\n").unwrap();
        }
        let mut files = Vec::new();
        read_folder(root.path(), root.path(), &mut files).unwrap();
        let mut paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        paths.sort();
        assert_eq!(paths, [".ci/run.sh", "Makefile", "market/src/bar.rs"]);
        assert_eq!(files[0].line_where(|line| line.starts_with("of")), 2);
    }

    #[test]
    fn this_workspace_is_read() {
        let repository = Repository::open().unwrap();
        let warehouse = repository.members.iter().find(|member| member.folder == "warehouse").unwrap();
        assert!(warehouse.depends_on.contains(&("market".to_owned(), false)));
        assert!(repository.file("xtask/src/main.rs").is_some());
    }
}
