//! SQL text: names, literals, and what differs between one server and a cluster.

use crate::{Error, Result};

/// A name in backticks.
///
/// # Errors
/// [`Error::Name`] unless it is 1 to 128 letters, digits or underscores.
pub(crate) fn identifier(what: &'static str, name: &str) -> Result<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if (1..=128).contains(&name.len()) && name.chars().all(plain) {
        Ok(format!("`{name}`"))
    } else {
        Err(Error::Name { what, name: name.to_owned() })
    }
}

/// A string literal.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// One server, or a cluster: fills in what their statements differ in.
///
/// | marker | one server | cluster |
/// |---|---|---|
/// | `{on_cluster}` | | ` ON CLUSTER 'name'` |
/// | `{local}` | | `_local` |
/// | `{replicated}` | | `Replicated` |
/// | `{cluster}` | | `'name'` |
///
/// A statement after a line `-- cluster only` exists on a cluster only: there a table `t` is a `Distributed`
/// table over the shards' `t_local`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Topology {
    cluster: Option<String>,
}

const CLUSTER_ONLY: &str = "-- cluster only";

impl Topology {
    pub(crate) fn new(cluster: Option<String>) -> Self {
        Self { cluster }
    }

    /// The statements of a template, in order: a statement ends with a semicolon at a line's end.
    pub(crate) fn statements(&self, template: &str) -> Vec<String> {
        template.split(";\n").filter_map(|part| self.statement(part)).collect()
    }

    fn statement(&self, part: &str) -> Option<String> {
        if self.cluster.is_none() && part.lines().any(|line| line == CLUSTER_ONLY) {
            return None;
        }
        let lines: Vec<&str> = part.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        let text = self.fill(lines.join("\n").trim().trim_end_matches(';'));
        (!text.is_empty()).then_some(text)
    }

    /// A text with its markers filled in.
    pub(crate) fn fill(&self, text: &str) -> String {
        let (name, on_cluster, local, replicated) = match &self.cluster {
            None => (String::new(), String::new(), "", ""),
            Some(name) => (literal(name), format!(" ON CLUSTER {}", literal(name)), "_local", "Replicated"),
        };
        text.replace("{on_cluster}", &on_cluster)
            .replace("{cluster}", &name)
            .replace("{local}", local)
            .replace("{replicated}", replicated)
    }

    /// `IN`, or `GLOBAL IN` where a subquery over a distributed table must be asked once for all shards.
    pub(crate) fn in_subquery(&self) -> &'static str {
        if self.cluster.is_some() { "GLOBAL IN" } else { "IN" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_and_literals_escaped() {
        assert_eq!(identifier("view", "weekly_core").unwrap(), "`weekly_core`");
        for name in ["", "a`b", "a b", "a.b", "ü"] {
            assert!(identifier("view", name).is_err(), "{name}");
        }
        assert_eq!(literal(r"it's \ me"), r"'it\'s \\ me'");
    }

    #[test]
    fn a_cluster_only_statement_is_left_out_on_one_server() {
        let text =
            "-- why\nCREATE TABLE t{local}{on_cluster};\n-- cluster only\nCREATE TABLE t{on_cluster};\n";
        let one = Topology::default();
        assert_eq!(one.statements(text), ["CREATE TABLE t"]);
        let cluster = Topology::new(Some("c".to_owned()));
        let expected = ["CREATE TABLE t_local ON CLUSTER 'c'", "CREATE TABLE t ON CLUSTER 'c'"];
        assert_eq!(cluster.statements(text), expected);
    }
}
