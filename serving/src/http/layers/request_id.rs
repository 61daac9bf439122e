//! The name of a request, by which its answer, its log line and its problem are found.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header that carries it, in both directions.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id of a client that is taken over.
const LONGEST: usize = 128;

/// What handlers may know of the request beside itself.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// Its id.
    pub request_id: HeaderValue,
    /// The most symbols that it may name.
    pub most_symbols: usize,
    /// The most bytes that its body may have.
    pub most_body_bytes: usize,
}

impl RequestContext {
    /// Of a request that went through the layers.
    pub fn of(request: &Request) -> Option<&Self> {
        request.extensions().get()
    }
}

/// The client's id where it is a sane one, else a new UUID.
pub(super) fn of(headers: &HeaderMap) -> HeaderValue {
    headers.get(HEADER).filter(|id| is_sane(id)).cloned().unwrap_or_else(new)
}

/// Whatever is echoed goes into logs: a short word of letters, digits and a few marks.
fn is_sane(id: &HeaderValue) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte);
    !id.is_empty() && id.len() <= LONGEST && id.as_bytes().iter().all(is_plain)
}

/// A version 4 UUID from the thread's own generator: the system's costs a call.
fn new() -> HeaderValue {
    let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
    let mut text = Uuid::encode_buffer();
    let text = id.hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("unnamed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sane_ids_are_taken_over_and_others_replaced() {
        let with = |id: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_bytes(id).unwrap());
            of(&headers)
        };
        assert_eq!(with(b"order-17/a.b:c"), "order-17/a.b:c");
        for odd in [&b""[..], b"two words", b"\xffbytes", &[b'a'; 129]] {
            let id = with(odd);
            assert_eq!(Uuid::parse_str(id.to_str().unwrap()).unwrap().get_version_num(), 4);
        }
        assert_ne!(of(&HeaderMap::new()), of(&HeaderMap::new()));
    }
}
