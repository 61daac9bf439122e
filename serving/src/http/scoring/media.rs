//! What the header `Content-Type` says of a body, by MLflow's rules.

use axum::http::{HeaderMap, header};

use super::fault::ScoringFault;

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Json,
    Csv,
}

/// The kind of a request's body.
///
/// # Errors
/// 415 where it is neither JSON nor CSV, is not said to be UTF-8, or has any parameter but `charset`: the one that old clients sent,
/// `format`, is refused by MLflow 2 and later as well.
pub(super) fn media(headers: &HeaderMap) -> Result<Media, ScoringFault> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Err(ScoringFault::media(
            "say with the header Content-Type what the body is: application/json or text/csv",
        ));
    };
    let text = String::from_utf8_lossy(value.as_bytes());
    let mut parts = text.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let parameters: Vec<(&str, &str)> =
        parts.map(|part| part.split_once('=').unwrap_or((part, ""))).collect();
    let charset = parameters.iter().rev().find(|(name, _)| *name == "charset");
    if charset.is_some_and(|(_, value)| !value.eq_ignore_ascii_case("utf-8")) {
        return Err(ScoringFault::media("bodies are read as UTF-8 only"));
    }
    if let Some((name, _)) = parameters.iter().find(|(name, _)| *name != "charset") {
        return Err(ScoringFault::media(format!(
            "Content-Type has an unknown parameter `{name}`: leave it out"
        )));
    }
    match kind {
        "application/json" => Ok(Media::Json),
        "text/csv" => Ok(Media::Csv),
        _ => Err(ScoringFault::media("a body is application/json or text/csv; this is neither")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart_as_mlflow_does() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, value.parse().unwrap());
            media(&headers).ok()
        };
        for json in ["application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8"]
        {
            assert_eq!(of(json), Some(Media::Json), "{json}");
        }
        assert_eq!(of("text/csv; charset=utf-8"), Some(Media::Csv));
        for other in [
            "",
            "text/plain",
            "APPLICATION/JSON",
            "application/json;",
            "application/json; charset=latin-1",
            "application/json; charset=\"utf-8\"",
            "application/json; format=pandas-split",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
        assert!(media(&HeaderMap::new()).is_err());
    }
}
