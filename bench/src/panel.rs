//! Made-up quotes: random walks of many symbols, the same every time.

use std::path::Path;

use anyhow::Context;
use polars::prelude::*;

/// Symbols of the panel.
pub const SYMBOLS: usize = 500;
/// Sessions a symbol: ten years.
pub const SESSIONS: usize = 2_520;

/// The symbols' names.
pub fn symbols() -> impl Iterator<Item = String> {
    (1..=SYMBOLS).map(|index| format!("S{index:04}"))
}

/// Writes the panel as Parquet, with a row a symbol and session.
pub fn write(path: &Path, sessions: &[i32]) -> anyhow::Result<()> {
    let rows = SYMBOLS * sessions.len();
    let (mut symbol, mut date) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    let mut columns: [Vec<f64>; 5] = std::array::from_fn(|_| Vec::with_capacity(rows));
    let mut noise = Noise(42);
    for name in symbols() {
        let mut price = 50.0;
        for session in sessions {
            let open = price * (1.0 + 0.01 * noise.next());
            let close = open * (1.0 + 0.02 * noise.next());
            let reach = 1.0 + 0.01 * noise.next().abs();
            let volume = (1e6 * (1.5 + noise.next())).round();
            for (column, value) in columns.iter_mut().zip([
                cents(open),
                cents(open.max(close) * reach) + 0.01,
                cents(open.min(close) / reach),
                cents(close),
                volume,
            ]) {
                column.push(value);
            }
            symbol.push(name.clone());
            date.push(*session);
            price = close.clamp(5.0, 500.0);
        }
    }
    let [open, high, low, close, volume] = columns;
    let mut frame = df!(
        "symbol" => symbol, "date" => date, "open" => open, "high" => high, "low" => low,
        "close" => &close, "adj_close" => &close, "volume" => volume
    )?;
    let days = frame.column("date")?.cast(&DataType::Date)?;
    frame.with_column(days)?;
    let file = std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    ParquetWriter::new(file).finish(&mut frame)?;
    Ok(())
}

fn cents(price: f64) -> f64 {
    (price * 100.0).round() / 100.0
}

/// Uniform in -1..1, by a linear congruence (Knuth, MMIX).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}
