//! The page in a real headless Chromium: `browser/check.mjs` looks at it as the serving crate serves it, over stubs of
//! the routes that it draws.
//!
//! `WEEKAHEAD_PICTURES=<folder>` keeps a picture of every view.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

#[path = "../support/libonnxruntime.rs"]
mod libonnxruntime;
mod stub;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use stub::World;

/// The whole page, as it goes over the wire once, uncompressed.
const MOST_BYTES: usize = 60_000;

#[tokio::test(flavor = "multi_thread")]
async fn people_see_what_the_api_says() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut worlds = serde_json::Map::new();
    for (name, world) in World::ALL {
        worlds.insert(name.to_owned(), json!(stub::serve(world).await));
    }
    let axe = here.join("../.deps/axe/axe.min.js");
    assert!(axe.exists(), "{} is missing: run `make setup`", axe.display());
    let settings = json!({
        "chromium": chromium(&here.join("../.deps/chromium/chromium")),
        "axe": axe,
        "worlds": worlds,
        "pictures": std::env::var("WEEKAHEAD_PICTURES").ok(),
    });
    let mut check = Command::new("node");
    check.arg(here.join("tests/page/browser/check.mjs")).arg(settings.to_string());
    let done = tokio::task::spawn_blocking(move || check.output()).await.unwrap();
    let done = done.expect("node is missing: install Node.js 20 or later");
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    println!("{said}");
    assert!(done.status.success(), "the page is not as it should be:\n{said}");
}

#[tokio::test]
async fn the_page_is_small_and_its_files_are_kept() {
    let origin = stub::serve(World::Whole).await;
    let client = reqwest::Client::new();
    let page = client.get(&origin).send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(page.headers()["cache-control"], "no-cache");
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    let etag = page.headers()["etag"].clone();
    let again = client.get(&origin).header("if-none-match", etag).send().await.unwrap();
    assert_eq!(again.status(), 304);

    let html = page.text().await.unwrap();
    assert!(
        ["<style", " style=", "<script>", " onclick="].iter().all(|part| !html.contains(part)),
        "the policy refuses what is inline"
    );
    let mut bytes = html.len();
    let mut files = BTreeSet::from(["index.html".to_owned()]);
    for reference in html.split('"').filter(|part| part.starts_with("/page/")) {
        let file = client.get(format!("{origin}{reference}")).send().await.unwrap();
        assert_eq!(file.status(), 200, "{reference}");
        assert!(file.headers()["cache-control"].to_str().unwrap().contains("immutable"), "{reference}");
        let (folder, name) = reference.rsplit_once('/').unwrap();
        let other = client.get(format!("{origin}{}x/{name}", folder)).send().await.unwrap();
        assert_eq!(other.headers()["cache-control"], "no-cache", "{reference}");
        bytes += file.bytes().await.unwrap().len();
        files.insert(name.to_owned());
    }
    assert!(bytes <= MOST_BYTES, "{bytes} bytes");
    let folder = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("page")).unwrap();
    let written = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(files, written.collect(), "the page names its files, so that they are fetched at once");
    let missing = client.get(format!("{origin}/page/x/nothing.js")).send().await.unwrap();
    assert_eq!(missing.status(), 404);
}

/// The browser: the one that is named, the one that the set-up brought, or one on the path.
fn chromium(brought: &Path) -> PathBuf {
    if let Some(named) = std::env::var_os("WEEKAHEAD_CHROMIUM") {
        return PathBuf::from(named);
    }
    if brought.exists() {
        return brought.to_owned();
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let mut found = std::env::split_paths(&folders).flat_map(|folder| names.map(|name| folder.join(name)));
    found.find(|path| path.exists()).expect(
        "no Chromium: run `make setup`, which brings one to x86-64 Linux; elsewhere install one and put it on the PATH, or name it by WEEKAHEAD_CHROMIUM",
    )
}
