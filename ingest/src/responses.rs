//! What the provider said, gathered into parts of many answers.

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::yahoo::{ChartRequest, RawAnswer};

/// Large enough to compress well, small enough to hold a few in memory.
const PART_BYTES: usize = 8 << 20;
/// Of a page that is no answer, its beginning says who sent it.
const MAX_TEXT_BYTES: usize = 16 << 10;

/// Answers as NDJSON: one line an answer, with what was asked.
#[derive(Debug, Default)]
pub(crate) struct ResponseParts {
    lines: Vec<u8>,
}

impl ResponseParts {
    /// Appends an answer; returns a part when one is full.
    ///
    /// The line is `{"symbol","period1","period2","status","body"}`, `body` being the answer itself or, when that
    /// is no JSON, its text as a string. `is_json` says that it was read as JSON already.
    pub fn push(&mut self, request: &ChartRequest, answer: &RawAnswer, is_json: bool) -> Option<Bytes> {
        let asked = json!({
            "symbol": request.symbol,
            "period1": request.period1.as_second(),
            "period2": request.period2.as_second(),
            "status": answer.status,
        });
        let asked = asked.to_string();
        self.lines.extend_from_slice(asked.trim_end_matches('}').as_bytes());
        self.lines.extend_from_slice(b",\"body\":");
        let body = self.lines.len();
        if is_json || serde_json::from_slice::<IgnoredAny>(&answer.body).is_ok() {
            self.lines.extend_from_slice(answer.body.trim_ascii());
            // In valid JSON a line break can only be white space between tokens.
            let is_break = |byte: &&mut u8| matches!(byte, b'\n' | b'\r');
            self.lines[body..].iter_mut().filter(is_break).for_each(|byte| *byte = b' ');
        } else {
            self.lines.extend_from_slice(text(&answer.body).as_bytes());
        }
        self.lines.extend_from_slice(b"}\n");
        (self.lines.len() >= PART_BYTES).then(|| self.take()).flatten()
    }

    /// What has not been returned yet.
    pub fn take(&mut self) -> Option<Bytes> {
        let lines = std::mem::take(&mut self.lines);
        (!lines.is_empty()).then(|| lines.into())
    }
}

fn text(body: &[u8]) -> String {
    let head = &body[..body.len().min(MAX_TEXT_BYTES)];
    json!(String::from_utf8_lossy(head)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(body: &'static str) -> String {
        let at = |text: &str| text.parse().unwrap();
        let request = ChartRequest {
            symbol: "AAPL".parse().unwrap(),
            period1: at("2013-01-10T21:00:00Z"),
            period2: at("2013-01-25T23:00:00Z"),
        };
        let mut parts = ResponseParts::default();
        assert_eq!(parts.push(&request, &RawAnswer { status: 200, body: body.into() }, false), None);
        String::from_utf8(parts.take().unwrap().to_vec()).unwrap()
    }

    #[test]
    fn an_answer_is_one_line() {
        let expected = "{\"period1\":1357851600,\"period2\":1359154800,\"status\":200,\"symbol\":\"AAPL\",\
                        \"body\":{  \"chart\": {}}}\n";
        assert_eq!(line("{\r\n\"chart\": {}}\n"), expected);
    }

    #[test]
    fn a_page_is_kept_as_text() {
        let line = line("<html>\n\"busy\"");
        assert!(line.ends_with(",\"body\":\"<html>\\n\\\"busy\\\"\"}\n"), "{line}");
    }

    #[test]
    fn a_part_is_returned_when_it_is_full() {
        let mut parts = ResponseParts::default();
        let at = |text: &str| text.parse().unwrap();
        let period = at("2013-01-10T21:00:00Z");
        let request = ChartRequest { symbol: "AAPL".parse().unwrap(), period1: period, period2: period };
        let body: Bytes = format!("{{\"x\":\"{}\"}}", "y".repeat(PART_BYTES / 2)).into();
        let answer = RawAnswer { status: 200, body };
        assert!(parts.push(&request, &answer, true).is_none());
        assert!(parts.push(&request, &answer, true).unwrap().len() >= PART_BYTES);
        assert_eq!(parts.take(), None);
    }
}
