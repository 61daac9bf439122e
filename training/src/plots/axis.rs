//! Axes: a range, and ticks that people would choose.

use std::ops::Range;

use jiff::civil::Date;
use plotters::coord::ranged1d::{BoldPoints, KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use weekahead_market::Session;

/// Ticks that an axis has at most.
const MOST_TICKS: usize = 9;

/// An axis with its label, unit included.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    pub(super) label: String,
    pub(super) range: Range<f64>,
    /// Where ticks are, and what is written there.
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Numbers from the least to the largest, with a margin.
    pub(super) fn numbers(label: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        Self::within(label, with_margin(values))
    }

    /// Numbers of a range.
    pub(super) fn within(label: impl Into<String>, range: Range<f64>) -> Self {
        let points = RangedCoordf64::from(range.clone()).key_points(BoldPoints(MOST_TICKS));
        let step = points.windows(2).map(|pair| pair[1] - pair[0]).fold(1.0, f64::min);
        let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
        // A step of 0.1 makes a tick of -1e-17, which would be written as -0.0.
        let clean = |point: f64| if point.abs() < step / 2.0 { 0.0 } else { point };
        let ticks = points.into_iter().map(clean).map(|point| (point, format!("{point:.decimals$}")));
        Self { label: label.into(), ticks: ticks.collect(), range }
    }

    /// Sessions by their days since 1970-01-01, with ticks where months, quarters or years begin.
    pub(super) fn sessions(label: impl Into<String>, sessions: &[Session]) -> Self {
        let range = with_margin(sessions.iter().map(|session| days(*session)));
        let ticks = match (sessions.iter().min(), sessions.iter().max()) {
            (Some(first), Some(last)) => session_ticks(*first, *last),
            _ => Vec::new(),
        };
        Self { label: label.into(), range, ticks }
    }

    /// One row a name, the first on top: at the heights n - 1 to 0.
    pub(super) fn names(names: impl DoubleEndedIterator<Item = String>) -> Self {
        let ticks: Vec<_> = names.rev().enumerate().map(|(row, name)| (row as f64, name)).collect();
        Self { label: String::new(), range: -0.6..ticks.len().max(1) as f64 - 0.4, ticks }
    }

    /// The length of the longest text, in letters.
    pub(super) fn widest(&self) -> usize {
        self.ticks.iter().map(|(_, text)| text.chars().count()).max().unwrap_or(0)
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        RangedCoordf64::from(self.range.clone()).map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        let light = hint.weight().allow_light_points();
        self.ticks.iter().filter(|_| !light).map(|(at, _)| *at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format(tick: &f64) -> String {
        tick.to_string()
    }

    /// What is written at a tick.
    fn format_ext(&self, tick: &f64) -> String {
        let written = self.ticks.iter().find(|(at, _)| at == tick);
        written.map(|(_, text)| text.clone()).unwrap_or_default()
    }
}

/// Where a session lies on an axis of sessions.
pub(super) fn days(session: Session) -> f64 {
    f64::from(session.days_since_epoch())
}

/// The range of some values with a margin, never empty.
fn with_margin(values: impl IntoIterator<Item = f64>) -> Range<f64> {
    let (low, high) =
        values.into_iter().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return 0.0..1.0;
    }
    let margin = if low < high { (high - low) * 0.04 } else { 1.0 };
    low - margin..high + margin
}

/// Firsts of months in between, so many months apart that they can be read; the ends where there are fewer than two.
fn session_ticks(first: Session, last: Session) -> Vec<(f64, String)> {
    let month =
        |session: Session| i32::from(session.date().year()) * 12 + i32::from(session.date().month()) - 1;
    let months = month(first) + 1..=month(last);
    let steps = [1, 2, 3, 6, 12, 24, 60, 120];
    let fits = |step: &i32| months.clone().count() <= MOST_TICKS * *step as usize;
    let step = steps.into_iter().find(fits).unwrap_or(240);
    let format = if step < 12 { "%Y-%m" } else { "%Y" };
    let tick = |month: i32| {
        let date = Date::new((month / 12) as i16, (month % 12 + 1) as i8, 1).ok()?;
        Some((days(Session::from_date(date)), date.strftime(format).to_string()))
    };
    let ticks: Vec<_> = months.clone().filter(|month| month % step == 0).filter_map(tick).collect();
    match ticks.len() {
        0 | 1 => [first, last].map(|session| (days(session), session.to_string())).to_vec(),
        _ => ticks,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(texts(&Axis::within("level", 0.0..1.0))[..3], ["0.0", "0.2", "0.4"]);
        assert_eq!(
            texts(&Axis::within("bps", -210.0..210.0)),
            ["-200", "-150", "-100", "-50", "0", "50", "100", "150", "200"]
        );
        assert_eq!(Axis::numbers("nothing", []).range, 0.0..1.0);
        assert_eq!(Axis::numbers("constant", [3.0, 3.0]).range, 2.0..4.0);
    }

    #[test]
    fn sessions_have_ticks_where_months_or_years_begin() {
        let session = |text: &str| text.parse::<Session>().unwrap();
        let axis = |first, last| Axis::sessions("origin", &[session(first), session(last)]);
        assert_eq!(texts(&axis("2012-11-16", "2013-02-15")), ["2012-12", "2013-01", "2013-02"]);
        assert_eq!(texts(&axis("2012-01-06", "2013-03-01"))[..2], ["2012-03", "2012-05"]);
        assert_eq!(
            texts(&axis("2009-05-01", "2013-03-01")),
            ["2009-07", "2010-01", "2010-07", "2011-01", "2011-07", "2012-01", "2012-07", "2013-01"]
        );
        assert_eq!(
            texts(&axis("2006-05-01", "2012-03-01")),
            ["2007", "2008", "2009", "2010", "2011", "2012"]
        );
        assert_eq!(texts(&axis("2013-01-04", "2013-01-18")), ["2013-01-04", "2013-01-18"]);
        assert_eq!(axis("2012-11-16", "2013-02-15").ticks[1].0, days(session("2013-01-01")));
    }

    #[test]
    fn the_first_name_is_on_top() {
        let axis = Axis::names(["a", "bb"].map(str::to_owned).into_iter());
        assert_eq!(
            (axis.format_ext(&1.0), axis.format_ext(&0.0), axis.widest()),
            ("a".to_owned(), "bb".to_owned(), 2)
        );
    }
}
