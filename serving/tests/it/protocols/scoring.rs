//! MLflow's scoring protocol: the formats that are taken, and what is said to all others.

use serde_json::{Value, json};

use super::{get, send, served};

const JSON: Option<&str> = Some("application/json");
const CSV: Option<&str> = Some("text/csv");

/// The same two rows, over and over.
const SAME: &[(Option<&str>, &str)] = &[
    (JSON, r#"{"inputs": {"x": [[0.05, 0.1, 0.02], [-1, 2.5, 0.3]]}}"#),
    (JSON, r#"{"inputs": [[0.05, 0.1, 0.02], [-1, 2.5, 0.3]]}"#),
    (
        JSON,
        r#"{"inputs": [["0.05", " 1e-1", 0.02], [-1.0, "2.5", 3e-1]], "params": {"a": 1}, "other": [{}]}"#,
    ),
    (JSON, r#"{"inputs": {"z": "?", "x": [[0.05, 0.1, 0.02], [-1, 2.5, 0.3]]}, "params": null}"#),
    (JSON, r#"{"instances": [[0.05, 0.1, 0.02], [-1, 2.5, 0.3]]}"#),
    (JSON, r#"{"instances": [{"x": [0.05, 0.1, 0.02]}, {"z": 1, "x": [-1, 2.5, 0.3]}]}"#),
    (JSON, r#"{"instances": {"x": [[0.05, 0.1, 0.02], [-1, 2.5, 0.3]]}}"#),
    (JSON, r#"{"dataframe_split": {"columns": ["x"], "data": [[[0.05, 0.1, 0.02]], [[-1, 2.5, 0.3]]]}}"#),
    (
        JSON,
        r#"{"dataframe_split": {"data": [[8, [0.05, 0.1, 0.02]], ["?", [-1, 2.5, 0.3]]], "index": [0, 1], "columns": ["a", "x"]}}"#,
    ),
    (
        JSON,
        r#"{"dataframe_split": {"columns": ["a", "b", "vol"], "data": [[0.05, 0.1, 0.02], [-1, 2.5, 0.3]]}}"#,
    ),
    (
        JSON,
        r#"{"dataframe_split": {"data": [[{}, 0.02, 0.05, 0.1], [7, 0.3, -1, 2.5]], "columns": ["z", "vol", "a", "b"], "index": null}}"#,
    ),
    (JSON, r#"{"dataframe_records": [{"x": [0.05, 0.1, 0.02]}, {"x": [-1, 2.5, 0.3], "a": 7}]}"#),
    (
        JSON,
        r#"{"dataframe_records": [{"a": 0.05, "b": 0.1, "vol": 0.02}, {"vol": 0.3, "z": null, "b": 2.5, "a": -1}]}"#,
    ),
    (Some("application/json; charset=UTF-8"), "\u{feff}{\"inputs\": [[0.05, 0.1, 0.02], [-1, 2.5, 0.3]]}"),
    (CSV, "a,b,vol\n0.05,0.1,0.02\n-1,2.5,0.3\n"),
    (Some("text/csv; charset=utf-8"), "\"\",vol,b,a,note\r\n0,0.02,0.1,0.05,\"x, y\"\r\n1,0.3,2.5,-1,\r\n"),
];

/// A row whose first value is missing or infinite, which is filled alike.
const MISSING: &[(Option<&str>, &str)] = &[
    (JSON, r#"{"inputs": [[null, 0.1, 0.02]]}"#),
    (JSON, r#"{"inputs": [[NaN, 0.1, 0.02]]}"#),
    (JSON, r#"{"inputs": [["nan", 0.1, 0.02]]}"#),
    (JSON, r#"{"inputs": [[-Infinity, 0.1, 0.02]]}"#),
    (JSON, r#"{"inputs": [[1e400, 0.1, 0.02]]}"#),
    (CSV, "a,b,vol\n,0.1,0.02\n"),
    (CSV, "a,b,vol\nNA,0.1,0.02\n"),
];

/// What is no rows of three features.
const REFUSED: &[(Option<&str>, &str)] = &[
    (None, r#"{"inputs": [[1, 2, 3]]}"#),
    (Some("text/plain"), r#"{"inputs": [[1, 2, 3]]}"#),
    (Some("application/json; format=pandas-split"), r#"{"inputs": [[1, 2, 3]]}"#),
    (Some("application/json; charset=latin-1"), r#"{"inputs": [[1, 2, 3]]}"#),
    (JSON, ""),
    (JSON, "5"),
    (JSON, "[]"),
    (JSON, "{}"),
    (JSON, r#"{"inputs": [[1, 2, 3]]"#),
    (JSON, r#"{"inputs": [[1, 2, 3]]} x"#),
    (JSON, r#"{"other": [[1, 2, 3]]}"#),
    (JSON, r#"{"inputs": [[1, 2, 3]], "instances": [[1, 2, 3]]}"#),
    (JSON, r#"{"messages": [], "inputs": [[1, 2, 3]]}"#),
    (JSON, r#"{"inputs": null}"#),
    (JSON, r#"{"inputs": 5}"#),
    (JSON, r#"{"inputs": []}"#),
    (JSON, r#"{"inputs": [[]]}"#),
    (JSON, r#"{"inputs": [1, 2, 3]}"#),
    (JSON, r#"{"inputs": [[[1, 2, 3]]]}"#),
    (JSON, r#"{"inputs": [[1, 2]]}"#),
    (JSON, r#"{"inputs": [[1, 2, 3, 4]]}"#),
    (JSON, r#"{"inputs": [[1, 2, 3], [1, 2]]}"#),
    (JSON, r#"{"inputs": [[1, 2, "abc"]]}"#),
    (JSON, r#"{"inputs": [[1, 2, {}]]}"#),
    (JSON, r#"{"inputs": {}}"#),
    (JSON, r#"{"inputs": {"y": [[1, 2, 3]]}}"#),
    (JSON, r#"{"inputs": {"x": null}}"#),
    (JSON, r#"{"inputs": [{"x": [1, 2, 3]}]}"#),
    (JSON, r#"{"instances": [{"x": [1, 2, 3]}, 5]}"#),
    (JSON, r#"{"instances": [{"x": [1, 2, 3]}, {"y": 1}]}"#),
    (JSON, r#"{"instances": [{"x": [[1, 2, 3]]}]}"#),
    (JSON, r#"{"dataframe_split": [1]}"#),
    (JSON, r#"{"dataframe_split": {"columns": ["x"]}}"#),
    (JSON, r#"{"dataframe_split": {"columns": ["x"], "data": []}}"#),
    (JSON, r#"{"dataframe_split": {"columns": ["x"], "data": [[1]]}}"#),
    (JSON, r#"{"dataframe_split": {"columns": ["x"], "data": [[[1, 2]]]}}"#),
    (JSON, r#"{"dataframe_split": {"columns": ["x", "x"], "data": [[[1, 2, 3], [1, 2, 3]]]}}"#),
    (JSON, r#"{"dataframe_split": {"columns": ["x"], "data": [[[1, 2, 3]]], "rows": 1}}"#),
    (JSON, r#"{"dataframe_split": {"columns": ["x"], "data": [[[1, 2, 3]]], "index": [0, 1]}}"#),
    (JSON, r#"{"dataframe_split": {"data": [[1, 2, 3]]}}"#),
    (JSON, r#"{"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2]]}}"#),
    (JSON, r#"{"dataframe_split": {"columns": ["a", "b", "vol"], "data": [[1, 2]]}}"#),
    (JSON, r#"{"dataframe_split": {"columns": ["a", "b", "vol"], "data": [[1, 2, 3, 4]]}}"#),
    (JSON, r#"{"dataframe_split": {"columns": ["a", "b", "b"], "data": [[1, 2, 3]]}}"#),
    (JSON, r#"{"dataframe_records": {}}"#),
    (JSON, r#"{"dataframe_records": []}"#),
    (JSON, r#"{"dataframe_records": [1]}"#),
    (JSON, r#"{"dataframe_records": [{"a": 1}, {"b": 2}]}"#),
    (JSON, r#"{"dataframe_records": [{"x": [1, 2, 3]}, {}]}"#),
    (CSV, ""),
    (CSV, "a,b,vol\n"),
    (CSV, "x\n1\n"),
    (CSV, "a,b,vol\n1,2\n"),
    (CSV, "a,b,vol\n1,2,abc\n"),
    (CSV, "a,b,b\n1,2,3\n"),
];

#[tokio::test]
async fn every_format_is_the_same_rows() {
    let server = served(true).await;
    let (status, first) = send(&server, "/invocations", JSON, SAME[0].1.into()).await;
    assert_eq!(status, 200, "{first}");
    let rows = |output: &str| first["predictions"][output].as_array().unwrap().clone();
    for (output, columns) in [("y", 1), ("quantiles", 7), ("offsets", 7), ("scale", 1)] {
        assert!(rows(output).iter().all(|row| row.as_array().unwrap().len() == columns), "{first}");
        assert_eq!(rows(output).len(), 2, "{first}");
    }
    assert!(rows("y")[0] != rows("y")[1] && rows("offsets")[0] == rows("offsets")[1], "{first}");
    for (kind, body) in SAME {
        assert_eq!(
            send(&server, "/invocations", *kind, (*body).into()).await,
            (200, first.clone()),
            "{body}"
        );
    }

    let (status, first) = send(&server, "/invocations", JSON, MISSING[0].1.into()).await;
    assert_eq!(status, 200, "{first}");
    for (kind, body) in MISSING {
        assert_eq!(
            send(&server, "/invocations", *kind, (*body).into()).await,
            (200, first.clone()),
            "{body}"
        );
    }
    server.shutdown().await;
}

#[tokio::test]
async fn what_cannot_be_scored_is_told() {
    let server = served(true).await;
    let mut answers = Vec::new();
    for (kind, body) in REFUSED {
        let (status, answer) = send(&server, "/invocations", *kind, body.as_bytes().to_vec()).await;
        let short: String = body.chars().take(80).collect();
        answers.push(json!({"kind": kind, "body": short, "status": status, "answer": answer}));
    }
    let long = format!("{{\"inputs\": [[{}, 2, 3]]}}", "1".repeat(400));
    assert_eq!(send(&server, "/invocations", JSON, long.into_bytes()).await.0, 400);
    for (kind, body) in [(JSON, &b"{\"inputs\": \"\xff\"}"[..]), (CSV, b"\xff\n")] {
        let (status, answer) = send(&server, "/invocations", kind, body.to_vec()).await;
        answers.push(json!({"kind": kind, "body": "no UTF-8", "status": status, "answer": answer}));
    }
    insta::assert_json_snapshot!(answers);
    let status = async |body: Vec<u8>| send(&server, "/invocations", JSON, body).await.0;
    let rows =
        |count: usize| format!("{{\"inputs\": [{}[1,2,3]]}}", "[1,2,3],".repeat(count - 1)).into_bytes();
    assert_eq!(status(rows(100_000)).await, 200);
    assert_eq!(status(rows(100_001)).await, 413);
    assert_eq!(status(vec![b' '; (16 << 20) + 1]).await, 413);
    server.shutdown().await;
}

#[tokio::test]
async fn probes_tell_whether_a_model_is_live() {
    let (live, waiting) = (served(true).await, served(false).await);
    let mut answers: Vec<Value> = Vec::new();
    for server in [&live, &waiting] {
        for path in ["/ping", "/health", "/version", "/v2/health/live", "/v2/health/ready"] {
            answers.push(get(server, path).await);
        }
        let (status, answer) = send(server, "/invocations", JSON, b"{\"inputs\": [[1, 2]]}".to_vec()).await;
        answers.push(json!({"request": "/invocations", "status": status, "answer": answer}));
    }
    insta::assert_json_snapshot!(answers);
    live.shutdown().await;
    waiting.shutdown().await;
}
