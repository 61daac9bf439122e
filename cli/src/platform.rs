//! Clients of the platform's services, as the settings name them.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use comfy_table::{Table, presets};
use weekahead_lake::{Lake, LakeConfig};
use weekahead_market::Horizon;
use weekahead_models::onnx::OnnxRuntime;
use weekahead_serving::{ForecastService, Forecaster, LiveModel, OnlineFeatures, Registry};
use weekahead_tracker::{Auth, Tracker, TrackerConfig};
use weekahead_training::registry::ModelRegistry;
use weekahead_warehouse::{LakeLocation, Warehouse, WarehouseConfig};

use crate::artifacts::S3Artifacts;
use crate::pipeline;
use crate::settings::Settings;

/// The lake, after a look whether it answers.
pub async fn lake(settings: &Settings) -> anyhow::Result<Lake> {
    Ok(Lake::open(&lake_config(settings)).await?)
}

fn lake_config(settings: &Settings) -> LakeConfig {
    let optional = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let lake = &settings.lake;
    LakeConfig {
        endpoint: optional(&lake.endpoint),
        bucket: lake.bucket.clone(),
        region: lake.region.clone(),
        access_key_id: optional(&lake.access_key_id),
        secret_access_key: lake.secret(),
        path_style: lake.path_style,
    }
}

/// The warehouse, after a look whether it answers.
pub async fn warehouse(settings: &Settings) -> anyhow::Result<Warehouse> {
    Ok(Warehouse::connect(&warehouse_config(settings)).await?)
}

fn warehouse_config(settings: &Settings) -> WarehouseConfig {
    let warehouse = &settings.warehouse;
    WarehouseConfig {
        url: warehouse.url.clone(),
        user: warehouse.user.clone(),
        password: warehouse.password.expose().to_owned(),
        cluster: Some(warehouse.cluster.clone()).filter(|cluster| !cluster.is_empty()),
    }
}

/// The tracker; runs whose artifacts lie in S3 are read and written by the lake's own client settings.
pub async fn tracker(settings: &Settings) -> anyhow::Result<Tracker> {
    let auth = settings.tracker.token.non_empty().map_or(Auth::None, Auth::Bearer);
    let tracker = Tracker::new(&TrackerConfig { auth, ..TrackerConfig::new(&settings.tracker.url) })?;
    let store = Arc::new(S3Artifacts::new(lake_config(settings)));
    Ok(tracker.with_artifact_store("s3", store))
}

/// The versions of the model that forecasts. Opened without talking to any store, so that a server can start before they do.
pub async fn registry(settings: &Settings) -> anyhow::Result<Arc<Registry>> {
    let warehouse = Warehouse::new(&warehouse_config(settings))?;
    let runtime = OnnxRuntime::load(&settings.tools.libonnxruntime)?;
    let tracker = tracker(settings).await?;
    Ok(Arc::new(Registry::new(warehouse, tracker, runtime, &settings.training.model)))
}

/// What makes forecasts with a registry's versions.
pub fn forecaster(settings: &Settings, registry: Arc<Registry>) -> anyhow::Result<Forecaster> {
    Forecaster::new(Warehouse::new(&warehouse_config(settings))?, registry)
        .with_adaptive_step(settings.serving.adaptive_step)
        .context("serving.adaptive_step cannot be used")
}

/// The model that forecasts as far ahead as the settings say.
pub async fn forecast_service(settings: &Settings) -> anyhow::Result<ForecastService> {
    let registry = registry(settings).await?;
    let forecaster = forecaster(settings, Arc::clone(&registry))?;
    Ok(ForecastService::new(forecaster, LiveModel::new(registry), settings.serving.shadow()))
}

/// The models of the other horizons that are served.
pub async fn other_horizons(settings: &Settings) -> anyhow::Result<BTreeMap<Horizon, ForecastService>> {
    let mut services = BTreeMap::new();
    for horizon in settings.serving.horizons.iter().filter(|horizon| **horizon != settings.training.horizon) {
        let mut of_horizon = settings.clone();
        of_horizon.look_ahead(*horizon);
        services.insert(*horizon, forecast_service(&of_horizon).await?);
    }
    Ok(services)
}

/// The versions of a registered model: the settings' one unless another is named.
pub async fn model_registry(settings: &Settings, model: Option<String>) -> anyhow::Result<ModelRegistry> {
    Ok(ModelRegistry {
        warehouse: warehouse(settings).await?,
        tracker: tracker(settings).await?,
        model: model.unwrap_or_else(|| settings.training.model.clone()),
    })
}

/// The newest features of the view that models are trained on, or why they cannot be held online. Opened without talking to
/// any store.
pub fn online_features(
    settings: &Settings,
) -> anyhow::Result<weekahead_features::Result<Arc<OnlineFeatures>>> {
    let (view, warehouse) =
        (pipeline::training_view(settings)?, Warehouse::new(&warehouse_config(settings))?);
    Ok(OnlineFeatures::new(view, warehouse, settings.universe.symbols.clone()).map(Arc::new))
}

/// Makes the lake's bucket and brings the warehouse's schema to its newest version; names the migrations that ran.
pub async fn migrate(settings: &Settings) -> anyhow::Result<Vec<String>> {
    lake(settings).await?;
    let location = LakeLocation {
        url: lake_url(settings),
        access_key_id: Some(settings.lake.access_key_id.clone()).filter(|key| !key.is_empty()),
        secret_access_key: settings.lake.secret(),
    };
    Ok(warehouse(settings).await?.migrate(&location).await?)
}

/// The lake as ClickHouse's s3() wants it: endpoint and bucket, with a slash at the end.
pub fn lake_url(settings: &Settings) -> String {
    let lake = &settings.lake;
    match lake.endpoint.trim_end_matches('/') {
        "" => format!("https://{}.s3.{}.amazonaws.com/", lake.bucket, lake.region),
        endpoint => format!("{endpoint}/{}/", lake.bucket),
    }
}

/// Where a browser finds the platform.
pub fn urls(settings: &Settings, serving: bool) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    if serving {
        table.add_row(["API".to_owned(), settings.serving.url()]);
        table.add_row(["API docs".to_owned(), format!("{}/docs", settings.serving.url())]);
    }
    table.add_row(["MLflow UI", &settings.tracker.url]);
    table.add_row(["ClickHouse HTTP", &settings.warehouse.url]);
    table.add_row(["S3", &settings.lake.endpoint]);
    table
}
