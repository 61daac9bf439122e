//! The services of the embedded platform: which there are, by the settings, and how each is started.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::own_program::OwnProgram;
use crate::settings::Settings;
use crate::supervisor::Service;

/// The MLflow server with a lifeline; runs in the Python environment.
const MLFLOW_WITH_LIFELINE: &str = include_str!("supervisor/mlflow.py");

/// The stores that the settings say are embedded: lake, warehouse and tracker.
pub fn stores(settings: &Settings) -> anyhow::Result<Vec<Service>> {
    let mut services = Vec::new();
    if settings.lake.embedded {
        services.push(own(
            "lake",
            &["lake", "serve"],
            addr(&settings.lake.endpoint)?,
            "lake.endpoint",
            settings,
        )?);
    }
    if settings.warehouse.embedded {
        let warehouse = own(
            "warehouse",
            &["warehouse", "serve"],
            addr(&settings.warehouse.url)?,
            "warehouse.url",
            settings,
        )?;
        services.push(Service { health_path: Some("/ping"), ..warehouse });
    }
    if settings.tracker.embedded {
        services.push(mlflow(settings)?);
    }
    Ok(services)
}

/// The HTTP API.
pub fn serving(settings: &Settings) -> anyhow::Result<Service> {
    let service = own("serving", &["serve"], settings.serving.addr, "serving.addr", settings)?;
    // Behind TLS it is asked nothing: that it takes connections will do.
    let health_path = (!settings.serving.tls.is_on()).then_some("/healthz");
    Ok(Service { health_path, ..service })
}

/// A provider that answers from files.
pub fn replay_provider(settings: &Settings, quotes: &Path) -> anyhow::Result<Service> {
    let addr = addr(&settings.provider.url)?;
    let mut service = own("replay-provider", &["replay-provider", "--addr"], addr, "provider.url", settings)?;
    service.args.extend([addr.to_string().into(), "--quotes".into(), quotes.into()]);
    Ok(service)
}

/// The socket address of a loopback URL.
pub fn addr(url: &str) -> anyhow::Result<SocketAddr> {
    let parsed = reqwest::Url::parse(url).with_context(|| format!("`{url}` is not a URL"))?;
    let addresses = parsed.socket_addrs(|| None).with_context(|| format!("`{url}` has no address"))?;
    match addresses.into_iter().find(|addr| addr.ip().is_loopback()) {
        Some(addr) => Ok(addr),
        None => {
            bail!("{url} is not on this machine: set `embedded = false` in its section to use it as it is")
        }
    }
}

/// A service that is a subcommand of this program.
fn own(
    name: &'static str,
    command: &[&str],
    addr: SocketAddr,
    setting: &'static str,
    settings: &Settings,
) -> anyhow::Result<Service> {
    let OwnProgram { file: program, mut args, mut env } = OwnProgram::with(settings)?;
    args.extend(command.iter().map(OsString::from));
    // The demo and a simulation bring a provider of their own.
    env.push(("WEEKAHEAD_PROVIDER__URL".into(), settings.provider.url.clone()));
    Ok(Service { name, program, args, env, addr, health_path: None, setting })
}

fn mlflow(settings: &Settings) -> anyhow::Result<Service> {
    let addr = addr(&settings.tracker.url)?;
    let home = settings.home.join("mlflow");
    std::fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
    let options = [
        ("--backend-store-uri", format!("sqlite:///{}", home.join("mlflow.db").display())),
        ("--artifacts-destination", format!("s3://{}/mlflow", settings.lake.bucket)),
        ("--host", addr.ip().to_string()),
        ("--port", addr.port().to_string()),
        ("--workers", "1".into()),
    ];
    let mut args: Vec<OsString> = vec!["-c".into(), MLFLOW_WITH_LIFELINE.into(), "server".into()];
    args.extend(options.into_iter().flat_map(|(flag, value)| [flag.into(), value.into()]));
    Ok(Service {
        name: "mlflow",
        program: python(settings),
        args,
        env: mlflow_env(settings),
        addr,
        health_path: Some("/health"),
        setting: "tracker.url",
    })
}

fn mlflow_env(settings: &Settings) -> Vec<(String, String)> {
    let quiet = ["MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK", "PYTHONUNBUFFERED"];
    let mut env: Vec<_> = quiet.map(|name| (name.to_owned(), "true".to_owned())).into();
    env.extend([
        ("GIT_PYTHON_REFRESH".into(), "quiet".into()),
        // Six more processes for jobs that nothing here asks for.
        ("MLFLOW_SERVER_ENABLE_JOB_EXECUTION".into(), "false".into()),
        ("AWS_DEFAULT_REGION".into(), settings.lake.region.clone()),
    ]);
    if !settings.lake.endpoint.is_empty() {
        env.push(("MLFLOW_S3_ENDPOINT_URL".into(), settings.lake.endpoint.clone()));
    }
    if let Some(secret) = settings.lake.secret() {
        env.push(("AWS_ACCESS_KEY_ID".into(), settings.lake.access_key_id.clone()));
        env.push(("AWS_SECRET_ACCESS_KEY".into(), secret));
    }
    env
}

/// The interpreter of the Python environment.
pub fn python(settings: &Settings) -> PathBuf {
    settings.tools.venv.join("bin").join("python")
}
