//! File sizes: a file that has grown too long hides more than one thing.

use super::finding::Finding;
use super::repository::{Repository, TextFile};

/// The hard stop, in lines that are not tests.
const LONGEST: usize = 500;

/// No Rust file has more than 500 lines outside its tests.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let files = repository.with_extension("rs").filter(|file| !is_test_file(&file.path));
    files.filter_map(check_file).collect()
}

fn check_file(file: &TextFile) -> Option<Finding> {
    let lines = code_lines(&file.text);
    let what = format!("{lines} lines outside tests, {LONGEST} are allowed");
    (lines > LONGEST)
        .then(|| Finding::new(&file.path, LONGEST + 1, what, "split it by resource or algorithm"))
}

/// Whether the whole file is test code.
fn is_test_file(path: &str) -> bool {
    path.split('/').any(|part| part == "tests") || path.ends_with("/tests.rs")
}

/// The lines that are not within an item marked `#[cfg(test)]`. Relies on rustfmt: an item's closing line has its
/// opening line's indentation.
fn code_lines(text: &str) -> usize {
    let mut count = 0;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            skip_item(&mut lines, indentation(line));
        } else {
            count += 1;
        }
    }
    count
}

fn skip_item<'a>(lines: &mut impl Iterator<Item = &'a str>, indent: usize) {
    for line in lines {
        let is_at_item = indentation(line) == indent && !line.trim().is_empty();
        if is_at_item && (line.ends_with('}') || line.ends_with(';')) {
            return;
        }
    }
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long_file(path: &str, code: usize, tests: usize) -> TextFile {
        let tests = "    fn t() {}\n".repeat(tests);
        let text = format!("{}#[cfg(test)]\nmod tests {{\n{tests}}}\n", "const A: u8 = 1;\n".repeat(code));
        TextFile { path: path.to_owned(), text }
    }

    #[test]
    fn only_code_outside_tests_counts() {
        assert_eq!(code_lines(&long_file("a.rs", 10, 900).text), 10);
        let after = "fn a() {}\n#[cfg(test)]\nmod tests;\n    #[cfg(test)]\n    fn only() {\n        x();\n    }\nfn b() {}\n";
        assert_eq!(code_lines(after), 2);
    }

    #[test]
    fn long_files_are_found_unless_they_are_tests() {
        let files = vec![
            long_file("lake/src/ok.rs", LONGEST, 900),
            long_file("lake/src/long.rs", LONGEST + 1, 0),
            long_file("lake/tests/story.rs", LONGEST + 1, 0),
        ];
        let findings = check(&Repository { files, ..Repository::default() });
        assert_eq!(findings.len(), 1);
        assert!(findings[0].to_string().starts_with("lake/src/long.rs:501: 501 lines"));
    }
}
