//! W3C trace context: the `traceparent` of a caller, so that its trace, our log and our spans meet.

use std::ops::Range;

use axum::http::{HeaderMap, HeaderValue};

/// The span that a request comes from: a `traceparent` that is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TraceParent(HeaderValue);

impl TraceParent {
    /// Out of `00-<32 digits>-<16 digits>-<2 digits>`; later versions may have more behind.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get("traceparent")?;
        is_valid(value.as_bytes()).then(|| Self(value.clone()))
    }

    /// The trace: 32 hexadecimal digits.
    pub(super) fn trace_id(&self) -> &str {
        self.digits(3..35)
    }

    /// The caller's span: 16 hexadecimal digits.
    pub(super) fn span_id(&self) -> &str {
        self.digits(36..52)
    }

    /// Whether the caller records the trace, and what else: 2 hexadecimal digits.
    pub(super) fn flags(&self) -> &str {
        self.digits(53..55)
    }

    fn digits(&self, place: Range<usize>) -> &str {
        self.0.to_str().ok().and_then(|text| text.get(place)).unwrap_or_default()
    }
}

fn is_valid(text: &[u8]) -> bool {
    let hex = |part: &[u8]| part.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let something = |part: &[u8]| part.iter().any(|byte| *byte != b'0');
    let dashes = |at: &[usize]| at.iter().all(|at| text[*at] == b'-');
    text.len() >= 55
        && dashes(&[2, 35, 52])
        && hex(&text[..2])
        && &text[..2] != b"ff"
        && hex(&text[3..35])
        && something(&text[3..35])
        && hex(&text[36..52])
        && something(&text[36..52])
        && hex(&text[53..55])
        && (text.len() == 55 || (&text[..2] != b"00" && text[55] == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_recommendation_allows_is_a_trace() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", text.parse().unwrap());
            TraceParent::of(&headers).map(|parent| parent.trace_id().to_owned())
        };
        let trace = "0af7651916cd43dd8448eb211c80319c";
        assert_eq!(of(&format!("00-{trace}-b7ad6b7169203331-01")).as_deref(), Some(trace));
        assert_eq!(of(&format!("01-{trace}-b7ad6b7169203331-01-more")).as_deref(), Some(trace));
        let wrong = [
            format!("00-{trace}-b7ad6b7169203331-01-more"),
            format!("ff-{trace}-b7ad6b7169203331-01"),
            format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{}-b7ad6b7169203331-01", trace.to_uppercase()),
            "00-short".to_owned(),
        ];
        assert!(wrong.iter().all(|text| of(text).is_none()), "{wrong:?}");
    }
}
