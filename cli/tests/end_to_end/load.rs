//! Steady requests from several connections, and what came of each.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::platform::PATIENCE;

/// Between two requests of a connection: steady, and no measure of speed.
const PAUSE: Duration = Duration::from_millis(15);
/// No answer takes longer, with any store away.
const LONGEST: Duration = Duration::from_secs(15);

/// What is asked again and again.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What it is called in a report.
    pub name: &'static str,
    pub method: Method,
    pub url: String,
    pub body: Option<Value>,
}

/// Connections that ask until it is dropped.
pub struct Load {
    shared: Arc<Shared>,
    _connections: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Shared {
    phase: AtomicUsize,
    /// The phase in which each connection began the request that it has under way.
    under_way: Vec<AtomicUsize>,
    seen: Mutex<Vec<Seen>>,
}

#[derive(Debug, Clone)]
struct Seen {
    phase: usize,
    name: &'static str,
    status: u16,
    code: String,
    took: Duration,
}

impl Load {
    /// Asks on as many connections as are named.
    pub fn start(asked: &[Asked], connections: usize) -> Self {
        let under_way = (0..connections).map(|_| AtomicUsize::new(0)).collect();
        let shared = Arc::new(Shared { under_way, ..Shared::default() });
        let mut running = JoinSet::new();
        for own in 0..connections {
            let (shared, asked) = (Arc::clone(&shared), asked.to_vec());
            running.spawn(async move { ask(&shared, own, &asked).await });
        }
        Self { shared, _connections: running }
    }

    /// Returns when each of these requests has met a store that does not answer, in this phase.
    pub async fn until_told(&self, away: &[&str]) {
        let told = |name: &str| {
            let (seen, phase) = (self.shared.seen.lock().unwrap(), self.shared.phase.load(Ordering::SeqCst));
            seen.iter().any(|one| one.phase == phase && one.name == name && one.is_away())
        };
        let all_told = async {
            while !away.iter().all(|name| told(name)) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, all_told).await.expect("a request that nothing keeps from its answer");
    }

    /// Ends a phase, in which none but the requests `away` met a store that does not answer. All others were answered
    /// with 200, and nobody waited long.
    pub async fn went_on(&self, what: &str, away: &[&str]) {
        let ended = self.shared.phase.fetch_add(1, Ordering::SeqCst);
        let all_over = async {
            while self.shared.under_way.iter().any(|phase| phase.load(Ordering::SeqCst) <= ended) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, all_over).await.expect("a request that never ends");
        let seen: Vec<Seen> = {
            let mut all = self.shared.seen.lock().unwrap();
            all.extract_if(.., |seen| seen.phase == ended).collect()
        };
        let mut counts: BTreeMap<(&str, u16, &str), (usize, Duration)> = BTreeMap::new();
        for one in &seen {
            let (count, longest) = counts.entry((one.name, one.status, &one.code)).or_default();
            (*count, *longest) = (*count + 1, one.took.max(*longest));
        }
        println!("{what}: {counts:?}");
        for one in &seen {
            let fine = one.status == 200 || away.contains(&one.name) && one.is_away();
            assert!(fine && one.took < LONGEST, "{what}: {one:?} in {counts:?}");
        }
    }
}

impl Seen {
    fn is_away(&self) -> bool {
        (self.status, self.code.as_str()) == (503, "store_unavailable")
    }
}

async fn ask(shared: &Shared, own: usize, asked: &[Asked]) {
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap();
    // Each connection begins with another request, so that all kinds are under way at once.
    for asked in asked.iter().cycle().skip(own) {
        let phase = shared.phase.load(Ordering::SeqCst);
        shared.under_way[own].store(phase, Ordering::SeqCst);
        let started = Instant::now();
        let (status, code) = answer(&client, asked).await;
        let (name, took) = (asked.name, started.elapsed());
        shared.seen.lock().unwrap().push(Seen { phase, name, status, code, took });
        tokio::time::sleep(PAUSE).await;
    }
}

/// Status and code of the answer; status 0 with the reason where there was none.
async fn answer(client: &Client, asked: &Asked) -> (u16, String) {
    let request = client.request(asked.method.clone(), &asked.url);
    let request = match &asked.body {
        Some(body) => request.json(body),
        None => request,
    };
    match request.send().await {
        Err(error) => (0, format!("{error:?}")),
        Ok(answer) => {
            let status = answer.status().as_u16();
            match answer.bytes().await {
                Err(error) => (0, format!("{error:?}")),
                Ok(_) if status == 200 => (status, String::new()),
                Ok(body) => (status, code(&body)),
            }
        }
    }
}

/// The code of a problem, or whatever else was said.
fn code(body: &[u8]) -> String {
    let problem = serde_json::from_slice::<Value>(body).unwrap_or_default();
    problem["code"].as_str().map_or_else(|| String::from_utf8_lossy(body).into_owned(), str::to_owned)
}
