//! Who may ask: the one configured user, and nobody through a browser page of another site.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;

use super::params::{UrlParams, header};
use crate::EngineConfig;

/// Why a request is turned away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// Wrong user or password; holds the user's name.
    Login(String),
    /// The request was not made for this host, or by another site's page.
    Origin(String),
}

/// Checks origin and credentials: `X-ClickHouse-User`/`-Key`, then Basic, then the URL.
pub(crate) fn check(headers: &HeaderMap, url: &UrlParams, config: &EngineConfig) -> Result<(), Denied> {
    check_origin(headers)?;
    let (user, password) = credentials(headers, url);
    let user_fits = same(user.as_bytes(), config.user.as_bytes());
    let password_fits =
        config.password.as_ref().is_none_or(|known| same(password.as_bytes(), known.as_bytes()));
    if user_fits & password_fits { Ok(()) } else { Err(Denied::Login(user)) }
}

fn credentials(headers: &HeaderMap, url: &UrlParams) -> (String, String) {
    let user = header(headers, "x-clickhouse-user");
    if !user.is_empty() {
        return (user.to_owned(), header(headers, "x-clickhouse-key").to_owned());
    }
    if let Some(pair) = basic(header(headers, "authorization")) {
        return pair;
    }
    let user = url.get("user").filter(|user| !user.is_empty()).unwrap_or("default");
    (user.to_owned(), url.get("password").unwrap_or_default().to_owned())
}

fn basic(value: &str) -> Option<(String, String)> {
    let (scheme, token) = value.split_once(' ')?;
    let decoded = STANDARD.decode(token.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(decoded).ok()?;
    text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

/// A loopback server is open to every page in a local browser, but for these headers.
fn check_origin(headers: &HeaderMap) -> Result<(), Denied> {
    for name in ["host", "origin"] {
        let value = header(headers, name);
        if !value.is_empty() && !is_loopback(value) {
            return Err(Denied::Origin(format!("{name}: {value}")));
        }
    }
    // An image or a script tag of another site's page sends no origin, but says this.
    let site = header(headers, "sec-fetch-site");
    if site == "cross-site" {
        return Err(Denied::Origin(format!("sec-fetch-site: {site}")));
    }
    Ok(())
}

fn is_loopback(authority: &str) -> bool {
    let text = if authority.contains("://") { authority.to_owned() } else { format!("http://{authority}") };
    match url::Url::parse(&text).ok().as_ref().and_then(url::Url::host) {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Compares in a time that depends on lengths only.
fn same(a: &[u8], b: &[u8]) -> bool {
    let differences = a.iter().zip(b).fold(0, |sum, (x, y)| std::hint::black_box(sum | (x ^ y)));
    (a.len() == b.len()) & (differences == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(
        headers: &[(&'static str, &'static str)],
        query: &str,
        password: Option<&str>,
    ) -> Result<(), Denied> {
        let config = EngineConfig { password: password.map(str::to_owned), ..EngineConfig::default() };
        let map = headers.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect();
        check(&map, &UrlParams::parse(Some(query)), &config)
    }

    #[test]
    fn takes_every_way_to_log_in() {
        assert_eq!(
            verdict(&[("x-clickhouse-user", "default"), ("x-clickhouse-key", "s")], "", Some("s")),
            Ok(())
        );
        assert_eq!(verdict(&[("authorization", "Basic ZGVmYXVsdDpz")], "", Some("s")), Ok(()));
        assert_eq!(verdict(&[], "user=default&password=s", Some("s")), Ok(()));
        assert_eq!(verdict(&[], "", None), Ok(()));
        assert_eq!(verdict(&[], "", Some("s")), Err(Denied::Login("default".into())));
        assert_eq!(verdict(&[], "user=eve", None), Err(Denied::Login("eve".into())));
        assert_eq!(verdict(&[], "password=sx", Some("s")), Err(Denied::Login("default".into())));
    }

    #[test]
    fn turns_foreign_pages_away() {
        assert_eq!(
            verdict(&[("host", "127.0.0.1:8123"), ("origin", "http://localhost:3000")], "", None),
            Ok(())
        );
        assert!(verdict(&[("host", "evil.example:8123")], "", None).is_err());
        assert!(verdict(&[("origin", "https://evil.example")], "", None).is_err());
        assert!(verdict(&[("origin", "null")], "", None).is_err());
    }
}
