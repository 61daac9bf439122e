//! The page of the real server, in a real browser, over the demo's data.

use std::process::Stdio;

use tokio::process::Command;

use crate::platform::{Platform, repository, tool};

/// Prices, fan, past forecasts, leaderboard and freshness are drawn, and nothing goes wrong on the way.
pub async fn is_drawn(platform: &Platform) {
    let script = repository().join("cli/tests/end_to_end/page.mjs");
    let output = Command::new("node")
        .arg(script)
        .arg(tool("WEEKAHEAD_CHROMIUM", ".deps/chromium/chromium"))
        .args([platform.url(), platform.tracker_url()])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("node is missing: install Node.js 20 or later");
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
