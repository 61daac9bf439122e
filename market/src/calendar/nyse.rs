//! The sessions of the New York Stock Exchange, 1993 to 2049.
//!
//! # Source
//! NYSE Rule 7.2 (holidays; when one falls on a Saturday the Friday before is closed, unless that Friday ends
//! the year; on a Sunday, the Monday after) and the exchange's published list of special closings. Years after
//! the present follow the rules as they stand; a closure that has not been announced cannot be known.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

/// The first year whose closures are known here.
pub const FIRST_YEAR: i16 = 1993;
/// The last year that the rules are applied to.
pub const LAST_YEAR: i16 = 2049;

/// Closures that follow no rule: a funeral, an attack, a storm.
const SPECIAL_CLOSURES: [Date; 11] = [
    date(1994, 4, 27),
    date(2001, 9, 11),
    date(2001, 9, 12),
    date(2001, 9, 13),
    date(2001, 9, 14),
    date(2004, 6, 11),
    date(2007, 1, 2),
    date(2012, 10, 29),
    date(2012, 10, 30),
    date(2018, 12, 5),
    date(2025, 1, 9),
];

/// Early closes at 13:00 that follow no rule.
const SPECIAL_HALF_DAYS: [Date; 3] = [date(1997, 12, 26), date(1999, 12, 31), date(2003, 12, 26)];

/// Whether the exchange trades on a date.
///
/// ```
/// use jiff::civil::date;
/// use weekahead_market::calendar::nyse::is_open;
/// assert!(is_open(date(2012, 10, 26)));
/// assert!(!is_open(date(2012, 10, 29))); // Hurricane Sandy
/// ```
pub fn is_open(day: Date) -> bool {
    let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    !weekend && !is_holiday(day) && !SPECIAL_CLOSURES.contains(&day)
}

/// The local hour of the close: 13 on half days, else 16.
pub fn closing_hour(day: Date) -> i8 {
    if is_half_day(day) { 13 } else { 16 }
}

fn is_holiday(day: Date) -> bool {
    fixed_holiday(day) || floating_holiday(day)
}

fn fixed_holiday(day: Date) -> bool {
    let year = day.year();
    let new_year = date(year, 1, 1);
    let new_year_closed = match new_year.weekday() {
        Weekday::Saturday => false,
        Weekday::Sunday => day == date(year, 1, 2),
        _ => day == new_year,
    };
    new_year_closed
        || (year >= 2022 && day == observed(date(year, 6, 19)))
        || day == observed(date(year, 7, 4))
        || day == observed(date(year, 12, 25))
}

/// The day on which a fixed holiday closes the exchange.
fn observed(holiday: Date) -> Date {
    match holiday.weekday() {
        Weekday::Saturday => holiday.saturating_sub(1.day()),
        Weekday::Sunday => holiday.saturating_add(1.day()),
        _ => holiday,
    }
}

fn floating_holiday(day: Date) -> bool {
    let nth = |n: i8, weekday| day.nth_weekday_of_month(n, weekday).is_ok_and(|d| d == day);
    match day.month() {
        1 => day.year() >= 1998 && nth(3, Weekday::Monday),
        2 => nth(3, Weekday::Monday),
        3 | 4 => day == good_friday(day.year()),
        5 => nth(-1, Weekday::Monday),
        9 => nth(1, Weekday::Monday),
        11 => nth(4, Weekday::Thursday),
        _ => false,
    }
}

/// Two days before Easter Sunday, by the anonymous Gregorian computus (Meeus, Astronomical Algorithms, ch. 8).
fn good_friday(year: i16) -> Date {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let month = (h + l - 7 * m + 114) / 31;
    let day = (h + l - 7 * m + 114) % 31 + 1;
    date(year, month as i8, day as i8).saturating_sub(2.days())
}

fn is_half_day(day: Date) -> bool {
    let weekday = day.weekday();
    let after_thanksgiving = day.month() == 11
        && weekday == Weekday::Friday
        && day.yesterday().is_ok_and(|thursday| floating_holiday(thursday) && thursday.month() == 11);
    let christmas_eve = day.month() == 12 && day.day() == 24 && weekday != Weekday::Friday;
    after_thanksgiving || christmas_eve || around_independence_day(day) || SPECIAL_HALF_DAYS.contains(&day)
}

/// Since 1995 the eve of Independence Day; when that was a Wednesday, until 2012 the Friday after instead.
fn around_independence_day(day: Date) -> bool {
    if day.month() != 7 || day.year() < 1995 {
        return false;
    }
    match (day.day(), day.weekday()) {
        (3, Weekday::Monday | Weekday::Tuesday | Weekday::Thursday) => true,
        (3, Weekday::Wednesday) => day.year() >= 2013,
        (5, Weekday::Friday) => day.year() < 2013,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closures_by_rule() {
        let closed = [
            date(2000, 4, 21),
            date(2004, 12, 24),
            date(2006, 1, 2),
            date(2010, 7, 5),
            date(2012, 11, 22),
            date(2013, 2, 18),
            date(2020, 7, 3),
            date(2022, 6, 20),
            date(2024, 3, 29),
        ];
        for day in closed {
            assert!(!is_open(day), "{day}");
        }
    }

    #[test]
    fn days_that_look_like_closures_but_traded() {
        for day in
            [date(2010, 12, 31), date(2021, 6, 18), date(1997, 1, 20), date(2001, 9, 10), date(2001, 9, 17)]
        {
            assert!(is_open(day), "{day}");
        }
    }

    #[test]
    fn special_closures_fall_on_weekdays() {
        for day in SPECIAL_CLOSURES {
            assert!(!is_open(day), "{day}");
            assert!(
                !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !is_holiday(day),
                "{day}"
            );
        }
    }

    #[test]
    fn half_days() {
        let half = [
            date(2012, 7, 3),
            date(2002, 7, 5),
            date(2013, 7, 3),
            date(2012, 11, 23),
            date(2012, 12, 24),
            date(2003, 12, 26),
        ];
        for day in half {
            assert_eq!(closing_hour(day), 13, "{day}");
        }
        for day in [date(2002, 7, 3), date(2012, 11, 21), date(2019, 7, 5), date(2012, 7, 5)] {
            assert_eq!(closing_hour(day), 16, "{day}");
        }
    }

    #[test]
    fn sessions_a_year_match_the_exchange() {
        let sessions = |year| {
            date(year, 1, 1).series(1.day()).take_while(|d| d.year() == year).filter(|d| is_open(*d)).count()
        };
        let known = [
            (1999, 252),
            (2000, 252),
            (2001, 248),
            (2004, 252),
            (2007, 251),
            (2012, 250),
            (2018, 251),
            (2025, 250),
        ];
        for (year, count) in known {
            assert_eq!(sessions(year), count, "{year}");
        }
    }
}
