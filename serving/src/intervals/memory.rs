//! What was made of outcomes last, for as long as there are no others.

use std::sync::{Mutex, MutexGuard, PoisonError};

use weekahead_market::{AsOf, Session};

use super::ServedIntervals;

/// Remembers the intervals of one reading: outcomes come once a day, requests at any time.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Option<(AsOf, Ground, ServedIntervals)>>);

/// What intervals follow from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ground {
    /// The version of the model.
    pub(super) version: u32,
    /// The first session that counts.
    pub(super) from: Session,
    /// How many versions of bars and how many forecasts were known.
    pub(super) counts: (u64, u64),
}

impl Memory {
    /// What followed from the same ground. An instant before the remembered one is not answered: as many rows may be others.
    pub(super) fn recall(&self, as_of: AsOf, ground: Ground) -> Option<ServedIntervals> {
        let remembered = self.lock();
        let (at, known, intervals) = remembered.as_ref()?;
        (*at <= as_of && *known == ground).then(|| intervals.clone())
    }

    pub(super) fn keep(&self, as_of: AsOf, ground: Ground, intervals: &ServedIntervals) {
        *self.lock() = Some((as_of, ground, intervals.clone()));
    }

    fn lock(&self) -> MutexGuard<'_, Option<(AsOf, Ground, ServedIntervals)>> {
        // It is replaced as a whole, so a panic leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
