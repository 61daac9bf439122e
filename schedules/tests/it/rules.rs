//! When rules fire, at dates on which calendars and clocks do something out of the ordinary.

use jiff::{SignedDuration, Timestamp};
use weekahead_schedules::{Error, Rule, When};

use crate::support::{at, rule};

const NEW_YORK: &str = "America/New_York";

/// Every fire time after the first instant, up to and including the second, as text.
fn fires(rule: &Rule, after: &str, until: &str) -> Vec<String> {
    let times: Vec<Timestamp> = rule.occurrences(at(after), at(until)).collect();
    for time in &times {
        agree(rule, *time);
    }
    times.iter().map(ToString::to_string).collect()
}

/// Looking forth and back finds the same fire times.
fn agree(rule: &Rule, time: Timestamp) {
    let tick = SignedDuration::from_micros(1);
    assert_eq!(rule.previous(time), Some(time), "{time}");
    assert_eq!(rule.next(time - tick), Some(time), "{time}");
    assert!(rule.previous(time - tick).unwrap() < time && rule.next(time).unwrap() > time, "{time}");
    let next = rule.next(time).unwrap();
    assert_eq!(rule.previous(next - tick), Some(time), "before {next}");
}

#[test]
fn cron_keeps_to_the_clock_of_its_zone_when_daylight_saving_begins_and_ends() {
    let evening = rule("30 18 * * MON-FRI", NEW_YORK);
    assert_eq!(
        fires(&evening, "2013-03-07T00:00:00Z", "2013-03-13T00:00:00Z"),
        ["2013-03-07T23:30:00Z", "2013-03-08T23:30:00Z", "2013-03-11T22:30:00Z", "2013-03-12T22:30:00Z"]
    );
    assert_eq!(
        fires(&evening, "2013-11-01T00:00:00Z", "2013-11-05T00:00:00Z"),
        ["2013-11-01T22:30:00Z", "2013-11-04T23:30:00Z"]
    );
    // London changes three weeks later, and its clocks go at another hour.
    let london = rule("0 9 * * SUN", "Europe/London");
    assert_eq!(
        fires(&london, "2013-03-20T00:00:00Z", "2013-04-01T00:00:00Z"),
        ["2013-03-24T09:00:00Z", "2013-03-31T08:00:00Z"]
    );
    assert_eq!(
        fires(&london, "2013-10-20T00:00:00Z", "2013-10-28T00:00:00Z"),
        ["2013-10-20T08:00:00Z", "2013-10-27T09:00:00Z"]
    );
}

#[test]
fn a_time_that_the_clock_leaves_out_fires_right_after_the_gap() {
    // On 10 March 2013 the clock went from 02:00 to 03:00, which is 07:00 in UTC.
    let days = ("2013-03-09T00:00:00Z", "2013-03-12T00:00:00Z");
    let in_gap = fires(&rule("30 2 * * *", NEW_YORK), days.0, days.1);
    assert_eq!(in_gap, ["2013-03-09T07:30:00Z", "2013-03-10T07:00:00Z", "2013-03-11T06:30:00Z"]);
    let at_its_begin = fires(&rule("0 2 * * *", NEW_YORK), days.0, days.1);
    assert_eq!(at_its_begin, ["2013-03-09T07:00:00Z", "2013-03-10T07:00:00Z", "2013-03-11T06:00:00Z"]);
    // Two times within the gap, or one at its end, are one.
    let day = ("2013-03-10T05:00:00Z", "2013-03-11T04:00:00Z");
    assert_eq!(fires(&rule("0,30 2 * * *", NEW_YORK), day.0, day.1), ["2013-03-10T07:00:00Z"]);
    assert_eq!(
        fires(&rule("0 2,3,4 * * *", NEW_YORK), day.0, day.1),
        ["2013-03-10T07:00:00Z", "2013-03-10T08:00:00Z"]
    );
}

#[test]
fn a_time_that_the_clock_shows_twice_fires_the_first_time() {
    // On 3 November 2013 the clock went from 02:00 back to 01:00, which is 06:00 in UTC.
    let days = ("2013-11-02T00:00:00Z", "2013-11-05T00:00:00Z");
    let twice = fires(&rule("30 1 * * *", NEW_YORK), days.0, days.1);
    assert_eq!(twice, ["2013-11-02T05:30:00Z", "2013-11-03T05:30:00Z", "2013-11-04T06:30:00Z"]);
    let several = fires(&rule("15,45 1,2 * * SUN", NEW_YORK), days.0, days.1);
    assert_eq!(
        several,
        ["2013-11-03T05:15:00Z", "2013-11-03T05:45:00Z", "2013-11-03T07:15:00Z", "2013-11-03T07:45:00Z"]
    );
    // In the second of the two hours, what is later on the clock has fired already.
    let rule = rule("15,45 1,2 * * SUN", NEW_YORK);
    assert_eq!(rule.previous(at("2013-11-03T06:10:00Z")), Some(at("2013-11-03T05:45:00Z")));
    assert_eq!(rule.next(at("2013-11-03T06:10:00Z")), Some(at("2013-11-03T07:15:00Z")));
}

#[test]
fn an_interval_goes_on_through_both() {
    let hourly = rule("0 * * * *", NEW_YORK);
    for (day, hours) in [("2013-03-10", 24), ("2013-11-03", 24)] {
        let from = at(&format!("{day}T00:00:00Z"));
        let times: Vec<Timestamp> = hourly.occurrences(from, from + SignedDuration::from_hours(24)).collect();
        assert_eq!(times.len(), hours, "{day}");
        times.iter().for_each(|time| agree(&hourly, *time));
    }
}

#[test]
fn cron_reads_names_ranges_steps_and_lists() {
    let count = |when: &str| {
        let rule = rule(when, "UTC");
        rule.occurrences(at("2012-12-31T23:59:59Z"), at("2013-12-31T23:59:59Z")).count()
    };
    assert_eq!(count("0 0 * JAN-MAR *"), 90);
    assert_eq!(count("*/20 9-17/4 1,15 6 *"), 2 * 3 * 3);
    assert_eq!(count("0 12 * * mon,WED,fri"), 52 * 3);
    assert_eq!(count("0 12 L * *"), 12);
    assert_eq!(count("0 12 13 * FRI"), 12 + 52 - 2, "either day counts, as in cron");
    assert_eq!(count("0 0 29 2 *"), 0);
    assert_eq!(rule("0 0 29 2 *", "UTC").next(at("2013-01-01T00:00:00Z")), Some(at("2016-02-29T00:00:00Z")));
}

#[test]
fn a_rule_that_is_none_says_what_is_wrong_and_how_to_mend_it() {
    for never in ["0 9 30 2 *", "0 9 31 4,6,9,11 *", "0 0 30-31 FEB *"] {
        let error = never.parse::<When>().unwrap_err();
        assert!(matches!(error, Error::NeverFires { .. }), "{never}: {error}");
        assert!(
            error.to_string().contains(never) && error.to_string().contains("correct its third"),
            "{error}"
        );
    }
    let wrong = [
        ("0 9 * *", "4 fields"),
        ("0 0 9 * * *", "6 fields"),
        ("61 9 * * *", "61"),
        ("@daily", "1 fields"),
        ("each session noon + 2h", "`open` or `close`"),
        ("first session close", "begins with neither"),
        ("each session close + 2", "as in 30m"),
        ("each session close 2h", "as in 30m"),
        ("each session close + 8d", "up to seven days"),
        ("each session close + -2h", "as in 30m"),
        ("", "0 fields"),
    ];
    for (when, what) in wrong {
        let error = when.parse::<When>().unwrap_err().to_string();
        assert!(error.contains(what) && error.contains("write five cron fields"), "{when}: {error}");
    }
}

#[test]
fn sessions_follow_the_exchange_through_holidays_half_days_and_daylight_saving() {
    let daily = rule("each session close + 2h", "UTC");
    // Thanksgiving is closed, the day after closes at 13:00.
    assert_eq!(
        fires(&daily, "2012-11-21T00:00:00Z", "2012-11-27T00:00:00Z"),
        ["2012-11-21T23:00:00Z", "2012-11-23T20:00:00Z", "2012-11-26T23:00:00Z"]
    );
    assert_eq!(
        fires(&daily, "2013-03-08T00:00:00Z", "2013-03-12T00:00:00Z"),
        ["2013-03-08T23:00:00Z", "2013-03-11T22:00:00Z"]
    );
    let opens = rule("each session open - 30m", "UTC");
    assert_eq!(
        fires(&opens, "2013-11-01T00:00:00Z", "2013-11-05T00:00:00Z"),
        ["2013-11-01T13:00:00Z", "2013-11-04T14:00:00Z"]
    );
    // Hurricane Sandy.
    assert_eq!(daily.next(at("2012-10-26T22:00:00Z")), Some(at("2012-10-31T22:00:00Z")));
    assert_eq!(daily.previous(at("2012-10-31T21:59:59Z")), Some(at("2012-10-26T22:00:00Z")));
}

#[test]
fn the_last_session_of_a_week_is_a_thursday_before_a_holiday() {
    let weekly = rule("last session of the week close + 2h", "UTC");
    // Good Friday 2013 was 29 March.
    assert_eq!(
        fires(&weekly, "2013-03-18T00:00:00Z", "2013-04-06T00:00:00Z"),
        ["2013-03-22T22:00:00Z", "2013-03-28T22:00:00Z", "2013-04-05T22:00:00Z"]
    );
    // The week of 9 September 2001 had one session.
    assert_eq!(
        fires(&weekly, "2001-09-04T00:00:00Z", "2001-09-22T00:00:00Z"),
        ["2001-09-07T22:00:00Z", "2001-09-10T22:00:00Z", "2001-09-21T22:00:00Z"]
    );
    let later = rule("Last  Session of the week Close + 60h", "UTC");
    assert_eq!(later.next(at("2013-03-28T22:00:00Z")), Some(at("2013-03-31T08:00:00Z")));
}

#[test]
fn rules_end_where_the_calendar_does() {
    let daily = rule("each session close", "UTC");
    assert_eq!(daily.next(at("2050-01-01T00:00:00Z")), None);
    assert_eq!(daily.previous(at("1992-01-01T00:00:00Z")), None);
    assert!(daily.next(at("1992-12-31T00:00:00Z")).is_some());
}

#[test]
fn rules_are_told_in_words() {
    assert_eq!(rule("each session close + 2h30m", "UTC").in_words(), "2h 30m after each session's close");
    assert_eq!(
        rule("last session of the week open - 30m", "UTC").in_words(),
        "30m before the open of the week's last session"
    );
    assert_eq!(rule("each session close", "UTC").in_words(), "at each session's close");
    let cron = rule("30 18 * * MON-FRI", NEW_YORK);
    assert!(cron.in_words().starts_with("at 18:30, on Monday"), "{}", cron.in_words());
    assert_eq!((cron.zone_name(), rule("each session open", "UTC").zone_name()), (NEW_YORK, NEW_YORK));
}

#[test]
fn every_fire_time_of_two_years_is_found_from_both_sides() {
    for when in ["17 1,2,3 * * *", "0 0 31 * *", "*/30 * * * SUN", "5,35 2 * 3,11 SUN"] {
        for zone in [NEW_YORK, "Europe/London", "Australia/Lord_Howe", "UTC"] {
            let rule = rule(when, zone);
            let times = rule.occurrences(at("2012-01-01T00:00:00Z"), at("2014-01-01T00:00:00Z"));
            times.for_each(|time| agree(&rule, time));
        }
    }
}
