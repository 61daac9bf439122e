//! `/`: the page for people. Its files are those of `serving/page/`, held in the binary.
//!
//! The files that the page draws on stand under a path that names their digest, so that a browser keeps them for good
//! and never mixes those of two releases; the page itself is asked for again, and answered by its etag.

use std::sync::LazyLock;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use super::problem;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Name, content type and text of each file beside the page.
const FILES: [(&str, &str, &str); 15] = [
    ("page.css", CSS, include_str!("../../page/page.css")),
    ("icon.svg", SVG, include_str!("../../page/icon.svg")),
    ("theme.js", JS, include_str!("../../page/theme.js")),
    ("main.js", JS, include_str!("../../page/main.js")),
    ("api.js", JS, include_str!("../../page/api.js")),
    ("dom.js", JS, include_str!("../../page/dom.js")),
    ("format.js", JS, include_str!("../../page/format.js")),
    ("picker.js", JS, include_str!("../../page/picker.js")),
    ("card.js", JS, include_str!("../../page/card.js")),
    ("chart.js", JS, include_str!("../../page/chart.js")),
    ("fan.js", JS, include_str!("../../page/fan.js")),
    ("past.js", JS, include_str!("../../page/past.js")),
    ("quantiles.js", JS, include_str!("../../page/quantiles.js")),
    ("models.js", JS, include_str!("../../page/models.js")),
    ("freshness.js", JS, include_str!("../../page/freshness.js")),
];

/// The page runs its own files and asks its own server, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const ASK_AGAIN: &str = "no-cache";
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

static PAGE: LazyLock<Page> = LazyLock::new(Page::new);

struct Page {
    digest: String,
    etag: String,
    html: Bytes,
    files: Vec<File>,
}

struct File {
    name: &'static str,
    kind: &'static str,
    text: Bytes,
}

impl Page {
    fn new() -> Self {
        let index = lean(include_str!("../../page/index.html"));
        let files = FILES.map(|(name, kind, text)| File { name, kind, text: lean(text).into() });
        let all = files.iter().fold(Sha256::new(), |hash, file| hash.chain_update(&file.text));
        let digest = all.chain_update(&index).finalize();
        let digest: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let html = index.replace("=\"/page/", &format!("=\"/page/{digest}/")).into();
        Self { etag: format!("\"{digest}\""), digest, html, files: files.into() }
    }
}

/// A file without indentation and without the lines that are comments: what is for its readers alone does not travel.
fn lean(text: &str) -> String {
    let is_comment = |line: &str| line.starts_with("//") || (line.starts_with("/*") && line.ends_with("*/"));
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !is_comment(line));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The page and its files, which are for everybody: what they show comes from the API, by its rules.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/", get(index)).route("/page/{digest}/{file}", get(file))
}

async fn index(headers: HeaderMap) -> Response {
    let answer = answer(&headers, HTML, ASK_AGAIN, &PAGE.html);
    let policy = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (policy, answer).into_response()
}

async fn file(Path((digest, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(file) = PAGE.files.iter().find(|file| file.name == name) else {
        let missing = format!("/page/{digest}/{name}").parse().unwrap_or_default();
        return problem::no_route(missing).await.into_response();
    };
    // A page of another release gets this one's file, but must not keep it under the other's name.
    let cache = if digest == PAGE.digest { FOR_GOOD } else { ASK_AGAIN };
    answer(&headers, file.kind, cache, &file.text)
}

fn answer(headers: &HeaderMap, kind: &'static str, cache: &'static str, text: &Bytes) -> Response {
    let etag = PAGE.etag.as_str();
    let held = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_held =
        held.is_some_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let mark =
        [(header::ETAG, etag), (header::CACHE_CONTROL, cache), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    if is_held {
        return (StatusCode::NOT_MODIFIED, mark).into_response();
    }
    (mark, [(header::CONTENT_TYPE, kind)], text.clone()).into_response()
}
