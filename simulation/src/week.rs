//! The weeks of a simulation, and where the platform stands in each.

use jiff::SignedDuration;
use weekahead_market::{AsOf, Calendar, Session};

use crate::{Error, Result};

/// How long after the close the weekly cycle runs: the provider publishes bars within the first hour.
const AFTER_CLOSE: SignedDuration = SignedDuration::from_hours(2);

/// One cycle of the platform's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Week {
    /// From 0.
    pub number: usize,
    /// The last session of the week, on which its forecasts stand: a Thursday before a holiday Friday.
    pub origin: Session,
    /// Two hours after that session's close.
    pub as_of: AsOf,
}

/// The weeks whose last session lies in `first..=last`.
///
/// # Errors
/// [`Error::NoWeek`] when there is none.
///
/// ```
/// use weekahead_market::Calendar;
/// let of_2012 = weekahead_simulation::weeks(&Calendar::nyse(), "2012-03-26".parse()?, "2012-04-13".parse()?)?;
/// let origins: Vec<String> = of_2012.iter().map(|week| week.origin.to_string()).collect();
/// // The 6th of April was Good Friday.
/// assert_eq!(origins, ["2012-03-30", "2012-04-05", "2012-04-13"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn weeks(calendar: &Calendar, first: Session, last: Session) -> Result<Vec<Week>> {
    let origins = calendar.weekly_origins(first, last);
    if origins.is_empty() {
        return Err(Error::NoWeek { first, last });
    }
    let week = |(number, origin): (usize, Session)| {
        Ok(Week { number, origin, as_of: AsOf::at(calendar.close(origin)? + AFTER_CLOSE) })
    };
    origins.into_iter().enumerate().map(week).collect()
}
