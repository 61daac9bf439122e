//! The configuration: built-in defaults, then `weekahead.toml`, then `WEEKAHEAD_*` variables, then flags.

mod experiment;
mod schedule;
mod secret;
mod serving;
mod show;
mod tracker;
mod training;
mod view_name;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context;
use config::{Config, Environment, File, FileFormat};
use serde::{Deserialize, Serialize};
use weekahead_market::{Horizon, Session, Symbol};

pub use experiment::Experiment;
pub use schedule::ScheduleSettings;
pub use secret::Secret;
pub use serving::ServingSettings;
pub use show::show;
pub use tracker::TrackerSettings;
pub use training::TrainingSettings;
pub use view_name::is_file;

/// The built-in defaults, as a configuration file: the embedded platform on loopback.
pub const DEFAULTS: &str = include_str!("settings/defaults.toml");

/// Every setting of the platform. Unknown keys are errors, so that a typo cannot pass silently.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The configuration file that was named, for child processes to read too.
    #[serde(skip)]
    pub file: Option<PathBuf>,
    /// The directory of the embedded platform: objects, tables, logs, process files.
    pub home: PathBuf,
    /// Where `make setup` put the tools that are not Rust.
    pub tools: Tools,
    /// The S3 lake.
    pub lake: LakeSettings,
    /// The ClickHouse warehouse.
    pub warehouse: WarehouseSettings,
    /// The MLflow tracker.
    pub tracker: TrackerSettings,
    /// The quote provider.
    pub provider: ProviderSettings,
    /// What is forecast.
    pub universe: Universe,
    /// What is computed from the bars.
    pub features: FeatureSettings,
    /// How models are trained.
    pub training: TrainingSettings,
    /// The HTTP API.
    pub serving: ServingSettings,
    /// The built-in scheduler.
    pub schedule: ScheduleSettings,
}

/// Tools that the platform loads or runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tools {
    /// The Python environment with dbt and MLflow.
    pub venv: PathBuf,
    /// The ClickHouse engine as a library.
    pub libchdb: PathBuf,
    /// ONNX Runtime as a library.
    pub libonnxruntime: PathBuf,
    /// The dbt project.
    pub dbt_project: PathBuf,
}

/// Where objects are kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LakeSettings {
    /// Whether `up` and `demo` serve this endpoint themselves.
    pub embedded: bool,
    /// Any S3 endpoint; empty means AWS.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// The region that requests are signed for.
    pub region: String,
    /// Empty means the default AWS credential chain.
    pub access_key_id: String,
    /// The secret of the key.
    pub secret_access_key: Secret,
    /// Whether the bucket goes into the path (most S3 servers) or into the host name (AWS).
    pub path_style: bool,
}

impl LakeSettings {
    /// The secret of the key; none without a key, when the default AWS credential chain decides.
    pub fn secret(&self) -> Option<String> {
        self.secret_access_key.non_empty().filter(|_| !self.access_key_id.is_empty())
    }
}

/// Where tables are kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarehouseSettings {
    /// Whether `up` and `demo` serve this URL themselves.
    pub embedded: bool,
    /// The ClickHouse HTTP interface.
    pub url: String,
    /// The user.
    pub user: String,
    /// The password; empty means none.
    pub password: Secret,
    /// The cluster's name; empty means a single server.
    pub cluster: String,
}

/// Where quotes come from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    /// The base URL of a Yahoo v8 chart API.
    pub url: String,
    /// Upper bound of requests a second; 0 means none.
    pub requests_per_second: u32,
    /// Requests under way at once.
    pub concurrency: usize,
    /// The wait after a first failed request; it doubles each time.
    pub first_delay_ms: u64,
    /// Sessions before the cursor that are read again for late corrections.
    pub lag_window_sessions: u16,
}

/// What is forecast.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Universe {
    /// The symbols, as the provider spells them.
    pub symbols: Vec<Symbol>,
    /// The first session asked for.
    pub since: Session,
}

/// What is computed from the bars.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureSettings {
    /// The views that a build is for: built-in names or TOML files; none for the one that models are trained on.
    pub views: Vec<String>,
}

impl Settings {
    /// Reads the layers. `file` is an error when it is named and missing; `weekahead.toml` may be missing.
    pub fn load(file: Option<&Path>, home: Option<&Path>) -> anyhow::Result<Self> {
        let mut layers = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        layers = match file {
            Some(path) => layers.add_source(File::from(path).format(FileFormat::Toml).required(true)),
            None => layers.add_source(File::new("weekahead.toml", FileFormat::Toml).required(false)),
        };
        let variables = Environment::with_prefix("WEEKAHEAD").prefix_separator("_").separator("__");
        layers = layers.add_source(variables.source(Some(nested_variables())));
        layers = layers.add_source(lists()?);
        if let Some(home) = home {
            layers = layers.set_override("home", home.display().to_string())?;
        }
        let settings: Self = layers
            .build()
            .and_then(Config::try_deserialize)
            .context("the configuration cannot be used; `weekahead config show` prints every key")?;
        let file = file.map(std::path::absolute).transpose()?;
        Self { file, ..settings }.absolute()
    }

    /// The same for another number of sessions ahead: those have models of their own, under a name of their own.
    pub fn look_ahead(&mut self, horizon: Horizon) {
        if horizon != self.training.horizon {
            self.training.model = format!("{}-h{horizon}", self.training.model);
            self.training.horizon = horizon;
        }
    }

    /// Paths are relative to the working directory; children must see the same ones.
    fn absolute(mut self) -> anyhow::Result<Self> {
        let tools = &mut self.tools;
        for path in [
            &mut self.home,
            &mut tools.venv,
            &mut tools.libchdb,
            &mut tools.libonnxruntime,
            &mut tools.dbt_project,
        ] {
            *path = std::path::absolute(&*path)?;
        }
        let tls = &mut self.serving.tls;
        for path in
            [&mut tls.certificate, &mut tls.key].into_iter().filter(|path| !path.as_os_str().is_empty())
        {
            *path = std::path::absolute(&*path)?;
        }
        let views = self.features.views.iter_mut().chain([&mut self.training.view]);
        for view in views.filter(|view| is_file(view)) {
            *view = std::path::absolute(&*view)?.display().to_string();
        }
        Ok(self)
    }
}

/// The variables that name a setting: those with a section. `WEEKAHEAD_HOME` is the one without.
fn nested_variables() -> config::Map<String, String> {
    let named = |name: &str| {
        let key = name.strip_prefix("WEEKAHEAD_");
        key.is_some_and(|key| {
            (key.contains("__") || key == "HOME") && !LISTS.iter().any(|(list, _)| *list == key)
        })
    };
    let text =
        |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    std::env::vars_os().filter_map(text).filter(|(name, _)| named(name)).collect()
}

/// Settings that are lists: the variable and the key.
const LISTS: [(&str, &str); 3] = [
    ("UNIVERSE__SYMBOLS", "universe.symbols"),
    ("FEATURES__VIEWS", "features.views"),
    ("SERVING__CORS_ORIGINS", "serving.cors_origins"),
];

/// `WEEKAHEAD_UNIVERSE__SYMBOLS=AAPL,IBM`, and the other lists.
fn lists() -> anyhow::Result<Config> {
    let mut lists = Config::builder();
    for (variable, key) in LISTS {
        if let Ok(list) = std::env::var(format!("WEEKAHEAD_{variable}")) {
            let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
            lists = lists.set_override(key, items.collect::<Vec<_>>())?;
        }
    }
    Ok(lists.build()?)
}
