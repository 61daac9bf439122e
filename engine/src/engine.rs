//! The opened engine: connections, the running queries, and how it is opened and closed.

use std::collections::HashMap;
use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::exception::{Exception, code};
use crate::ffi::{Connection, Library, Params};
use crate::guard::Guard;
use crate::session::Sessions;
use crate::setup::{self, DirectoryLock};
use crate::{EngineConfig, Error, Result};

/// How often, and with what pauses, a query that should end is canceled again.
const CANCEL_TRIES: usize = 100;
const CANCEL_PAUSE: Duration = Duration::from_millis(50);

/// The directory this process has open: libchdb takes one at a time.
static OPEN: Mutex<Option<PathBuf>> = Mutex::new(None);

/// The engine as every request sees it.
pub(crate) struct Engine {
    pub(crate) config: EngineConfig,
    pub(crate) guard: Guard,
    pub(crate) sessions: Sessions,
    pub(crate) permits: Arc<Semaphore>,
    pub(crate) version: String,
    pub(crate) timezone: String,
    library: &'static Library,
    args: Vec<CString>,
    running: Mutex<HashMap<String, String>>,
    /// Keeps the engine up: closing the last connection stops it.
    base: Mutex<Option<Connection>>,
    _lock: DirectoryLock,
}

impl Engine {
    /// Opens the data directory. Blocks while tables are loaded.
    pub(crate) fn open(config: EngineConfig) -> Result<Self> {
        let library = load(&config.libchdb)?;
        let guard = Guard::new(&config.allowed_s3_prefixes)?;
        let mut open = held(&OPEN);
        if let Some(open) = open.as_ref() {
            return Err(Error::AlreadyOpen { open: open.clone() });
        }
        let lock = setup::lock(&config.data_dir)?;
        let data_dir = config
            .data_dir
            .canonicalize()
            .map_err(|source| Error::Prepare { path: config.data_dir.clone(), source })?;
        let args = arguments(&data_dir, &setup::write_config(&config, &data_dir)?)?;
        let mut base = Connection::open(library, &args).ok_or_else(|| Error::Open {
            data_dir: data_dir.clone(),
            reason: "it printed the reason on standard error (a damaged table, or an S3 disk out of reach?)"
                .into(),
        })?;
        let (version, timezone) = identity(&mut base, &data_dir)?;
        *open = Some(data_dir);
        Ok(Self {
            guard,
            sessions: Sessions::default(),
            permits: Arc::new(Semaphore::new(config.max_concurrent_queries)),
            version,
            timezone,
            library,
            args,
            running: Mutex::default(),
            base: Mutex::new(Some(base)),
            _lock: lock,
            config,
        })
    }

    /// A fresh connection: below a millisecond, and nothing of it is seen by others.
    pub(crate) fn connect(&self) -> std::result::Result<Connection, Exception> {
        if held(&self.base).is_none() {
            return Err(Exception::new(236, "the engine is shutting down", "ABORTED"));
        }
        Connection::open(self.library, &self.args)
            .ok_or_else(|| Exception::internal("the engine refused a connection"))
    }

    /// Registers a query under the client's id. The mark is what the engine knows it by.
    pub(crate) fn register(self: &Arc<Self>, query_id: &str) -> std::result::Result<Running, Exception> {
        let mark = format!("weekahead-{}", uuid::Uuid::new_v4());
        let mut running = held(&self.running);
        if running.contains_key(query_id) {
            let text = format!("Query with id = {query_id} is already running.");
            let name = "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING";
            return Err(Exception::new(code::QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING, text, name));
        }
        running.insert(query_id.to_owned(), mark.clone());
        Ok(Running { engine: Arc::clone(self), query_id: query_id.to_owned(), mark })
    }

    /// Cancels the query with this mark and waits until it has ended. Asks again and again: the query may not have
    /// reached the engine yet, or be between two of its own steps.
    pub(crate) fn cancel(&self, mark: &str) {
        for _ in 0..CANCEL_TRIES {
            if !held(&self.running).values().any(|running| running == mark) {
                return;
            }
            self.kill(mark);
            std::thread::sleep(CANCEL_PAUSE);
        }
        tracing::warn!(mark, "a canceled query does not end");
    }

    fn kill(&self, mark: &str) {
        let sql = format!("KILL QUERY WHERE Settings['log_comment'] = '{mark}' ASYNC FORMAT Null");
        let killed = self.connect().and_then(|mut c| c.query(sql.as_bytes(), "Null", &Params::default()));
        if let Err(error) = killed {
            tracing::warn!(%error, mark, "cannot cancel a query");
        }
    }

    /// Cancels everything that still runs.
    pub(crate) fn kill_all(&self) {
        let marks: Vec<String> = held(&self.running).values().cloned().collect();
        marks.iter().for_each(|mark| self.kill(mark));
    }

    /// Closes the sessions and the base connection; the engine stops with it. No query may be running.
    pub(crate) fn close(&self) {
        self.sessions.close_all();
        let base = held(&self.base).take();
        drop(base);
        held(&OPEN).take();
    }
}

/// A registered query; the id is free again when it drops.
pub(crate) struct Running {
    engine: Arc<Engine>,
    query_id: String,
    pub(crate) mark: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        held(&self.engine.running).remove(&self.query_id);
    }
}

/// Locks, also after a panic elsewhere: the data under these locks is whole between any two statements.
pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn arguments(data_dir: &Path, config_file: &Path) -> Result<Vec<CString>> {
    let path = format!("--path={}", data_dir.display());
    let file = format!("--config-file={}", config_file.display());
    ["clickhouse".to_owned(), path, file]
        .into_iter()
        .map(|arg| {
            CString::new(arg).map_err(|_| Error::Config { reason: "data_dir holds a NUL byte".into() })
        })
        .collect()
}

fn identity(base: &mut Connection, data_dir: &Path) -> Result<(String, String)> {
    let result = base
        .query(b"SELECT version(), timezone()", "TSV", &Params::default())
        .map_err(|e| Error::Open { data_dir: data_dir.to_owned(), reason: e.to_string() })?;
    let line = String::from_utf8_lossy(result.as_ref()).trim().to_owned();
    let (version, timezone) = line.split_once('\t').unwrap_or((&line, "UTC"));
    Ok((version.to_owned(), timezone.to_owned()))
}

fn load(path: &Path) -> Result<&'static Library> {
    let failed = |reason| Error::Library { path: path.to_owned(), reason };
    if !path.is_file() {
        return Err(failed("no such file".to_owned()));
    }
    Library::load(path).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        failed(format!("{error}{cause}"))
    })
}
