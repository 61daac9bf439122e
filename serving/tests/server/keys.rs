//! Who may ask for what, and how often.

use std::num::NonZeroU32;

use serde_json::Value;
use weekahead_serving::Error;
use weekahead_serving::http::{ApiKey, NewKey, Scope, ServerHandle, ServerSettings, serve_with};

use crate::away::{api, served, settings, url};

fn key(name: &str, scopes: &[Scope], rate: Option<u32>) -> NewKey {
    NewKey::random(name, scopes.to_vec(), rate.and_then(NonZeroU32::new))
}

/// Status and code of a request with a header.
async fn ask(
    server: &ServerHandle,
    method: &str,
    path: &str,
    header: Option<(&str, String)>,
) -> (u16, String) {
    let mut request = reqwest::Client::new().request(method.parse().unwrap(), url(server, path));
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    if status == 401 {
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
    }
    if status == 429 {
        assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() >= 1);
    }
    let problem: Value = answer.json().await.unwrap_or_default();
    (status, problem["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn keys_open_what_their_scopes_say() {
    let (reader, desk, root) = (
        key("reader", &[Scope::Read], None),
        key("desk", &[Scope::Predict], None),
        key("root", &[Scope::Admin], None),
    );
    let keys = [&reader, &desk, &root].map(|made| made.key.clone()).to_vec();
    let server = served(|settings| settings.keys = keys).await;
    let bearer = |made: &NewKey| Some(("authorization", format!("Bearer {}", made.secret)));
    let plain = |made: &NewKey| Some(("x-api-key", made.secret.clone()));
    let refused = |code: &str| (if code == "forbidden" { 403 } else { 401 }, code.to_owned());

    for path in ["/healthz", "/docs/", "/openapi.json"] {
        assert_eq!(ask(&server, "GET", path, None).await.0, 200, "{path}");
    }
    for path in ["/v1/features", "/metrics"] {
        assert_eq!(ask(&server, "GET", path, None).await, refused("unauthenticated"), "{path}");
        assert_eq!(ask(&server, "GET", path, bearer(&reader)).await.0, 200, "{path}");
        assert_eq!(ask(&server, "GET", path, plain(&root)).await.0, 200, "{path}");
        assert_eq!(ask(&server, "GET", path, plain(&desk)).await, refused("forbidden"), "{path}");
    }
    let wrong = Some(("authorization", format!("bearer {}x", reader.secret)));
    assert_eq!(ask(&server, "GET", "/v1/features", wrong).await, refused("unauthenticated"));
    let digest = Some(("x-api-key", reader.key.sha256.clone()));
    assert_eq!(ask(&server, "GET", "/v1/features", digest).await, refused("unauthenticated"));
    assert_eq!(ask(&server, "POST", "/v1/forecasts", plain(&reader)).await, refused("forbidden"));
    assert_eq!(ask(&server, "POST", "/v1/forecasts", plain(&desk)).await.1, "unsupported_media_type");
    server.shutdown().await;
}

#[tokio::test]
async fn a_key_has_its_own_rate() {
    let (slow, quick) = (key("slow", &[Scope::Read], Some(2)), key("quick", &[Scope::Read], None));
    let keys = vec![slow.key.clone(), quick.key.clone()];
    let server = served(|settings| settings.keys = keys).await;
    let with = |made: &NewKey| Some(("x-api-key", made.secret.clone()));
    let mut slow_ones = Vec::new();
    for _ in 0..6 {
        slow_ones.push(ask(&server, "GET", "/v1/features", with(&slow)).await);
    }
    assert_eq!(slow_ones[0].0, 200);
    assert!(slow_ones.contains(&(429, "rate_limited".to_owned())), "{slow_ones:?}");
    for _ in 0..6 {
        assert_eq!(ask(&server, "GET", "/v1/features", with(&quick)).await.0, 200);
    }
    server.shutdown().await;
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_at_the_start() {
    let good = key("desk", &[Scope::Read], None).key;
    let refusal = async |change: &dyn Fn(&mut ServerSettings)| {
        let mut settings = settings();
        change(&mut settings);
        match serve_with(api(), settings).await {
            Err(error @ Error::Settings { .. }) => error.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let open = refusal(&|settings| settings.addr = "0.0.0.0:0".parse().unwrap()).await;
    assert!(open.contains("weekahead keys new") && open.contains("serving.open"), "{open}");
    let twice = refusal(&|settings| settings.keys = vec![good.clone(), good.clone()]).await;
    assert!(twice.contains("`desk` is there twice"), "{twice}");
    let no_scope = refusal(&|settings| settings.keys = vec![ApiKey { scopes: vec![], ..good.clone() }]).await;
    assert!(no_scope.contains("scopes"), "{no_scope}");
    let digest = ApiKey { sha256: "12".to_owned(), ..good.clone() };
    let no_digest = refusal(&|settings| settings.keys = vec![digest.clone()]).await;
    assert!(no_digest.contains("64 hexadecimal digits"), "{no_digest}");
    let no_origin = refusal(&|settings| settings.cors_origins = vec!["*".to_owned()]).await;
    assert!(no_origin.contains("serving.cors_origins"), "{no_origin}");

    let server = served(|settings| {
        settings.addr = "0.0.0.0:0".parse().unwrap();
        settings.keys = vec![good];
    })
    .await;
    server.shutdown().await;
}

#[tokio::test]
async fn only_named_origins_may_ask_from_a_browser() {
    let home = "https://desk.example.com";
    let preflight = async |server: &ServerHandle, origin: &str| {
        let request = reqwest::Client::new().request(reqwest::Method::OPTIONS, url(server, "/v1/forecasts"));
        let request = request.header("origin", origin).header("access-control-request-method", "POST");
        let answer = request.send().await.unwrap();
        answer.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap().to_owned())
    };
    let server = served(|_| ()).await;
    assert_eq!(preflight(&server, home).await, None);
    server.shutdown().await;
    let server = served(|settings| settings.cors_origins = vec![home.to_owned()]).await;
    assert_eq!(preflight(&server, home).await.as_deref(), Some(home));
    assert_eq!(preflight(&server, "https://elsewhere.example.com").await, None);
    server.shutdown().await;
}
