//! A registry of one model: as much of MLflow's REST as serving asks for.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Answers for the model `name`, whose version 3 is this artifact, until the runtime ends.
pub async fn serve_registry(name: &str, artifact: Bytes) -> std::io::Result<SocketAddr> {
    let registry = StubRegistry::serve(name).await?;
    registry.put(3, artifact, None);
    registry.point("champion", 3);
    Ok(registry.addr)
}

/// A registry that can be changed while it answers.
#[derive(Debug, Clone)]
pub struct StubRegistry {
    /// Where it listens.
    pub addr: SocketAddr,
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    name: String,
    versions: BTreeMap<u32, (Bytes, Option<String>)>,
    aliases: BTreeMap<String, u32>,
    away: bool,
    stalled: Option<u32>,
}

impl StubRegistry {
    /// A registry without versions.
    pub async fn serve(name: &str) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let held = Arc::new(Mutex::new(Held { name: name.to_owned(), ..Held::default() }));
        let this = Self { addr, held };
        let router = Router::new()
            .route("/api/2.0/mlflow/registered-models/alias", get(by_alias))
            .route("/api/2.0/mlflow/model-versions/get", get(version))
            .route("/api/2.0/mlflow/model-versions/get-download-uri", get(location))
            .route("/api/2.0/mlflow-artifacts/artifacts", get(files))
            .route("/api/2.0/mlflow-artifacts/artifacts/{*path}", get(file))
            .with_state(this.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        Ok(this)
    }

    /// Registers a version, under a digest of its own choice.
    pub fn put(&self, version: u32, artifact: Bytes, digest: Option<&str>) {
        self.held().versions.insert(version, (artifact, digest.map(str::to_owned)));
    }

    /// Moves an alias.
    pub fn point(&self, alias: &str, version: u32) {
        self.held().aliases.insert(alias.to_owned(), version);
    }

    /// Answers nobody from now on, or somebody again.
    pub fn away(&self, away: bool) {
        self.held().away = away;
    }

    /// Lets whoever asks for the artifact of a version wait for ever.
    pub fn stall(&self, version: u32) {
        self.held().stalled = Some(version);
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Deserialize)]
struct Asked {
    name: String,
    alias: Option<String>,
    version: Option<u32>,
}

impl Held {
    fn version(&self, asked: &Asked, version: Option<u32>) -> Result<Json<Value>, StatusCode> {
        if self.away {
            return Err(StatusCode::SERVICE_UNAVAILABLE);
        }
        let version = version.filter(|_| asked.name == self.name).ok_or(StatusCode::NOT_FOUND)?;
        let (_, digest) = self.versions.get(&version).ok_or(StatusCode::NOT_FOUND)?;
        let tags = digest.iter().map(|digest| json!({"key": "weekahead.model_digest", "value": digest}));
        Ok(Json(json!({"model_version": {
            "name": self.name, "version": version.to_string(), "run_id": "a run", "source": "here",
            "tags": tags.collect::<Vec<_>>(),
        }})))
    }
}

async fn by_alias(
    State(registry): State<StubRegistry>,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, StatusCode> {
    let held = registry.held();
    let version = asked.alias.as_ref().and_then(|alias| held.aliases.get(alias)).copied();
    held.version(&asked, version)
}

async fn version(
    State(registry): State<StubRegistry>,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, StatusCode> {
    registry.held().version(&asked, asked.version)
}

async fn location(Query(asked): Query<Asked>) -> Json<Value> {
    let version = asked.version.unwrap_or(0);
    Json(json!({"artifact_uri": format!("mlflow-artifacts:/model-{version}")}))
}

async fn files() -> Json<Value> {
    Json(json!({"files": [{"path": "model.onnx", "is_dir": false, "file_size": 1}]}))
}

async fn file(State(registry): State<StubRegistry>, Path(path): Path<String>) -> Result<Bytes, StatusCode> {
    let version = path.strip_prefix("model-").and_then(|path| path.strip_suffix("/model.onnx"));
    let version = version.and_then(|version| version.parse::<u32>().ok()).ok_or(StatusCode::NOT_FOUND)?;
    if registry.held().stalled == Some(version) {
        std::future::pending::<()>().await;
    }
    let held = registry.held();
    held.versions.get(&version).map(|(artifact, _)| artifact.clone()).ok_or(StatusCode::NOT_FOUND)
}
