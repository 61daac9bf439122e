//! Answers in every shape that Yahoo was seen to give, and what is read from them.

use std::path::Path;
use std::time::Duration;

use weekahead_ingest::yahoo::{Exchanges, ParsedChart, parse_chart};
use weekahead_ingest::{Error, Result};

use crate::world::instant;

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(format!("{name}.json"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn read_at(name: &str, status: u16, now: &str) -> Result<ParsedChart> {
    let lag = Duration::from_secs(3_600);
    parse_chart("DEMO", status, &fixture(name), &Exchanges::new(), instant(now), lag)
}

fn read(name: &str) -> Result<ParsedChart> {
    read_at(name, 200, "2025-03-01T00:00:00Z")
}

#[test]
fn charts() {
    for name in ["split_and_dividend", "nulls", "pence", "fund", "crypto", "empty", "faulty"] {
        insta::assert_json_snapshot!(name, read(name).unwrap());
    }
}

#[test]
fn a_bar_is_kept_once_its_session_is_closed_and_available() {
    let counts = |now| {
        let chart = read_at("live_bar", 200, now).unwrap();
        (chart.rows.len(), chart.open_rows, chart.duplicate_rows)
    };
    // 2022-02-23 is under way, then closed, then available; 2022-02-22 came twice.
    assert_eq!(counts("2022-02-23T15:00:00Z"), (2, 1, 1));
    assert_eq!(counts("2022-02-23T21:59:59Z"), (2, 1, 1));
    assert_eq!(counts("2022-02-23T22:00:00Z"), (3, 0, 1));
    let rows = read_at("live_bar", 200, "2022-02-23T22:00:00Z").unwrap().rows;
    assert_eq!(rows[1].bar.volume, 91_162_801.0, "the last of a session counts");
}

#[test]
fn refusals() {
    assert!(matches!(read_at("not_found", 404, "2025-03-01T00:00:00Z"), Err(Error::NotFound { .. })));
    assert!(matches!(read_at("no_data", 400, "2025-03-01T00:00:00Z"), Err(Error::NoData { .. })));
    let refused = read_at("unauthorized", 401, "2025-03-01T00:00:00Z").unwrap_err();
    assert!(!refused.is_retryable());
    assert!(refused.to_string().contains("Invalid Crumb"), "{refused}");
}

#[test]
fn answers_that_are_rejected_as_a_whole() {
    for (name, reason) in [
        ("wrong_lengths", "it has 2 timestamps but 1 of open"),
        ("minutes", "its bars are of 1m, not of a day"),
        ("bad_split", "split `1645108200` has no usable date or ratio"),
    ] {
        match read(name).unwrap_err() {
            Error::Malformed { reason: found, .. } => assert_eq!(found, reason),
            other => panic!("{name}: {other}"),
        }
    }
}

#[test]
fn bytes_that_are_no_answer() {
    let parse = |status, body: &[u8]| {
        let lag = Duration::ZERO;
        parse_chart("DEMO", status, body, &Exchanges::new(), instant("2025-03-01T00:00:00Z"), lag)
            .unwrap_err()
    };
    let whole = fixture("split_and_dividend");
    assert!(matches!(parse(200, &whole[..whole.len() / 2]), Error::CutOff { .. }));
    assert!(matches!(parse(200, b"<html>consent</html>"), Error::NotJson { .. }));
    assert!(matches!(parse(200, b""), Error::NotJson { .. }));
    assert!(matches!(parse(200, b"{}"), Error::Malformed { .. }));
    assert!(matches!(parse(200, b"{\"chart\":3}"), Error::Malformed { .. }));
    assert!(matches!(parse(429, b"Edge: Too Many Requests"), Error::RateLimited { .. }));
    assert!(matches!(parse(502, b"<html>bad gateway</html>"), Error::Unavailable { .. }));
}
