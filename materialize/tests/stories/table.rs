//! Small tables for the eye.

/// Lines of columns: words to the left, numbers to the right. Missing cells are a dash.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let columns: Vec<Vec<&str>> = (0..head.len())
        .map(|at| std::iter::once(head[at]).chain(rows.iter().map(|row| row[at].as_str())).collect())
        .collect();
    let line = |row: usize| {
        let cells = columns.iter().map(|cells| {
            let width = cells.iter().map(|cell| cell.len()).max().unwrap_or_default();
            match is_numeric(&cells[1..]) {
                true => format!("{:>width$}", cells[row]),
                false => format!("{:<width$}", cells[row]),
            }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    (0..=rows.len()).map(line).collect::<Vec<_>>().join("\n")
}

/// A value with so many digits; a missing one is a dash.
pub fn number(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    // What is rounded to nothing has no sign.
    let is_zero = text.trim_matches(['-', '0', '.']).is_empty();
    if value.is_nan() {
        "-".to_owned()
    } else if is_zero {
        text.trim_start_matches('-').to_owned()
    } else {
        text
    }
}

fn is_numeric(cells: &[&str]) -> bool {
    cells.iter().all(|cell| *cell == "-" || cell.parse::<f64>().is_ok())
}
