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
        let mut seconds = self.seconds.clone();
        seconds.sort_by(f64::total_cmp);
        seconds.get(seconds.len() / 2).copied().unwrap_or(f64::NAN)
    }
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
            format!("{seconds:.2}"),
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
