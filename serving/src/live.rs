//! The model that answers requests: the champion as of a moment ago, and the last good one while the registry is away.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::MissedTickBehavior;
use tokio_util::task::AbortOnDropHandle;
use weekahead_market::{AsOf, Clock};

use crate::{Error, LoadedModel, Registry, Result};

/// Follows the alias `champion`, so that no request has to ask for it.
///
/// A version answers after it was loaded, its digest was verified and it has run once; requests under way are answered by the one that
/// they began with. While the registry cannot be read, or holds something that cannot be served, the last good version goes on.
#[derive(Debug)]
pub struct LiveModel {
    registry: Arc<Registry>,
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    champion: Option<Arc<LoadedModel>>,
    looked_at: Option<Timestamp>,
    fault: Option<Fault>,
}

/// Why the last look at the registry changed nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong, as the log has it.
    pub reason: String,
    /// The same for everybody: without what the stores said.
    pub public_reason: String,
    /// Since when looks have failed.
    pub since: Timestamp,
    /// Whether nobody is champion, other than that it cannot be told who is.
    no_champion: bool,
}

impl LiveModel {
    /// The champions of a registry; none is live before the first [`refresh`](Self::refresh).
    pub fn new(registry: Arc<Registry>) -> Self {
        Self { registry, state: RwLock::default() }
    }

    /// The registry that it follows, with its other versions.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The model that answers.
    ///
    /// # Errors
    /// [`Error::NoChampion`] where there is none; [`Error::NotLive`] before one could be loaded.
    pub fn champion(&self) -> Result<Arc<LoadedModel>> {
        let state = self.read();
        if let Some(champion) = &state.champion {
            return Ok(Arc::clone(champion));
        }
        let model = self.registry.model().to_owned();
        match &state.fault {
            Some(fault) if fault.no_champion => {
                Err(Error::NoChampion { model, as_of: AsOf::at(fault.since) })
            }
            _ => Err(Error::NotLive { model }),
        }
    }

    /// The model that answers; where there is none yet, the registry is asked for it first.
    ///
    /// # Errors
    /// As [`champion`](Self::champion).
    pub async fn champion_or_first(&self, now: AsOf) -> Result<Arc<LoadedModel>> {
        if self.read().champion.is_none() {
            // Why it failed is what `champion` tells.
            let _ = self.refresh(now).await;
        }
        self.champion()
    }

    /// What keeps the registry from being followed, if anything does.
    pub fn fault(&self) -> Option<Fault> {
        self.read().fault.clone()
    }

    /// When the registry was last read.
    pub fn looked_at(&self) -> Option<Timestamp> {
        self.read().looked_at
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        // The state is replaced field by field, each of which may stand alone.
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks who is champion; loads and warms up a version that is not live yet, and puts it in the place of the one before. Says
    /// whether another version is live now.
    ///
    /// # Errors
    /// Those of the registry; what was live goes on.
    pub async fn refresh(&self, now: AsOf) -> Result<bool> {
        let found = self.registry.champion(now).await;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match found {
            Ok(champion) => {
                let before = state.champion.replace(Arc::clone(&champion));
                (state.looked_at, state.fault) = (Some(now.instant()), None);
                Ok(before.is_none_or(|before| before.version != champion.version))
            }
            Err(error) => {
                let since = state.fault.as_ref().map_or(now.instant(), |fault| fault.since);
                let no_champion = matches!(error, Error::NoChampion { .. });
                let (reason, public_reason) = (error.to_string(), error.public_reason());
                state.fault = Some(Fault { reason, public_reason, since, no_champion });
                Err(error)
            }
        }
    }
}

/// Refreshes a live model at once and then again and again, until the handle is dropped. The log has a line when a version goes live, when
/// looks begin to fail and when they succeed again.
pub fn keep_live(live: Arc<LiveModel>, clock: Arc<dyn Clock>, every: Duration) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = None;
        loop {
            ticks.tick().await;
            match live.refresh(AsOf::now(&*clock)).await {
                Ok(swapped) => {
                    if told.take().is_some() {
                        tracing::info!("the registry is followed again");
                    }
                    if let (true, Ok(champion)) = (swapped, live.champion()) {
                        tracing::info!(model = champion.model, version = champion.version, "model is live");
                    }
                }
                Err(error) => {
                    let reason = error.to_string();
                    if told.as_ref() != Some(&reason) {
                        tracing::warn!(%error, "the registry cannot be followed: the last good model answers, and looking goes on");
                    }
                    told = Some(reason);
                }
            }
        }
    }))
}
