//! What is asked of Superset, and what is said of its refusals. The real one is in `make test-dashboards`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use serde_json::json;
use weekahead_dashboards::{Bundle, Error, Login, Superset, WarehouseAddress};
use wiremock::matchers::{body_partial_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn login() -> Login {
    Login { user: "admin".to_owned(), password: "secret".to_owned() }
}

fn bundle() -> Bundle {
    Bundle::new(&WarehouseAddress::new("http://127.0.0.1:8123", "default", "").unwrap()).unwrap()
}

async fn answer(server: &MockServer, verb: &str, route: &str, template: ResponseTemplate) {
    Mock::given(method(verb)).and(path(route)).respond_with(template).mount(server).await;
}

async fn superset(version: &str) -> MockServer {
    let server = MockServer::start().await;
    let ok = || ResponseTemplate::new(200);
    answer(&server, "GET", "/version", ok().set_body_json(json!({"version_string": version}))).await;
    Mock::given(method("POST"))
        .and(path("/api/v1/security/login"))
        .and(body_partial_json(json!({"username": "admin", "password": "secret", "provider": "db"})))
        .respond_with(ok().set_body_json(json!({"access_token": "a"})))
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/api/v1/security/csrf_token/"))
        .and(header("Authorization", "Bearer a"))
        .respond_with(
            ok().set_body_json(json!({"result": "c"}))
                .insert_header("Set-Cookie", "session=s; Path=/; HttpOnly"),
        )
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn a_bundle_is_imported_by_a_session_of_its_own() {
    let server = superset("6.1.0").await;
    Mock::given(method("POST"))
        .and(path("/api/v1/assets/import/"))
        .and(header("Authorization", "Bearer a"))
        .and(header("X-CSRFToken", "c"))
        .and(header("Cookie", "session=s"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"message": "OK"})))
        .expect(1)
        .mount(&server)
        .await;
    Superset::sign_in(&server.uri(), &login()).await.unwrap().import(&bundle()).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_imported_into_is_told_before_anything_is_sent() {
    let other = superset("5.0.0").await;
    let error = Superset::sign_in(&other.uri(), &login()).await.unwrap_err();
    assert!(
        matches!(error, Error::OtherVersion { .. }) && error.to_string().contains("Superset 5.0.0"),
        "{error}"
    );

    let nothing = MockServer::start().await;
    let error = Superset::sign_in(&nothing.uri(), &login()).await.unwrap_err();
    assert!(matches!(error, Error::NoSuperset { .. }), "{error}");

    let refuses = MockServer::start().await;
    let version = ResponseTemplate::new(200).set_body_json(json!({"version_string": "6.1.0"}));
    answer(&refuses, "GET", "/version", version).await;
    answer(&refuses, "POST", "/api/v1/security/login", ResponseTemplate::new(401)).await;
    let error = Superset::sign_in(&refuses.uri(), &login()).await.unwrap_err();
    assert!(matches!(error, Error::Login { .. }), "{error}");

    let url = format!("http://127.0.0.1:{}", free_port());
    let error = Superset::sign_in(&url, &login()).await.unwrap_err();
    assert!(
        matches!(error, Error::Unreachable { .. }) && error.to_string().contains("make dashboards"),
        "{error}"
    );
}

#[tokio::test]
async fn a_refused_import_says_why() {
    let server = superset("6.1.0").await;
    let signed_in = Superset::sign_in(&server.uri(), &login()).await.unwrap();
    let refusal =
        ResponseTemplate::new(422).set_body_json(json!({"errors": [{"message": "Error importing assets"}]}));
    answer(&server, "POST", "/api/v1/assets/import/", refusal).await;
    let error = signed_in.import(&bundle()).await.unwrap_err();
    assert!(
        error.to_string().contains("status 422") && error.to_string().contains("Error importing"),
        "{error}"
    );

    let server = superset("6.1.0").await;
    let signed_in = Superset::sign_in(&server.uri(), &login()).await.unwrap();
    answer(&server, "POST", "/api/v1/assets/import/", ResponseTemplate::new(403)).await;
    let error = signed_in.import(&bundle()).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden { .. }), "{error}");
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
