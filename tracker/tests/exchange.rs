//! How the client behaves towards a server that fails, refuses, stalls or is not there.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use serde_json::{Value, json};
use weekahead_tracker::{
    ArtifactInfo, ArtifactStore, Auth, Batch, BoxFuture, Error, Metric, NewRun, Result, RunInfo, RunStatus,
    Tracker, TrackerConfig,
};
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn config(url: &str) -> TrackerConfig {
    TrackerConfig {
        timeout: Duration::from_millis(500),
        first_wait: Duration::from_millis(5),
        retries: 3,
        ..TrackerConfig::new(url)
    }
}

fn tracker(server: &MockServer) -> Tracker {
    Tracker::new(&config(&server.uri())).unwrap()
}

fn run_json() -> Value {
    json!({"run": {"info": {
        "run_id": "r1", "run_uuid": "r1", "run_name": "ridge", "experiment_id": "1", "status": "RUNNING",
        "start_time": 1, "artifact_uri": "s3://lake/mlflow/1/r1/artifacts", "new_field": [1],
    }}})
}

fn refusal(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"error_code": code, "message": "because"}))
}

#[tokio::test]
async fn a_read_is_repeated_until_the_server_recovers() {
    let server = MockServer::start().await;
    Mock::given(path("/api/2.0/mlflow/runs/get"))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    Mock::given(path("/api/2.0/mlflow/runs/get"))
        .and(query_param("run_id", "r1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(run_json()))
        .mount(&server)
        .await;
    let run = tracker(&server).run("r1").await.unwrap();
    assert_eq!((run.info.run_id.as_str(), run.info.status), ("r1", RunStatus::Running));
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_server_that_stays_down_is_reported_as_retryable() {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(refusal(500, "INTERNAL_ERROR")).expect(4).mount(&server).await;
    let error = tracker(&server).run("r1").await.unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(
        error.to_string(),
        "MLflow failed at GET mlflow/runs/get with status 500 INTERNAL_ERROR: because"
    );
}

#[tokio::test]
async fn a_creation_is_not_repeated_when_the_server_may_have_acted() {
    let server = MockServer::start().await;
    Mock::given(path("/api/2.0/mlflow/runs/create"))
        .respond_with(ResponseTemplate::new(502))
        .expect(1)
        .mount(&server)
        .await;
    let error = tracker(&server).create_run(&NewRun::new("1", "ridge", 1)).await.unwrap_err();
    assert!(matches!(error, Error::Server { status: 502, .. }), "{error}");
}

#[tokio::test]
async fn a_creation_is_repeated_when_the_server_turned_it_away() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "0");
    Mock::given(path("/api/2.0/mlflow/runs/create")).respond_with(busy).up_to_n_times(1).mount(&server).await;
    Mock::given(path("/api/2.0/mlflow/runs/create"))
        .respond_with(ResponseTemplate::new(200).set_body_json(run_json()))
        .expect(1)
        .mount(&server)
        .await;
    tracker(&server).create_run(&NewRun::new("1", "ridge", 1)).await.unwrap();
}

#[tokio::test]
async fn nobody_listening_is_said_with_a_hint() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let tracker = Tracker::new(&config(&format!("http://{free}"))).unwrap();
    let error = tracker.create_run(&NewRun::new("1", "ridge", 1)).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }) && error.is_retryable());
    let text = error.to_string();
    assert!(text.contains(&free.to_string()) && text.contains("mlflow server"), "{text}");
}

#[tokio::test]
async fn a_server_that_stalls_is_left_after_the_timeout() {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    Mock::given(method("GET")).respond_with(slow).mount(&server).await;
    let impatient = TrackerConfig { timeout: Duration::from_millis(50), retries: 1, ..config(&server.uri()) };
    let error = Tracker::new(&impatient).unwrap().run("r1").await.unwrap_err();
    assert!(matches!(error, Error::Timeout { timeout_ms: 50, .. }) && error.is_retryable(), "{error}");
}

#[tokio::test]
async fn refusals_are_typed_and_not_repeated() {
    let server = MockServer::start().await;
    for (run_id, status, code) in [
        ("gone", 404, "RESOURCE_DOES_NOT_EXIST"),
        ("bad", 400, "INVALID_PARAMETER_VALUE"),
        ("closed", 403, "PERMISSION_DENIED"),
    ] {
        Mock::given(query_param("run_id", run_id))
            .respond_with(refusal(status, code))
            .expect(1)
            .mount(&server)
            .await;
    }
    let tracker = tracker(&server);
    assert!(tracker.run("gone").await.unwrap_err().is_not_found());
    assert!(matches!(tracker.run("bad").await, Err(Error::Invalid { .. })));
    assert!(matches!(tracker.run("closed").await, Err(Error::Unauthorized { status: 403, .. })));
}

#[tokio::test]
async fn a_run_runs_again_without_an_end_and_without_a_tag_that_is_gone_already() {
    let server = MockServer::start().await;
    Mock::given(path("/api/2.0/mlflow/runs/delete-tag"))
        .respond_with(refusal(404, "RESOURCE_DOES_NOT_EXIST"))
        .mount(&server)
        .await;
    Mock::given(path("/api/2.0/mlflow/runs/update"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .mount(&server)
        .await;
    let tracker = tracker(&server);
    tracker.delete_tag("r1", "weekahead.failure").await.unwrap();
    tracker.resume_run("r1").await.unwrap();
    let sent = &server.received_requests().await.unwrap()[1];
    let body = sent.body_json::<Value>().unwrap();
    assert_eq!(body, json!({"run_id": "r1", "run_uuid": "r1", "status": "RUNNING"}));
}

#[tokio::test]
async fn an_answer_that_is_no_mlflow_answer_is_said() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_string("<html>"))
        .mount(&server)
        .await;
    assert!(matches!(tracker(&server).run("r1").await, Err(Error::Decode { .. })));
}

#[tokio::test]
async fn redirects_are_not_followed_with_our_credentials() {
    let server = MockServer::start().await;
    let away = ResponseTemplate::new(302).insert_header("location", "http://192.0.2.1/");
    Mock::given(method("GET")).respond_with(away).expect(1).mount(&server).await;
    assert!(matches!(tracker(&server).run("r1").await, Err(Error::Server { status: 302, .. })));
}

#[tokio::test]
async fn credentials_are_sent() {
    let server = MockServer::start().await;
    let answer = || ResponseTemplate::new(200).set_body_json(run_json());
    Mock::given(header("authorization", "Bearer t0ken"))
        .respond_with(answer())
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(header("authorization", "Basic YW5uOnNlY3JldA=="))
        .respond_with(answer())
        .expect(1)
        .mount(&server)
        .await;
    let basic = Auth::Basic { user: "ann".into(), password: "secret".into() };
    for auth in [Auth::Bearer("t0ken".into()), basic] {
        Tracker::new(&TrackerConfig { auth, ..config(&server.uri()) }).unwrap().run("r1").await.unwrap();
    }
}

#[tokio::test]
async fn losing_the_race_to_create_an_experiment_still_gets_it() {
    let server = MockServer::start().await;
    let by_name = || Mock::given(path("/api/2.0/mlflow/experiments/get-by-name"));
    by_name().respond_with(refusal(404, "RESOURCE_DOES_NOT_EXIST")).up_to_n_times(1).mount(&server).await;
    let found = json!({"experiment": {"experiment_id": "7", "name": "weekly", "lifecycle_stage": "active"}});
    by_name().respond_with(ResponseTemplate::new(200).set_body_json(found)).mount(&server).await;
    Mock::given(path("/api/2.0/mlflow/experiments/create"))
        .respond_with(refusal(400, "RESOURCE_ALREADY_EXISTS"))
        .expect(1)
        .mount(&server)
        .await;
    assert_eq!(
        tracker(&server).get_or_create_experiment("weekly", "Every week.").await.unwrap().experiment_id,
        "7"
    );
}

#[tokio::test]
async fn a_deleted_experiment_is_an_error_that_says_how_to_restore_it() {
    let server = MockServer::start().await;
    let deleted =
        json!({"experiment": {"experiment_id": "7", "name": "weekly", "lifecycle_stage": "deleted"}});
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(deleted))
        .mount(&server)
        .await;
    let error = tracker(&server).get_or_create_experiment("weekly", "Every week.").await.unwrap_err();
    assert!(error.to_string().contains("mlflow experiments restore -x 7"), "{error}");
}

#[tokio::test]
async fn a_large_batch_goes_out_in_pieces_and_a_failed_piece_again() {
    let server = MockServer::start().await;
    let log_batch = || Mock::given(path("/api/2.0/mlflow/runs/log-batch"));
    log_batch().respond_with(ResponseTemplate::new(500)).up_to_n_times(1).mount(&server).await;
    log_batch()
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .expect(3)
        .mount(&server)
        .await;
    let metrics = (0..2_500).map(|i| Metric::new("mae", f64::NAN, 1, i)).collect();
    tracker(&server).log_batch("r1", &Batch { metrics, ..Batch::default() }).await.unwrap();
    let sizes: Vec<usize> = (server.received_requests().await.unwrap().iter())
        .map(|request| request.body_json::<Value>().unwrap()["metrics"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [1_000, 1_000, 1_000, 500]);
}

#[tokio::test]
async fn runs_are_searched_page_by_page_up_to_the_limit() {
    let server = MockServer::start().await;
    let page = |token: &str| {
        let mut answer = json!({"runs": [run_json()["run"]]});
        if !token.is_empty() {
            answer["next_page_token"] = json!(token);
        }
        ResponseTemplate::new(200).set_body_json(answer)
    };
    Mock::given(path("/api/2.0/mlflow/runs/search"))
        .respond_with(page("p2"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(path("/api/2.0/mlflow/runs/search")).respond_with(page("")).expect(1).mount(&server).await;
    let search = weekahead_tracker::SearchRuns::in_experiment("1");
    assert_eq!(tracker(&server).search_runs(&search).await.unwrap().len(), 2);
    let second = &server.received_requests().await.unwrap()[1];
    assert_eq!(second.body_json::<Value>().unwrap()["page_token"], "p2");
}

/// A store in memory, as the binary injects one for S3.
#[derive(Debug, Default)]
struct MemoryStore {
    objects: Mutex<BTreeMap<String, bytes::Bytes>>,
}

impl ArtifactStore for MemoryStore {
    fn put<'a>(&'a self, uri: &'a str, bytes: bytes::Bytes) -> BoxFuture<'a, Result<()>> {
        self.objects.lock().unwrap().insert(uri.to_owned(), bytes);
        async { Ok(()) }.boxed()
    }

    fn get<'a>(&'a self, uri: &'a str) -> BoxFuture<'a, Result<bytes::Bytes>> {
        let found = self.objects.lock().unwrap().get(uri).cloned();
        let missing =
            move || Error::NotFound { call: format!("GET {uri}"), message: "no such object".into() };
        async move { found.ok_or_else(missing) }.boxed()
    }

    fn list<'a>(&'a self, uri: &'a str) -> BoxFuture<'a, Result<Vec<ArtifactInfo>>> {
        let objects = self.objects.lock().unwrap();
        let below = objects.iter().filter_map(|(key, bytes)| {
            let path = key.strip_prefix(uri)?.strip_prefix('/')?.to_owned();
            Some(ArtifactInfo { path, size_bytes: bytes.len() as u64 })
        });
        let below = below.collect();
        async move { Ok(below) }.boxed()
    }
}

#[tokio::test]
async fn artifacts_of_an_s3_run_go_straight_to_the_injected_store() {
    let info: RunInfo = serde_json::from_value(run_json()["run"]["info"].clone()).unwrap();
    let bare = Tracker::new(&config("http://127.0.0.1:9")).unwrap();
    let error = bare.log_artifact(&info, "plots/mae.svg", "x".into()).await.unwrap_err();
    assert!(matches!(error, Error::ArtifactLocation { .. }), "{error}");

    let store = Arc::new(MemoryStore::default());
    let tracker = bare.with_artifact_store("s3", store.clone());
    tracker.log_artifact(&info, "plots/mae.svg", "<svg/>".into()).await.unwrap();
    assert!(store.objects.lock().unwrap().contains_key("s3://lake/mlflow/1/r1/artifacts/plots/mae.svg"));
    let listed = tracker.list_artifacts(&info.artifact_uri).await.unwrap();
    assert_eq!(listed, [ArtifactInfo { path: "plots/mae.svg".into(), size_bytes: 6 }]);
    assert_eq!(tracker.get_artifact(&info.artifact_uri, "plots/mae.svg").await.unwrap(), "<svg/>");
    assert!(tracker.get_artifact(&info.artifact_uri, "none").await.unwrap_err().is_not_found());
}
