//! Keeps SQL inside the data directory and the allowed lake. It reads tokens, not text: strings and comments neither
//! hide a call nor look like one. The engine's own grants stand behind it (see `setup`).

mod names;
mod reach;
#[cfg(test)]
mod tests;

use crate::exception::{Exception, code};
use crate::sql::{Kind, Script};
use crate::{Error, Result};

/// The rules, with the URL prefixes that are allowed.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    prefixes: Vec<String>,
}

type Verdict = std::result::Result<(), Exception>;

impl Guard {
    /// Each prefix is made to end in `/`, so that it ends inside the path and never inside a host name.
    pub(crate) fn new(prefixes: &[String]) -> Result<Self> {
        let checked = |prefix: &String| match url::Url::parse(prefix) {
            Ok(url) if url.has_host() && url.query().is_none() => {
                Ok(format!("{}/", prefix.trim_end_matches('/')))
            }
            _ => Err(Error::Config {
                reason: format!("allowed_s3_prefixes: `{prefix}` is no URL such as http://host:9000/bucket/"),
            }),
        };
        Ok(Self { prefixes: prefixes.iter().map(checked).collect::<Result<_>>()? })
    }

    /// Refuses a statement that reaches outside.
    pub(crate) fn check(&self, script: &Script<'_>) -> Verdict {
        let creates = ["CREATE", "ATTACH", "REPLACE"].iter().any(|word| script.has_word(word));
        let mut depth = 0usize;
        for at in 0..script.tokens().len() {
            match script.kind(at) {
                Some(Kind::Punct(b'(')) => depth += 1,
                Some(Kind::Punct(b')')) => depth = depth.saturating_sub(1),
                Some(Kind::Broken) => return Err(broken(script, at)),
                Some(Kind::Word | Kind::Quoted) => {
                    self.check_call(script, at)?;
                    check_files(script, at)?;
                    // Inside brackets a bare `engine` is a column.
                    if creates && (depth == 0 || script.is_punct(at + 1, b'=')) {
                        check_engine(script, at)?;
                    }
                }
                _ => {}
            }
        }
        check_system(script)?;
        if script.has_word("DICTIONARY") {
            check_dictionary(script)?;
        }
        let names_collection = |at| script.is_word(at, "NAMED") && script.is_word(at + 1, "COLLECTION");
        if (0..script.tokens().len()).any(names_collection) {
            self.check_collection(script)?;
        }
        Ok(())
    }

    /// A name before a bracket: table function, scalar function, table engine, dictionary source or disk.
    fn check_call(&self, script: &Script<'_>, at: usize) -> Verdict {
        if !script.is_punct(at + 1, b'(') {
            return Ok(());
        }
        if script.kind(at) == Some(Kind::Quoted) && script.text(at).contains(&b'\\') {
            return Err(refused("a function name with an escape in it"));
        }
        let name = script.name(at).unwrap_or_default().to_ascii_lowercase();
        if names::is_outside(&name) {
            return Err(refused(format!("{name}(): it reaches files, programs or other servers")));
        }
        if names::is_object_store(&name) {
            return self.check_object_store(script, at);
        }
        if name == "disk" {
            return self.check_disk(script, at);
        }
        Ok(())
    }
}

fn check_files(script: &Script<'_>, at: usize) -> Verdict {
    let pair = |a: &str, b: &str| script.is_word(at, a) && script.is_word(at + 1, b);
    if pair("INTO", "OUTFILE") {
        return Err(refused("INTO OUTFILE: send the result to the client instead"));
    }
    if pair("FROM", "INFILE") {
        return Err(refused("FROM INFILE: send the data in the request body instead"));
    }
    let is_path = matches!(script.kind(at + 1), Some(Kind::Text | Kind::OddText));
    if script.has_word("ATTACH") && script.is_word(at, "FROM") && is_path {
        return Err(refused("ATTACH ... FROM a path"));
    }
    Ok(())
}

/// `ENGINE = name` of a table or database.
fn check_engine(script: &Script<'_>, at: usize) -> Verdict {
    if !script.is_word(at, "ENGINE") {
        return Ok(());
    }
    let name_at = at + 1 + usize::from(script.is_punct(at + 1, b'='));
    match script.name(name_at) {
        Some(name) if !names::is_engine(&name) => {
            Err(refused(format!("ENGINE = {name}: it reaches files or other servers, or is not known here")))
        }
        _ => Ok(()),
    }
}

fn check_system(script: &Script<'_>) -> Verdict {
    let stops = ["SHUTDOWN", "KILL"].iter().any(|word| script.is_word(1, word));
    if script.verb() == "SYSTEM" && stops {
        return Err(refused("SYSTEM SHUTDOWN and SYSTEM KILL: stop the process that serves instead"));
    }
    Ok(())
}

/// Dictionary sources: only tables of this engine.
fn check_dictionary(script: &Script<'_>) -> Verdict {
    for at in 0..script.tokens().len() {
        if script.is_word(at, "SOURCE") && script.is_punct(at + 1, b'(') {
            let source = script.name(at + 2).unwrap_or_default().to_ascii_lowercase();
            if !matches!(source.as_str(), "clickhouse" | "null") {
                return Err(refused(format!(
                    "dictionary SOURCE({source}): only CLICKHOUSE tables of this engine"
                )));
            }
            check_source_host(script, at + 3)?;
            check_source_query(script, at + 3)?;
        }
    }
    Ok(())
}

fn check_source_host(script: &Script<'_>, open: usize) -> Verdict {
    for (start, end) in reach::arguments(script, open) {
        for at in start..end {
            let is_host = script.name(at).is_some_and(|name| name.eq_ignore_ascii_case("host"));
            let here =
                script.plain_string(at + 1).is_some_and(|h| matches!(h, "localhost" | "127.0.0.1" | "::1"));
            if is_host && !here {
                return Err(refused("dictionary SOURCE with another HOST"));
            }
        }
    }
    Ok(())
}

/// SQL within a string is SQL that this guard does not see.
fn check_source_query(script: &Script<'_>, open: usize) -> Verdict {
    let arguments = reach::arguments(script, open);
    let is_query = |at: usize| script.name(at).is_some_and(|name| name.eq_ignore_ascii_case("query"));
    match arguments.into_iter().any(|(start, end)| (start..end).any(is_query)) {
        true => Err(refused("dictionary SOURCE with a QUERY: name a TABLE, a view if need be")),
        false => Ok(()),
    }
}

fn broken(script: &Script<'_>, at: usize) -> Exception {
    let text = String::from_utf8_lossy(script.text(at)).chars().take(40).collect::<String>();
    Exception::new(code::SYNTAX_ERROR, format!("Syntax error: unrecognized token: {text}"), "SYNTAX_ERROR")
}

fn refused(what: impl std::fmt::Display) -> Exception {
    Exception::new(code::ACCESS_DENIED, format!("The embedded engine refuses {what}."), "ACCESS_DENIED")
}
