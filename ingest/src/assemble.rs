//! Checked answers into the files of a load.

use std::sync::Arc;

use bytes::Bytes;
use weekahead_lake::quotes::{LoadStamp, QuoteRow, QuoteWriter, RejectedRow, write_quarantine};
use weekahead_lake::{LoadSummary, SymbolOutcome};

use crate::yahoo::{PARTIAL, ParsedChart};
use crate::{Result, Yahoo};

/// Writes quotes as they come, and gathers rejects and counts.
pub(crate) struct Assembler {
    stamp: LoadStamp,
    quotes: QuoteWriter,
    rejects: Vec<RejectedRow>,
    summary: LoadSummary,
}

/// A load's files with their numbers of rows; none without a row.
pub(crate) struct Assembled {
    pub quotes: Option<(Bytes, u64)>,
    pub quarantine: Option<(Bytes, u64)>,
    pub summary: LoadSummary,
}

impl Assembler {
    pub fn new(stamp: LoadStamp) -> Result<Self> {
        let quotes = QuoteWriter::new(stamp.clone())?;
        Ok(Self { stamp, quotes, rejects: Vec::new(), summary: LoadSummary::default() })
    }

    /// Takes the next symbol's answer; symbols come in order.
    pub fn take(&mut self, outcome: SymbolOutcome, chart: ParsedChart) -> Result<()> {
        let partial = chart.rejects.iter().filter(|reject| reject.reason == PARTIAL).count() as u64;
        let quality = &mut self.summary.quality;
        quality.null_rows += chart.null_rows + partial;
        quality.fault_rows += chart.rejects.len() as u64 - partial;
        quality.duplicate_rows += chart.duplicate_rows;
        self.rejects.extend(chart.rejects.into_iter().map(|reject| RejectedRow {
            symbol: outcome.symbol.to_string(),
            session: reject.session,
            reason: reject.reason,
            detail: reject.detail,
        }));
        let currency: Arc<str> = chart.currency.into();
        let lag_micros = Yahoo::LAG.as_micros() as i64;
        for quote in chart.rows {
            let event_time = quote.event_time.as_microsecond();
            self.quotes.push(QuoteRow {
                symbol: outcome.symbol.clone(),
                session: quote.session,
                bar: quote.bar,
                action: quote.action,
                currency: currency.clone(),
                event_time,
                available_at: event_time + lag_micros,
            })?;
        }
        self.summary.symbols.push(outcome);
        Ok(())
    }

    pub fn finish(self) -> Result<Assembled> {
        let rejected = self.rejects.len() as u64;
        let quarantine = match rejected {
            0 => None,
            rows => Some((write_quarantine(&self.stamp, &self.rejects)?, rows)),
        };
        let quotes = Some(self.quotes.finish()?).filter(|(_, rows)| *rows > 0);
        Ok(Assembled { quotes, quarantine, summary: self.summary })
    }
}
