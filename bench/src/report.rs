//! Medians and ratios, in a table.

use comfy_table::{CellAlignment, Table, TableComponent, presets};

/// One contender's counted runs.
#[derive(Debug, Clone)]
pub struct Contender {
    /// Who.
    pub name: String,
    /// Seconds of each run.
    pub seconds: Vec<f64>,
    /// Rows of a run.
    pub rows: u64,
    /// The largest memory seen, in bytes.
    pub peak_bytes: u64,
}

impl Contender {
    /// Nobody has run yet.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), seconds: Vec::new(), rows: 0, peak_bytes: 0 }
    }

    /// Adds a run.
    pub fn ran(&mut self, seconds: f64, rows: u64, peak_bytes: u64) {
        self.seconds.push(seconds);
        self.rows = rows;
        self.peak_bytes = self.peak_bytes.max(peak_bytes);
    }

    /// The median of the seconds.
    pub fn median(&self) -> f64 {
        median(&self.seconds)
    }
}

/// The median; NaN of nothing.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value that a share of all values is below; NaN of nothing.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// A line that says whether a figure reaches what was set out for it.
pub fn goal(what: &str, figure: f64, unit: &str, goal: Goal) -> String {
    let (sign, wanted, reached) = match goal {
        Goal::AtLeast(wanted) => ("at least", wanted, figure >= wanted),
        Goal::AtMost(wanted) => ("at most", wanted, figure <= wanted),
    };
    let verdict = if reached { "reached" } else { "missed" };
    format!("{what}: {figure:.2}{unit} ({sign} {wanted}{unit} wanted: {verdict})\n")
}

/// What is set out for a figure.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// The more the better.
    AtLeast(f64),
    /// The less the better.
    AtMost(f64),
}

/// A table of contenders; each ratio is the row's time over the first one's, which is ours.
pub fn table(title: &str, contenders: &[Contender]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(["", "median s", "rows/s", "peak memory MB", "time against ours"]);
    table.set_style(TableComponent::HeaderLines, '\u{2500}');
    table.set_style(TableComponent::MiddleHeaderIntersections, '\u{2500}');
    let ours = contenders.first().map_or(f64::NAN, Contender::median);
    for contender in contenders {
        let seconds = contender.median();
        table.add_row([
            contender.name.clone(),
            if seconds < 1.0 { format!("{seconds:.3}") } else { format!("{seconds:.2}") },
            format!("{:.0}", contender.rows as f64 / seconds),
            format!("{:.0}", contender.peak_bytes as f64 / 1e6),
            format!("{:.2}x", seconds / ours),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{title}\n{table}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_reached_or_missed() {
        assert!(goal("ratio", 2.0, "x", Goal::AtLeast(2.0)).contains("reached"));
        assert!(goal("ratio", 2.1, "x", Goal::AtMost(2.0)).contains("missed"));
        assert!(goal("ratio", f64::NAN, "x", Goal::AtMost(2.0)).contains("missed"));
    }

    #[test]
    fn quantiles_are_values_that_were_seen() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.99), 4.0);
        assert!(median(&[]).is_nan());
    }
}
