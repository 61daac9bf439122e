//! Which scope a route needs.

use axum::http::Method;

use super::Scope;

/// What strangers may not see where keys are configured; all else is the page, the documents and the probes.
const GUARDED: [&str; 6] = ["/v1", "/v2", GRPC, "/invocations", "/version", "/metrics"];

/// The service of gRPC, all of whose methods are posted to.
const GRPC: &str = "/inference.GRPCInferenceService";

/// The method of it that predicts.
const GRPC_INFER: &str = "/inference.GRPCInferenceService/ModelInfer";

/// Open below what is guarded: probes come without a key.
const OPEN: [&str; 3] = [
    "/v2/health",
    "/inference.GRPCInferenceService/ServerLive",
    "/inference.GRPCInferenceService/ServerReady",
];

/// For administrators alone.
const ADMIN: &str = "/v1/admin";

/// The scope that a request needs; `None` for one that is open to all.
pub(super) fn needed(method: &Method, path: &str) -> Option<Scope> {
    let below = |root: &str| {
        let rest = path.strip_prefix(root);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':']))
    };
    if !GUARDED.iter().any(|root| below(root)) || OPEN.iter().any(|root| below(root)) {
        return None;
    }
    Some(match *method {
        _ if below(ADMIN) => Scope::Admin,
        _ if below(GRPC) && !below(GRPC_INFER) => Scope::Read,
        Method::GET | Method::HEAD | Method::OPTIONS => Scope::Read,
        _ => Scope::Predict,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_predictions_and_probes_are_told_apart() {
        let of = |method: Method, path: &str| needed(&method, path);
        for open in ["/", "/healthz", "/readyz", "/ping", "/health", "/docs/", "/v2/health/live", "/v1x"] {
            assert_eq!(of(Method::GET, open), None, "{open}");
        }
        for read in ["/v1/forecasts", "/v1/features/AAPL", "/v2", "/v2/models/m", "/metrics", "/version"] {
            assert_eq!(of(Method::GET, read), Some(Scope::Read), "{read}");
        }
        for predict in ["/v1/forecasts", "/v1/forecasts:from-bars", "/invocations", "/v2/models/m/infer"] {
            assert_eq!(of(Method::POST, predict), Some(Scope::Predict), "{predict}");
        }
        for (method, scope) in
            [("ServerLive", None), ("ModelMetadata", Some(Scope::Read)), ("ModelInfer", Some(Scope::Predict))]
        {
            assert_eq!(of(Method::POST, &format!("{GRPC}/{method}")), scope, "{method}");
        }
        assert_eq!(of(Method::GET, "/v1/admin/x"), Some(Scope::Admin));
    }
}
