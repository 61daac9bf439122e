//! A registry of one version, champion from the start: as much of MLflow's REST as serving asks for.

use std::net::{Ipv4Addr, SocketAddr};

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
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let addr = listener.local_addr()?;
    let version =
        json!({"model_version": {"name": name, "version": "3", "run_id": "a run", "source": "here"}});
    let router = Router::new()
        .route("/api/2.0/mlflow/registered-models/alias", get(by_alias))
        .route("/api/2.0/mlflow/model-versions/get", get(async |State(held): State<Held>| Json(held.version)))
        .route("/api/2.0/mlflow/model-versions/get-download-uri", get(location))
        .route("/api/2.0/mlflow-artifacts/artifacts", get(files))
        .route("/api/2.0/mlflow-artifacts/artifacts/{*path}", get(file))
        .with_state(Held { version, artifact });
    tokio::spawn(axum::serve(listener, router).into_future());
    Ok(addr)
}

#[derive(Debug, Clone)]
struct Held {
    version: Value,
    artifact: Bytes,
}

#[derive(Debug, Deserialize)]
struct Asked {
    name: String,
}

async fn by_alias(State(held): State<Held>, Query(asked): Query<Asked>) -> Result<Json<Value>, StatusCode> {
    let ours = held.version["model_version"]["name"] == asked.name.as_str();
    if ours { Ok(Json(held.version)) } else { Err(StatusCode::NOT_FOUND) }
}

async fn location() -> Json<Value> {
    Json(json!({"artifact_uri": "mlflow-artifacts:/model"}))
}

async fn files(State(held): State<Held>) -> Json<Value> {
    Json(json!({"files": [{"path": "model.onnx", "is_dir": false, "file_size": held.artifact.len()}]}))
}

async fn file(State(held): State<Held>, Path(path): Path<String>) -> Result<Bytes, StatusCode> {
    if path == "model/model.onnx" { Ok(held.artifact) } else { Err(StatusCode::NOT_FOUND) }
}
