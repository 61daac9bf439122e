//! A server whose stores are all away: what it says by itself.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use weekahead_features::View;
use weekahead_market::{Horizon, Symbol, SystemClock};
use weekahead_models::onnx::OnnxRuntime;
use weekahead_serving::http::{Api, ServerHandle, ServerSettings, serve_with};
use weekahead_serving::{ForecastService, Forecaster, LiveModel, OnlineFeatures, Registry};
use weekahead_tracker::{Tracker, TrackerConfig};
use weekahead_warehouse::{Warehouse, WarehouseConfig};

use crate::libonnxruntime::libonnxruntime;

/// How long anything may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Nothing listens on the port of the discard service.
const NOWHERE: &str = "http://127.0.0.1:9";

pub fn api() -> Api {
    let config = WarehouseConfig { url: NOWHERE.to_owned(), ..WarehouseConfig::default() };
    let warehouse = Warehouse::new(&config).unwrap();
    let tracker = Tracker::new(&TrackerConfig::new(NOWHERE)).unwrap();
    let runtime = OnnxRuntime::load(&libonnxruntime()).unwrap();
    let registry = Arc::new(Registry::new(warehouse.clone(), tracker, runtime, "m"));
    let view =
        View::parse("name = 'online'\n[[feature]]\nname = 'range'\nexpr = '(high - low) / close'\n").unwrap();
    let features = OnlineFeatures::new(view, warehouse.clone(), vec![Symbol::new("AAPL").unwrap()]);
    let forecaster = Forecaster::new(warehouse, Arc::clone(&registry));
    let service = ForecastService::new(forecaster, LiveModel::new(registry), None);
    Api::new(service, Horizon::WEEK, features.map(Arc::new), Arc::new(SystemClock))
}

pub fn settings() -> ServerSettings {
    ServerSettings::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
}

/// A server with settings that differ from the defaults.
pub async fn served(change: impl FnOnce(&mut ServerSettings)) -> ServerHandle {
    let mut settings = settings();
    change(&mut settings);
    serve_with(api(), settings).await.unwrap()
}

pub fn url(server: &ServerHandle, path: &str) -> String {
    format!("http://{}{path}", server.local_addr())
}

/// Status and body.
pub async fn get(server: &ServerHandle, path: &str) -> (u16, String) {
    let answer = reqwest::get(url(server, path)).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// A client of bytes.
pub struct Raw(pub TcpStream);

impl Raw {
    pub async fn connect(server: &ServerHandle) -> Self {
        Self(TcpStream::connect(server.local_addr()).await.unwrap())
    }

    pub async fn say(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Says the head of a request for forecasts, with a body of this length to come.
    pub async fn begin(&mut self, length: usize) {
        let head = "POST /v1/forecasts HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n";
        self.say(&format!("{head}content-length: {length}\r\n\r\n")).await;
    }

    /// An answer with its body: status, head, problem.
    pub async fn answer(&mut self) -> (u16, String, Value) {
        let (mut read, mut piece) = (Vec::new(), [0; 4096]);
        let reading = async {
            loop {
                let count = self.0.read(&mut piece).await.unwrap_or(0);
                read.extend_from_slice(&piece[..count]);
                let text = String::from_utf8_lossy(&read).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n")
                    && let Ok(body) = serde_json::from_str(body)
                {
                    return (head[9..12].parse().unwrap(), head.to_lowercase(), body);
                }
                assert!(count > 0, "closed after: {text}");
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.unwrap()
    }

    /// Returns when the server has closed the connection; what it still said.
    pub async fn closed(mut self) -> String {
        let mut said = Vec::new();
        let reading = self.0.read_to_end(&mut said);
        let _ = tokio::time::timeout(PATIENCE, reading).await.expect("nobody closed it");
        String::from_utf8_lossy(&said).into_owned()
    }
}

/// Waits until something holds.
pub async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// The value of a metric without labels.
pub async fn metric(server: &ServerHandle, name: &str) -> f64 {
    let (status, text) = get(server, "/metrics").await;
    assert_eq!(status, 200, "{text}");
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}
