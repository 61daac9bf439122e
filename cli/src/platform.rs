//! Clients of the platform's services, as the settings name them.

use anyhow::Context;
use comfy_table::{Table, presets};
use weekahead_lake::{Lake, LakeConfig};
use weekahead_tracker::Tracker;
use weekahead_warehouse::{LakeLocation, Warehouse, WarehouseConfig};

use crate::settings::Settings;

/// The lake.
pub async fn lake(settings: &Settings) -> anyhow::Result<Lake> {
    let optional = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let lake = &settings.lake;
    let config = LakeConfig {
        endpoint: optional(&lake.endpoint),
        bucket: lake.bucket.clone(),
        region: lake.region.clone(),
        access_key_id: optional(&lake.access_key_id),
        secret_access_key: lake.secret_access_key.non_empty(),
        path_style: lake.path_style,
    };
    Ok(Lake::open(&config).await?)
}

/// The warehouse.
pub fn warehouse(settings: &Settings) -> anyhow::Result<Warehouse> {
    let optional = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let warehouse = &settings.warehouse;
    let config = WarehouseConfig {
        url: warehouse.url.clone(),
        user: warehouse.user.clone(),
        password: warehouse.password.expose().to_owned(),
        cluster: optional(&warehouse.cluster),
    };
    Ok(Warehouse::connect(&config)?)
}

/// The tracker.
pub fn tracker(settings: &Settings) -> anyhow::Result<Tracker> {
    let tracker = Tracker::connect(&settings.tracker.url, settings.tracker.token.non_empty());
    tracker.context("the tracker's client cannot be made")
}

/// Makes the lake's bucket and brings the warehouse's schema to its newest version; tells how many migrations ran.
pub async fn migrate(settings: &Settings) -> anyhow::Result<usize> {
    lake(settings).await?;
    let location = LakeLocation {
        url: lake_url(settings),
        access_key_id: settings.lake.access_key_id.clone(),
        secret_access_key: settings.lake.secret_access_key.expose().to_owned(),
    };
    Ok(warehouse(settings)?.migrate(&location).await?)
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
        table.add_row(["API".to_owned(), format!("http://{}", settings.serving.addr)]);
        table.add_row(["API docs".to_owned(), format!("http://{}/docs", settings.serving.addr)]);
    }
    table.add_row(["MLflow UI", &settings.tracker.url]);
    table.add_row(["ClickHouse HTTP", &settings.warehouse.url]);
    table.add_row(["S3", &settings.lake.endpoint]);
    table
}
