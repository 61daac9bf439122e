//! What object-store calls, disks and named collections may reach: literal URLs under the allowed prefixes.

use super::{Guard, Verdict, names, refused};
use crate::sql::{Kind, Script};

impl Guard {
    /// Whether a URL lies under an allowed prefix and stays there.
    fn allows(&self, url: &str) -> bool {
        let lower = url.to_ascii_lowercase();
        let climbs = ["/..", "../", "%2e", "\\", "%5c"].iter().any(|part| lower.contains(part));
        !climbs && self.prefixes.iter().any(|prefix| url.starts_with(prefix.as_str()))
    }

    fn check_url(&self, script: &Script<'_>, at: usize) -> Verdict {
        match script.plain_string(at) {
            Some(url) if self.allows(url) => Ok(()),
            Some(url) => {
                let allowed =
                    if self.prefixes.is_empty() { "none".to_owned() } else { self.prefixes.join(", ") };
                Err(refused(format!("{url}: it is not under the allowed prefixes ({allowed})")))
            }
            None => Err(refused("an object-store URL that is no plain string")),
        }
    }

    /// `s3('url', ..)`, `s3(collection, .., url = '..')`, `s3Cluster('cluster', 'url', ..)` and their engines.
    pub(super) fn check_object_store(&self, script: &Script<'_>, at: usize) -> Verdict {
        let name = script.name(at).unwrap_or_default().to_ascii_lowercase();
        let arguments = arguments(script, at + 1);
        let located = usize::from(names::takes_cluster(&name));
        for (position, (start, end)) in arguments.iter().copied().enumerate() {
            let single = end == start + 1;
            match script.kind(start) {
                Some(Kind::Word | Kind::Quoted) if script.is_punct(start + 1, b'=') => {
                    let key = script.name(start).unwrap_or_default().to_ascii_lowercase();
                    if key == "url" || key == "filename" && !self.is_plain_file(script, start + 2) {
                        self.check_single_url(script, start + 2, end)?;
                    }
                }
                Some(Kind::Word) if single && position <= located => {}
                Some(Kind::Quoted) if single && position <= located && self.is_plain_name(script, start) => {}
                _ if position < located && single => {}
                _ if position == located => self.check_single_url(script, start, end)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// A quoted name that cannot be a URL.
    fn is_plain_name(&self, script: &Script<'_>, at: usize) -> bool {
        let name = script.name(at).unwrap_or_default();
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    }

    /// A file name that is appended to a collection's URL and cannot leave it.
    fn is_plain_file(&self, script: &Script<'_>, at: usize) -> bool {
        script
            .plain_string(at)
            .is_some_and(|file| !["..", "%", "://", "@"].iter().any(|part| file.contains(part)))
    }

    fn check_single_url(&self, script: &Script<'_>, start: usize, end: usize) -> Verdict {
        if end != start + 1 {
            return Err(refused("an object-store URL that is computed"));
        }
        self.check_url(script, start)
    }

    /// `disk(type = s3, endpoint = '..')`: object storage under the allowed prefixes, no local paths.
    pub(super) fn check_disk(&self, script: &Script<'_>, at: usize) -> Verdict {
        let mut typed = false;
        for (start, end) in arguments(script, at + 1) {
            let key = script.name(start).unwrap_or_default().to_ascii_lowercase();
            let value = script.plain_string(start + 2).map(str::to_owned).or_else(|| script.name(start + 2));
            let value = value.filter(|_| end == start + 3).unwrap_or_default();
            match key.as_str() {
                "type" | "object_storage_type" => {
                    let known = ["s3", "s3_plain", "s3_plain_rewritable", "object_storage"];
                    if !known.contains(&value.as_str()) {
                        return Err(refused(format!(
                            "disk(type = {value}): only disks on the allowed object store"
                        )));
                    }
                    typed = true;
                }
                "endpoint" | "url" => self.check_single_url(script, start + 2, end)?,
                "path" | "disk" => return Err(refused(format!("disk({key} = ..)"))),
                _ => {}
            }
        }
        if typed { Ok(()) } else { Err(refused("disk() without a type")) }
    }

    /// CREATE or ALTER NAMED COLLECTION: whatever looks like a URL must be allowed, and nothing may name a host.
    pub(super) fn check_collection(&self, script: &Script<'_>) -> Verdict {
        const HOSTS: [&str; 7] = [
            "host",
            "hostname",
            "addresses_expr",
            "connection_string",
            "storage_account_url",
            "dsn",
            "connection_settings",
        ];
        for at in 0..script.tokens().len() {
            let assigned = script.is_punct(at + 1, b'=');
            let key = script.name(at).filter(|_| assigned).unwrap_or_default().to_ascii_lowercase();
            if HOSTS.contains(&key.as_str()) {
                return Err(refused(format!("a named collection with `{key}`")));
            }
            let looks_like_url = script.text(at).windows(3).any(|w| w == b"://");
            match script.kind(at) {
                Some(Kind::Text) if looks_like_url => self.check_url(script, at)?,
                Some(Kind::OddText) => return Err(refused("a named collection with an unusual string")),
                _ if key == "url" || key == "endpoint" => self.check_url(script, at + 2)?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// The token ranges of a call's arguments; `open` is its opening bracket.
pub(super) fn arguments(script: &Script<'_>, open: usize) -> Vec<(usize, usize)> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0usize, open + 1);
    for at in open..script.tokens().len() {
        match script.kind(at) {
            Some(Kind::Punct(b'(' | b'[' | b'{')) => depth += 1,
            Some(Kind::Punct(b')' | b']' | b'}')) => depth = depth.saturating_sub(1),
            Some(Kind::Punct(b',')) if depth == 1 => {
                found.push((start, at));
                start = at + 1;
            }
            _ => {}
        }
        if depth == 0 {
            found.push((start, at));
            return found.into_iter().filter(|(start, end)| end > start).collect();
        }
    }
    found.push((start, script.tokens().len()));
    found
}
