//! Our contender of `serving`, as a process of its own: the API, with a registry of one version beside it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use weekahead_features::View;
use weekahead_market::{AsOf, Clock, Horizon, SystemClock};
use weekahead_models::onnx::OnnxRuntime;
use weekahead_serving::http::{Api, serve};
use weekahead_serving::{ForecastService, Forecaster, LiveModel, OnlineFeatures, Registry};
use weekahead_tracker::{Tracker, TrackerConfig};
use weekahead_warehouse::{Warehouse, WarehouseConfig};

use crate::compute::VIEW;
use crate::registry::serve_registry;

/// The registered model.
const MODEL: &str = "bench";

/// Serves `model.onnx` of a folder until it is killed.
pub async fn work(folder: Option<&Path>, addr: Option<&str>) -> anyhow::Result<()> {
    let (folder, addr) = folder.zip(addr).context("name the folder and the address")?;
    let addr: SocketAddr = addr.parse()?;
    let artifact = std::fs::read(folder.join("model.onnx"))?;
    let stub = serve_registry(MODEL, artifact.into()).await?;
    let tracker = Tracker::new(&TrackerConfig::new(&format!("http://{stub}")))?;
    let warehouse = Warehouse::new(&WarehouseConfig::default())?;
    let runtime = OnnxRuntime::load(Path::new(".deps/onnxruntime/libonnxruntime.so"))?;
    let registry = Arc::new(Registry::new(warehouse.clone(), tracker, runtime, MODEL));
    let forecaster = Forecaster::new(warehouse.clone(), Arc::clone(&registry));
    let service = ForecastService::new(forecaster, LiveModel::new(registry), None);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    service.live.refresh(AsOf::now(&*clock)).await?;
    let features = OnlineFeatures::new(View::builtin(VIEW)?, warehouse, Vec::new()).map(Arc::new);
    let api = Api::new(service, Horizon::WEEK, features, clock);
    let server = serve(api, addr).await?;
    std::future::pending::<()>().await;
    server.shutdown().await;
    Ok(())
}
