//! Who is let in: not while too many are, not with too large a body, not without the scope that a route needs.

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::StatusCode;
use http_body_util::Limited;
use tokio::sync::OwnedSemaphorePermit;

use super::seen::Seen;
use super::{Shared, answer, scope};
use crate::http::Problem;
use std::sync::Arc;

/// The place of a request among those under way; `None` for one that needs none.
pub(super) type Permit = Option<OwnedSemaphorePermit>;

/// Probes: answered however much there is to do.
pub(super) const PROBES: [&str; 9] = [
    "/healthz",
    "/readyz",
    "/ping",
    "/health",
    "/v2/health/live",
    "/v2/health/ready",
    "/inference.GRPCInferenceService/ServerLive",
    "/inference.GRPCInferenceService/ServerReady",
    "/metrics",
];

/// Probes by which a load balancer decides whether to send more.
const READINESS: [&str; 3] = ["/readyz", "/v2/health/ready", "/inference.GRPCInferenceService/ServerReady"];

impl Shared {
    /// Lets a request in, or says why not.
    pub(super) fn admit(&self, request: Request, seen: &mut Seen) -> Result<(Request, Permit), Problem> {
        let path = request.uri().path();
        if self.is_draining() && READINESS.contains(&path) {
            let detail = "the server is stopping: requests under way are answered, send others elsewhere";
            return Err(unavailable("draining", "The server is stopping", detail));
        }
        if let Some(scope) = scope::needed(request.method(), path) {
            seen.key = self.keys.authorize(request.headers(), scope)?;
        }
        let permit = match PROBES.contains(&path) {
            true => None,
            false => Some(Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| overloaded())?),
        };
        Ok((self.limited(request)?, permit))
    }

    /// The same request with a body that ends at the limit.
    fn limited(&self, request: Request) -> Result<Request, Problem> {
        let most = self.limits.body_bytes;
        let (lower, exact) = (request.body().size_hint().lower(), request.body().size_hint().exact());
        if lower > most as u64 {
            return Err(answer::too_large());
        }
        // A body of a known length ends there by itself.
        Ok(if exact.is_some() { request } else { request.map(|body| Body::new(Limited::new(body, most))) })
    }
}

fn overloaded() -> Problem {
    let detail = "as many requests are under way as the server takes; try again shortly";
    unavailable("overloaded", "Too many requests at once", detail)
}

fn unavailable(code: &str, title: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, title, detail)
}
