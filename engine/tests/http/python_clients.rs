//! clickhouse-connect and dbt from the Python environment, unchanged.

use std::path::Path;
use std::process::Command;

use crate::server::{PASSWORD, Server, repository_file};

fn run(program: &str, args: &[&str], dir: &Path) {
    let program = repository_file("WEEKAHEAD_VENV", ".venv").join("bin").join(program);
    let output = Command::new(&program).args(args).current_dir(dir).env("DO_NOT_TRACK", "1").output();
    let output =
        output.unwrap_or_else(|e| panic!("{} does not run ({e}): run `make setup` first", program.display()));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}\n{text}\n{}",
        program.display(),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn clickhouse_connect_works() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("data"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/clients/connect.py");
    let port = server.addr.rsplit(':').next().unwrap();
    run("python", &[script, port, PASSWORD], dir.path());
}

#[test]
fn dbt_builds_twice() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("data"));
    let project = dir.path().join("project");
    let port = server.addr.rsplit(':').next().unwrap();
    let profile = format!(
        "p: {{target: d, outputs: {{d: {{type: clickhouse, schema: demo, host: 127.0.0.1, port: {port}, user: default, \
         password: \"{PASSWORD}\", threads: 2}}}}}}"
    );
    for (file, text) in [
        (
            "dbt_project.yml",
            "{name: p, version: '1.0', profile: p, flags: {send_anonymous_usage_stats: false}}",
        ),
        ("profiles.yml", &profile),
        ("seeds/names.csv", "symbol,n\nAAPL,1\nMSFT,2\n"),
        (
            "models/latest.sql",
            "{{ config(materialized='table', order_by='n') }} select symbol, n from {{ ref('names') }}",
        ),
        (
            "models/history.sql",
            "{{ config(materialized='incremental', order_by='n', unique_key='n', incremental_strategy='delete_insert') }} \
             select symbol, n from {{ ref('latest') }} {% if is_incremental() %} where n > 1 {% endif %}",
        ),
        (
            "models/summary.sql",
            "{{ config(materialized='view') }} select count() as c from {{ ref('history') }}",
        ),
        (
            "models/tests.yml",
            "{models: [{name: latest, columns: [{name: n, data_tests: [not_null, unique]}]}]}",
        ),
    ] {
        let path = project.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    for _ in 0..2 {
        run("dbt", &["build", "--profiles-dir", "."], &project);
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert_eq!(runtime.block_on(server.sql("SELECT c FROM demo.summary")), "2\n");
}
