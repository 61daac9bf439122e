//! Sessions: a `session_id` keeps its connection, and with it SET, USE and temporary tables, between requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::engine::{Engine, held};
use crate::exception::{Exception, code};
use crate::ffi::Connection;

/// The longest timeout a client may ask for, as in the server.
pub(crate) const MAX_TIMEOUT: Duration = Duration::from_secs(3600);
/// What a session gets that asks for none.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// The sessions by id. A session whose query is running has no connection here: the query holds it.
#[derive(Default)]
pub(crate) struct Sessions {
    by_id: Mutex<HashMap<String, Slot>>,
}

struct Slot {
    idle: Option<Connection>,
    expires: Instant,
}

/// What a request asks of its session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionRequest {
    pub(crate) id: String,
    pub(crate) timeout: Duration,
    /// `session_check=1`: the session must exist.
    pub(crate) must_exist: bool,
}

/// A session's connection, lent to one query; given back on drop.
pub(crate) struct Lease {
    engine: Arc<Engine>,
    request: SessionRequest,
    connection: Option<Connection>,
}

impl Lease {
    /// Takes the session's connection, opening the session when it is new.
    pub(crate) fn take(engine: &Arc<Engine>, request: SessionRequest) -> Result<Self, Exception> {
        engine.sessions.expire();
        let mut sessions = held(&engine.sessions.by_id);
        let connection = match sessions.get_mut(&request.id) {
            Some(slot) => slot.idle.take().ok_or_else(locked)?,
            None if request.must_exist => return Err(not_found(&request.id)),
            None => {
                let connection = engine.connect()?;
                let expires = Instant::now() + request.timeout;
                sessions.insert(request.id.clone(), Slot { idle: None, expires });
                connection
            }
        };
        drop(sessions);
        Ok(Self { engine: Arc::clone(engine), request, connection: Some(connection) })
    }

    pub(crate) fn connection(&mut self) -> Result<&mut Connection, Exception> {
        self.connection.as_mut().ok_or_else(locked)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(slot) = held(&self.engine.sessions.by_id).get_mut(&self.request.id) {
            slot.idle = self.connection.take();
            slot.expires = Instant::now() + self.request.timeout;
        }
    }
}

impl Sessions {
    /// Closes sessions that nobody used for their timeout. Blocks: closing a connection is a call into the engine.
    pub(crate) fn expire(&self) {
        let now = Instant::now();
        let old: Vec<Slot> = {
            let mut sessions = held(&self.by_id);
            sessions
                .extract_if(|_, slot| slot.idle.is_some() && slot.expires <= now)
                .map(|(_, slot)| slot)
                .collect()
        };
        drop(old);
    }

    pub(crate) fn close(&self, id: &str) {
        let slot = held(&self.by_id).remove(id);
        drop(slot);
    }

    pub(crate) fn close_all(&self) {
        let all = std::mem::take(&mut *held(&self.by_id));
        drop(all);
    }
}

fn locked() -> Exception {
    Exception::new(code::SESSION_IS_LOCKED, "Session is locked by a concurrent client.", "SESSION_IS_LOCKED")
}

fn not_found(id: &str) -> Exception {
    Exception::new(code::SESSION_NOT_FOUND, format!("Session {id} not found"), "SESSION_NOT_FOUND")
}
