//! Leftover marks: work that was put off, and output that was for debugging.

use super::finding::Finding;
use super::repository::{Repository, TextFile};

/// Words that put work off. Written apart here so that this file passes.
const PUT_OFF: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
const DEBUG: &str = concat!("db", "g!(");

/// No code, SQL, script or configuration puts work off or prints for debugging. Docs may speak of it.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let files = repository.files.iter().filter(|file| file.extension() != "md");
    files.flat_map(check_file).collect()
}

fn check_file(file: &TextFile) -> Vec<Finding> {
    let numbered = file.text.lines().enumerate();
    let marked = numbered.filter_map(|(index, line)| Some((index + 1, mark(line)?)));
    marked
        .map(|(line, mark)| Finding::new(&file.path, line, format!("a `{mark}` is left"), "do it or drop it"))
        .collect()
}

fn mark(line: &str) -> Option<&'static str> {
    let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let put_off = PUT_OFF.into_iter().find(|mark| words.contains(mark));
    put_off.or_else(|| line.contains(DEBUG).then_some(DEBUG))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_as_whole_words() {
        let text = format!("// {}: later\nlet x = 1;\n{}x);\nlet {}S = 1;\n", PUT_OFF[0], DEBUG, PUT_OFF[0]);
        let file = |path: &str| TextFile { path: path.to_owned(), text: text.clone() };
        let files = vec![file("lake/src/a.rs"), file("docs/STYLE.md")];
        let findings = check(&Repository { files, ..Repository::default() });
        let lines: Vec<String> = findings.iter().map(|f| f.to_string().chars().take(15).collect()).collect();
        assert_eq!(lines, ["lake/src/a.rs:1", "lake/src/a.rs:3"]);
    }
}
