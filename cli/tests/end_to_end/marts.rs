//! The marts against plain Python: versions, restatements, late and torn loads, killed builds, on the real stores.

use std::process::Stdio;

use nix::sys::signal::Signal;
use tokio::process::Command;

use crate::platform::{Platform, Running, repository, venv};

#[tokio::test(flavor = "multi_thread")]
async fn dbt_builds_what_plain_python_computes() {
    let platform = Platform::new();
    let mut up = platform.weekahead(&["up", "--no-serving"]);
    up.env("WEEKAHEAD_TRACKER__EMBEDDED", "false");
    let mut up = Running::start(up);
    up.until("lake, warehouse and tracker answer").await;
    let output = Command::new(venv().join("bin/python"))
        .arg(repository().join("dbt/integration/run.py"))
        .arg("--target-path")
        .arg(platform.home().join("dbt"))
        .env("WEEKAHEAD_WAREHOUSE_HOST", "127.0.0.1")
        .env("WEEKAHEAD_WAREHOUSE_PORT", platform.warehouse_port().to_string())
        .env("WEEKAHEAD_LAKE_ENDPOINT", platform.lake_endpoint())
        .env("WEEKAHEAD_LAKE_BUCKET", "lake")
        .env("WEEKAHEAD_LAKE_REGION", "us-east-1")
        .env("WEEKAHEAD_LAKE_ACCESS_KEY_ID", "weekahead")
        .env("WEEKAHEAD_LAKE_SECRET_ACCESS_KEY", "weekahead-local")
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", said(&output.stdout), said(&output.stderr));
    up.signal(Signal::SIGTERM);
    up.end().await;
    platform.until_silent().await;
}
