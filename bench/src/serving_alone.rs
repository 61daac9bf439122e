//! Our contender of `serving`, as a process of its own: the API, with a registry of one version beside it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use weekahead_features::View;
use weekahead_market::{AsOf, Clock, FixedClock, Horizon, Symbol, SystemClock};
use weekahead_models::onnx::OnnxRuntime;
use weekahead_serving::http::{Api, serve};
use weekahead_serving::{ForecastService, Forecaster, LiveModel, OnlineFeatures, Registry};
use weekahead_tracker::{Tracker, TrackerConfig};
use weekahead_warehouse::{Warehouse, WarehouseConfig};

use crate::compute::VIEW;
use crate::registry::serve_registry;

/// The registered model.
const MODEL: &str = "bench";

/// Where the contender of `answers` stands: a warehouse, and an instant at which its bars are fresh.
#[derive(Debug, Serialize, Deserialize)]
pub struct Standing {
    /// Where the warehouse answers.
    pub warehouse: String,
    /// The present, in microseconds since 1970-01-01 UTC.
    pub now: i64,
    /// Symbols whose features are held.
    pub symbols: Vec<String>,
}

impl Standing {
    const FILE: &str = "standing.json";

    /// Puts it into the contender's folder.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        Ok(std::fs::write(folder.join(Self::FILE), serde_json::to_vec(self)?)?)
    }

    fn read(folder: &Path) -> anyhow::Result<Option<Self>> {
        match std::fs::read(folder.join(Self::FILE)) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(_) => Ok(None),
        }
    }
}

/// Serves `model.onnx` of a folder until it is killed.
pub async fn work(folder: Option<&Path>, addr: Option<&str>) -> anyhow::Result<()> {
    let (folder, addr) = folder.zip(addr).context("name the folder and the address")?;
    let addr: SocketAddr = addr.parse()?;
    let artifact = std::fs::read(folder.join("model.onnx"))?;
    let stub = serve_registry(MODEL, artifact.into()).await?;
    let tracker = Tracker::new(&TrackerConfig::new(&format!("http://{stub}")))?;
    let standing = Standing::read(folder)?;
    let config = match &standing {
        Some(standing) => WarehouseConfig { url: standing.warehouse.clone(), ..WarehouseConfig::default() },
        None => WarehouseConfig::default(),
    };
    let warehouse = Warehouse::new(&config)?;
    let runtime = OnnxRuntime::load(Path::new(".deps/onnxruntime/libonnxruntime.so"))?;
    let registry = Arc::new(Registry::new(warehouse.clone(), tracker, runtime, MODEL));
    let forecaster = Forecaster::new(warehouse.clone(), Arc::clone(&registry));
    let service = ForecastService::new(forecaster, LiveModel::new(registry), None);
    let clock: Arc<dyn Clock> = match &standing {
        Some(standing) => Arc::new(FixedClock::at(Timestamp::from_microsecond(standing.now)?)),
        None => Arc::new(SystemClock),
    };
    service.live.refresh(AsOf::now(&*clock)).await?;
    let symbols = standing.iter().flat_map(|standing| &standing.symbols).map(|name| Symbol::new(name));
    let symbols = symbols.collect::<Result<Vec<_>, _>>()?;
    let features = OnlineFeatures::new(View::builtin(VIEW)?, warehouse, symbols).map(Arc::new);
    if let (Some(_), Ok(features)) = (&standing, &features) {
        features.refresh(AsOf::now(&*clock)).await?;
    }
    let api = Api::new(service, Horizon::WEEK, features, clock);
    let server = serve(api, addr).await?;
    std::future::pending::<()>().await;
    server.shutdown().await;
    Ok(())
}
