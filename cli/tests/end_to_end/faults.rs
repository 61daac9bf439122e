//! What stands in the way is named in one line, with a way out, and exit code 2.

use std::net::TcpListener;

use nix::sys::signal::Signal;

use crate::platform::{Platform, Running};

/// One line on standard error that holds all of these texts.
fn assert_explains((code, _, stderr): (i32, String, String), texts: &[&str]) {
    assert_eq!(code, 2, "{stderr}");
    let errors: Vec<&str> = stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "{stderr}");
    for text in texts {
        assert!(errors[0].contains(text), "`{text}` is not in: {}", errors[0]);
    }
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port() {
    let platform = Platform::new();
    let _taken = TcpListener::bind(("127.0.0.1", platform.warehouse_port())).unwrap();
    let port = platform.warehouse_port().to_string();
    assert_explains(platform.run(&["up"]).await, &[&port, "taken", "warehouse.url"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_library() {
    let platform = Platform::new();
    let mut command = platform.weekahead(&["warehouse", "serve"]);
    let output = command.env("WEEKAHEAD_TOOLS__LIBCHDB", "/nowhere/libchdb.so").output().await.unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = output.status.code().unwrap_or(-1);
    assert_explains((code, String::new(), stderr), &["/nowhere/libchdb.so", "make setup"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_instance_and_a_wrong_password() {
    let platform = Platform::new();
    let mut up = platform.weekahead(&["up", "--no-serving"]);
    let mut up = Running::start({
        up.env("WEEKAHEAD_WAREHOUSE__PASSWORD", "right").env("WEEKAHEAD_TRACKER__EMBEDDED", "false");
        up
    });
    up.until("lake, warehouse and tracker answer").await;
    assert_explains(platform.run(&["up"]).await, &["another weekahead runs", "--home"]);
    let mut wrong = platform.weekahead(&["warehouse", "status"]);
    let output = wrong.env("WEEKAHEAD_WAREHOUSE__PASSWORD", "wrong").output().await.unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_explains((output.status.code().unwrap_or(-1), String::new(), stderr), &["password"]);
    let mut wrong = platform.weekahead(&["lake", "loads"]);
    let output = wrong.env("WEEKAHEAD_LAKE__SECRET_ACCESS_KEY", "wrong").output().await.unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_explains((output.status.code().unwrap_or(-1), String::new(), stderr), &["secret_access_key"]);
    up.signal(Signal::SIGTERM);
    let (code, said) = up.end().await;
    assert_eq!(code, Some(0), "{said}");
    platform.until_silent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_that_are_away() {
    let platform = Platform::new();
    assert_explains(platform.run(&["ingest"]).await, &["lake", "weekahead up"]);
    assert_explains(platform.run(&["warehouse", "status"]).await, &["warehouse", "weekahead up"]);
    assert_explains(platform.run(&["forecast"]).await, &["http://127.0.0.1:"]);
    let (code, stdout, _) = platform.run(&["doctor"]).await;
    assert_eq!(code, 2);
    assert!(stdout.contains("MISSING") && stdout.contains("libchdb"), "{stdout}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typo_in_the_configuration() {
    let platform = Platform::new();
    let file = platform.home().join("weekahead.toml");
    std::fs::write(&file, "[warehouse]\nurll = \"http://127.0.0.1:1\"\n").unwrap();
    let args = ["config", "show", "--config", file.to_str().unwrap()];
    assert_explains(platform.run(&args).await, &["urll", "config show"]);
    let (code, stdout, _) = platform.run(&["config", "show"]).await;
    assert_eq!(code, 0);
    assert!(stdout.contains("secret_access_key = \"****\""), "{stdout}");
    assert!(!stdout.contains("weekahead-local"), "{stdout}");
}
