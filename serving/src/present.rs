//! Forecasts of the present, kept for as long as nothing is known that could change them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::time::MissedTickBehavior;
use tokio_util::task::AbortOnDropHandle;
use weekahead_market::{AsOf, Clock, Session, Symbol};
use weekahead_warehouse::{ForecastRow, TableDigest, WriteCounts};

use crate::forecaster::Role;
use crate::{Forecaster, Forecasts, LiveModel, LoadedModel, Result, ServedIntervals, Unanswered};

/// How many symbols are kept before all are dropped: anyone may ask for symbols that do not exist.
const MOST_KEPT: usize = 50_000;

/// What the live model forecasts now.
///
/// A forecast of a symbol stays what it is until its bars, its features or the champion change. So it is made and written back when it is
/// first asked for, and answered from memory from then on, while [`keep_present`] looks for changes and makes all that was asked
/// for again when there is one. Every answer stands at the instant of the last look, and says so: with the warehouse away, answers
/// go on and their `as_of` stays behind.
///
/// Invariant: what is answered is what stands in the warehouse, and equals what a reader at the answer's `as_of` is told.
#[derive(Debug)]
pub struct Present {
    forecaster: Arc<Forecaster>,
    live: Arc<LiveModel>,
    /// The alias of the model that forecasts in the champion's shadow.
    shadow: Option<String>,
    kept: RwLock<Option<Kept>>,
    /// Since when looks have failed.
    failing_since: RwLock<Option<Timestamp>>,
    /// Held by whoever makes forecasts, so that those of the same symbol are not made twice at once.
    making: Mutex<()>,
}

/// Forecasts with what they follow from.
#[derive(Debug)]
struct Kept {
    champion: Arc<LoadedModel>,
    ground: Ground,
    as_of: AsOf,
    intervals: ServedIntervals,
    by_symbol: HashMap<Symbol, Answer>,
}

/// What the forecasts of a version follow from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ground {
    /// Bars and features.
    known: [TableDigest; 2],
    last_closed: Session,
}

/// A forecast, or why there is none.
type Answer = std::result::Result<ForecastRow, Unanswered>;

impl Present {
    /// Forecasts by what is live.
    pub fn new(forecaster: Arc<Forecaster>, live: Arc<LiveModel>) -> Self {
        Self {
            forecaster,
            live,
            shadow: None,
            kept: RwLock::default(),
            failing_since: RwLock::default(),
            making: Mutex::default(),
        }
    }

    /// Has the version with this alias forecast what the champion does, written and answered to nobody.
    #[must_use]
    pub fn with_shadow(self, alias: &str) -> Self {
        Self { shadow: Some(alias.to_owned()), ..self }
    }

    /// Forecasts of symbols, each known once it is answered as written back.
    ///
    /// Where those of a new champion cannot be made, since the warehouse is away, those of the champion before are answered.
    ///
    /// # Errors
    /// [`Error::NoChampion`](crate::Error::NoChampion), [`Error::NotLive`](crate::Error::NotLive); those of the warehouse for
    /// symbols that are asked for the first time.
    pub async fn forecasts(&self, now: AsOf, symbols: &[Symbol]) -> Result<Forecasts> {
        let champion = self.live.champion_or_first(now).await?;
        if let Some(answer) = self.kept_answer(&champion, symbols) {
            return Ok(answer);
        }
        let _making = self.making.lock().await;
        if let Some(answer) = self.kept_answer(&champion, symbols) {
            return Ok(answer);
        }
        match self.make_for(&champion, now, symbols).await {
            // What is kept changes under the lock alone, so all symbols are there.
            Ok(()) => self.answer(Some(&champion), symbols).ok_or(crate::Error::Unanswered),
            Err(error) if error.is_retryable() => {
                self.look_failed(now);
                self.answer(None, symbols).ok_or(error)
            }
            Err(error) => Err(error),
        }
    }

    /// What is kept of the champion; of the one before, too, while nothing can be made.
    fn kept_answer(&self, champion: &LoadedModel, symbols: &[Symbol]) -> Option<Forecasts> {
        let before = || self.failing_since().and_then(|_| self.answer(None, symbols));
        self.answer(Some(champion), symbols).or_else(before)
    }

    /// Makes what is not kept of these.
    async fn make_for(&self, champion: &Arc<LoadedModel>, now: AsOf, symbols: &[Symbol]) -> Result<()> {
        let Some((as_of, missing)) = self.missing(champion, symbols) else {
            // Before the forecasts: what comes in between is seen by the next look.
            let ground = self.ground(champion, now).await?;
            return self.make(champion, ground, now, symbols).await;
        };
        let champion = Arc::clone(champion);
        let made = self.forecaster.forecast(champion, Role::Champion, as_of, Some(&missing), now.instant());
        self.keep_beside(made.await?);
        self.follow_with_shadow(now, missing);
        Ok(())
    }

    /// Where the answers stand; `None` before the first.
    pub fn as_of(&self) -> Option<AsOf> {
        self.read().as_ref().map(|kept| kept.as_of)
    }

    /// Since when it cannot be told whether anything has changed; `None` while it can.
    pub fn failing_since(&self) -> Option<Timestamp> {
        *self.failing_since.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks whether anything has changed that forecasts follow from, and makes those that are kept again if so. Says whether it did.
    ///
    /// # Errors
    /// Those of the warehouse; what is kept is answered further.
    pub async fn refresh(&self, now: AsOf) -> Result<bool> {
        let looked = self.look(now).await;
        match &looked {
            Ok(_) => *self.failing_since.write().unwrap_or_else(PoisonError::into_inner) = None,
            Err(_) => self.look_failed(now),
        }
        looked
    }

    fn look_failed(&self, now: AsOf) {
        let mut failing_since = self.failing_since.write().unwrap_or_else(PoisonError::into_inner);
        *failing_since = failing_since.or(Some(now.instant()));
    }

    async fn look(&self, now: AsOf) -> Result<bool> {
        let Ok(champion) = self.live.champion() else { return Ok(false) };
        let _making = self.making.lock().await;
        // Asked even where nothing is kept: that the warehouse is away is news by itself.
        let ground = self.ground(&champion, now).await?;
        let symbols: Vec<Symbol> = match self.read().as_ref() {
            Some(kept) => kept.by_symbol.keys().cloned().collect(),
            None => return Ok(false),
        };
        if let Some(kept) = self.write().as_mut().filter(|kept| kept.stands(&champion, ground)) {
            kept.as_of = now;
            return Ok(false);
        }
        self.make(&champion, ground, now, &symbols).await?;
        Ok(true)
    }

    /// Makes forecasts as of now, in the place of all that are kept.
    async fn make(
        &self,
        champion: &Arc<LoadedModel>,
        ground: Ground,
        now: AsOf,
        symbols: &[Symbol],
    ) -> Result<()> {
        let champion = Arc::clone(champion);
        let made = self
            .forecaster
            .forecast(Arc::clone(&champion), Role::Champion, now, Some(symbols), now.instant())
            .await?;
        let (as_of, intervals) = (made.as_of, made.intervals.clone());
        let by_symbol = answers(made).collect();
        *self.write() = Some(Kept { champion, ground, as_of, intervals, by_symbol });
        self.follow_with_shadow(now, symbols.to_vec());
        Ok(())
    }

    /// Has the shadow, if there is one, forecast the same beside what is answered.
    fn follow_with_shadow(&self, now: AsOf, symbols: Vec<Symbol>) {
        let Some(alias) = self.shadow.clone() else { return };
        let forecaster = Arc::clone(&self.forecaster);
        tokio::spawn(async move {
            if let Err(error) = forecaster.forecast_in_shadow(&alias, now, Some(&symbols)).await {
                tracing::warn!(%error, alias, "the shadow has not forecast");
            }
        });
    }

    async fn ground(&self, champion: &LoadedModel, now: AsOf) -> Result<Ground> {
        let last_closed = self.forecaster.calendar().last_closed(now.instant())?;
        Ok(Ground { known: self.forecaster.known(champion, now).await?, last_closed })
    }

    /// What is kept, of a champion or of whichever made it.
    fn answer(&self, champion: Option<&LoadedModel>, symbols: &[Symbol]) -> Option<Forecasts> {
        let kept = self.read();
        let of_champion =
            |kept: &&Kept| champion.is_none_or(|champion| kept.champion.version == champion.version);
        let kept = kept.as_ref().filter(of_champion)?;
        let (mut rows, mut unanswered) = (Vec::with_capacity(symbols.len()), Vec::new());
        for symbol in symbols {
            match kept.by_symbol.get(symbol)? {
                Ok(row) => rows.push(row.clone()),
                Err(why) => unanswered.push(why.clone()),
            }
        }
        let counts = WriteCounts { written: 0, already_there: rows.len() };
        let (champion, intervals) = (Arc::clone(&kept.champion), kept.intervals.clone());
        Some(Forecasts { champion, as_of: kept.as_of, rows, intervals, unanswered, counts })
    }

    /// The symbols that have to be made beside those that are kept, and where those stand; `None` where all have to be made.
    fn missing(&self, champion: &LoadedModel, symbols: &[Symbol]) -> Option<(AsOf, Vec<Symbol>)> {
        let kept = self.read();
        let of_champion = |kept: &&Kept| kept.champion.version == champion.version;
        let kept = kept.as_ref().filter(of_champion).filter(|kept| kept.by_symbol.len() < MOST_KEPT)?;
        let missing = symbols.iter().filter(|symbol| !kept.by_symbol.contains_key(symbol));
        Some((kept.as_of, missing.cloned().collect()))
    }

    fn keep_beside(&self, made: Forecasts) {
        if let Some(kept) = self.write().as_mut() {
            kept.by_symbol.extend(answers(made));
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Option<Kept>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Option<Kept>> {
        self.kept.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was made, by symbol.
fn answers(made: Forecasts) -> impl Iterator<Item = (Symbol, Answer)> {
    let answered = made.rows.into_iter().map(|row| (row.forecast.key.symbol.clone(), Ok(row)));
    let without = made.unanswered.into_iter().map(|why| (why.symbol.clone(), Err(why)));
    answered.chain(without)
}

impl Kept {
    fn stands(&self, champion: &LoadedModel, ground: Ground) -> bool {
        self.champion.version == champion.version && self.ground == ground
    }
}

/// Refreshes forecasts again and again, until the handle is dropped. The log has a line when looks begin to fail and when they succeed again.
pub fn keep_present(present: Arc<Present>, clock: Arc<dyn Clock>, every: Duration) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut fails = false;
        loop {
            ticks.tick().await;
            match present.refresh(AsOf::now(&*clock)).await {
                Ok(_) if std::mem::take(&mut fails) => tracing::info!("forecasts are of the present again"),
                Ok(_) => {}
                Err(error) if !std::mem::replace(&mut fails, true) => {
                    tracing::warn!(%error, "the warehouse cannot be asked for news: forecasts that were made are answered");
                }
                Err(_) => {}
            }
        }
    }))
}
