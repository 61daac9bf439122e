//! What an expression can read of a session.

use weekahead_market::{Bar, Session};

use crate::Factors;
use crate::kernel::present;

/// A value of one session.
///
/// # Units
/// Prices in the instrument's currency. Adjusted prices are chained forward over splits and dividends from the
/// first session (see [`Adjuster`](crate::Adjuster)), so their level means nothing on its own: use ratios.
/// Calendar fields count from 1, except `days_to_month_end`, which is 0 on the last day of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Field {
    /// Adjusted opening price.
    Open,
    /// Adjusted highest price.
    High,
    /// Adjusted lowest price.
    Low,
    /// Adjusted closing price.
    Close,
    /// Adjusted typical price, (high + low + close) / 3: daily bars do not carry the volume-weighted one.
    Vwap,
    /// Shares traded, in shares of before the splits.
    Volume,
    /// Opening price as traded.
    RawOpen,
    /// Highest price as traded.
    RawHigh,
    /// Lowest price as traded.
    RawLow,
    /// Closing price as traded.
    RawClose,
    /// Typical price as traded, (high + low + close) / 3.
    RawVwap,
    /// Shares traded.
    RawVolume,
    /// Monday is 1, Friday 5.
    DayOfWeek,
    /// 1 to 31.
    DayOfMonth,
    /// January is 1.
    Month,
    /// Calendar days left in the month: 0 on its last day.
    DaysToMonthEnd,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Open,
        Self::High,
        Self::Low,
        Self::Close,
        Self::Vwap,
        Self::Volume,
        Self::RawOpen,
        Self::RawHigh,
        Self::RawLow,
        Self::RawClose,
        Self::RawVwap,
        Self::RawVolume,
        Self::DayOfWeek,
        Self::DayOfMonth,
        Self::Month,
        Self::DaysToMonthEnd,
    ];

    /// As written in an expression.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::High => "high",
            Self::Low => "low",
            Self::Close => "close",
            Self::Vwap => "vwap",
            Self::Volume => "volume",
            Self::RawOpen => "raw_open",
            Self::RawHigh => "raw_high",
            Self::RawLow => "raw_low",
            Self::RawClose => "raw_close",
            Self::RawVwap => "raw_vwap",
            Self::RawVolume => "raw_volume",
            Self::DayOfWeek => "day_of_week",
            Self::DayOfMonth => "day_of_month",
            Self::Month => "month",
            Self::DaysToMonthEnd => "days_to_month_end",
        }
    }

    /// `adj_close` is another name of `close`, which is adjusted anyway.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = if name == "adj_close" { "close" } else { name };
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// Whether it follows from the session's date alone.
    pub fn is_of_date(self) -> bool {
        matches!(self, Self::DayOfWeek | Self::DayOfMonth | Self::Month | Self::DaysToMonthEnd)
    }

    /// The values of a block of sessions; what is not finite is missing.
    pub(crate) fn fill(self, sessions: &[Session], bars: &[Bar], factors: &[Factors], out: &mut [f64]) {
        let raw = |value: fn(&Bar) -> f64, out: &mut [f64]| {
            out.iter_mut().zip(bars).for_each(|(out, bar)| *out = present(value(bar)));
        };
        let price = |value: fn(&Bar) -> f64, out: &mut [f64]| {
            let rows = out.iter_mut().zip(bars).zip(factors);
            rows.for_each(|((out, bar), factors)| *out = present(value(bar) * factors.price));
        };
        match self {
            Self::Open => price(|bar| bar.open, out),
            Self::High => price(|bar| bar.high, out),
            Self::Low => price(|bar| bar.low, out),
            Self::Close => price(|bar| bar.close, out),
            Self::Vwap => price(typical, out),
            Self::RawOpen => raw(|bar| bar.open, out),
            Self::RawHigh => raw(|bar| bar.high, out),
            Self::RawLow => raw(|bar| bar.low, out),
            Self::RawClose => raw(|bar| bar.close, out),
            Self::RawVwap => raw(typical, out),
            Self::RawVolume => raw(|bar| bar.volume, out),
            Self::Volume => {
                let rows = out.iter_mut().zip(bars).zip(factors);
                rows.for_each(|((out, bar), factors)| *out = present(bar.volume / factors.split));
            }
            _ => out.iter_mut().zip(sessions).for_each(|(out, session)| *out = self.of_date(*session)),
        }
    }

    fn of_date(self, session: Session) -> f64 {
        let date = session.date();
        f64::from(match self {
            Self::DayOfWeek => date.weekday().to_monday_one_offset(),
            Self::DayOfMonth => date.day(),
            Self::Month => date.month(),
            _ => date.days_in_month() - date.day(),
        })
    }
}

fn typical(bar: &Bar) -> f64 {
    (bar.high + bar.low + bar.close) / 3.0
}
