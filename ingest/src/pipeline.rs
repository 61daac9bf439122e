//! From a provider to a committed load: plan, ask, check, write.

use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio_util::task::AbortOnDropHandle;
use weekahead_lake::{Lake, LoadSummary, LoadWriter, Outcome, SymbolOutcome};
use weekahead_market::Clock;

use crate::assemble::{Assembled, Assembler};
use crate::responses::ResponseParts;
use crate::yahoo::{Asked, ChartRequest, ParsedChart};
use crate::{Ask, Error, IngestReport, IngestRequest, Plan, Progress, Result, Yahoo};

/// Parts of responses that are compressed and put at a time.
const PARTS_UNDER_WAY: usize = 2;
/// Answers that wait to be written.
const CHARTS_WAITING: usize = 32;

/// Brings what the lake lacks of the symbols, as one committed load.
///
/// Answers stream through: at any time a few of them, one row group and the compressed rows so far are held. When
/// every symbol is up to date nothing is asked and nothing committed.
///
/// # Errors
/// Only when the lake fails; then nothing was committed. A symbol that fails is in the report.
pub async fn ingest(
    lake: &Lake,
    yahoo: &Yahoo,
    clock: &dyn Clock,
    request: &IngestRequest,
    progress: &(dyn Fn(Progress<'_>) + Send + Sync),
) -> Result<IngestReport> {
    let now = clock.now();
    let plan = Plan::new(request, &lake.loads().await?, yahoo.calendar(), now);
    if plan.asks.is_empty() {
        return Ok(IngestReport { record: None, up_to_date: plan.up_to_date });
    }
    let writer = Arc::new(lake.begin_load(Yahoo::NAME, clock)?);
    let mut load = Load::begin(writer.clone());
    let ask = |ask: Ask| {
        let (yahoo, request) = (yahoo.clone(), ask.request(now));
        let asked = request.clone();
        // A task of its own, so that answers keep coming in while others are being written.
        let task = AbortOnDropHandle::new(tokio::spawn(async move { yahoo.chart(&asked).await }));
        async move { (ask, request, task.await.unwrap_or_else(Asked::interrupted)) }
    };
    let total = plan.asks.len();
    // In order of symbol, as the file is sorted; each waits for the slowest before it.
    let mut answers =
        stream::iter(plan.asks).map(ask).buffered(yahoo.config().max_concurrency.max(1)).enumerate();
    while let Some((index, (ask, request, asked))) = answers.next().await {
        let outcome = load.take(&ask, &request, asked).await?;
        progress(Progress { done: index + 1, total, outcome: &outcome });
    }
    drop(answers);
    let summary = load.finish().await?;
    let writer =
        Arc::into_inner(writer).ok_or_else(|| interrupted("a part of the load is still being put"))?;
    let record = writer.commit(summary).await?;
    Ok(IngestReport { record: Some(record), up_to_date: plan.up_to_date })
}

impl Ask {
    fn request(&self, now: Timestamp) -> ChartRequest {
        ChartRequest { symbol: self.symbol.clone(), period1: self.period1(), period2: now }
    }
}

impl Asked {
    fn interrupted(error: JoinError) -> Self {
        Self { answer: None, chart: Err(interrupted(&error.to_string())) }
    }
}

/// A load under way.
struct Load {
    writer: Arc<LoadWriter>,
    responses: ResponseParts,
    part: u32,
    puts: JoinSet<Result<(), weekahead_lake::Error>>,
    charts: mpsc::Sender<(SymbolOutcome, ParsedChart)>,
    assembler: JoinHandle<Result<Assembled>>,
}

impl Load {
    fn begin(writer: Arc<LoadWriter>) -> Self {
        let (charts, mut waiting) = mpsc::channel(CHARTS_WAITING);
        let stamp = writer.stamp();
        // Encoding Parquet is work for a thread, not for the async ones.
        let assembler = tokio::task::spawn_blocking(move || {
            let mut assembler = Assembler::new(stamp)?;
            while let Some((outcome, chart)) = waiting.blocking_recv() {
                assembler.take(outcome, chart)?;
            }
            assembler.finish()
        });
        Self { writer, responses: ResponseParts::default(), part: 0, puts: JoinSet::new(), charts, assembler }
    }

    /// Passes an answer on; how it went.
    async fn take(&mut self, ask: &Ask, request: &ChartRequest, asked: Asked) -> Result<SymbolOutcome> {
        let full = asked.answer.as_ref().and_then(|answer| {
            let is_json = asked.chart.is_ok();
            self.responses.push(request, answer, is_json)
        });
        if let Some(part) = full {
            self.put(part).await?;
        }
        let chart = asked.chart.map(|mut chart| {
            chart.rows.retain(|row| row.session >= ask.from);
            chart
        });
        let outcome = outcome(ask, &chart);
        let sent = self.charts.send((outcome.clone(), chart.unwrap_or_default())).await;
        match sent {
            Ok(()) => Ok(outcome),
            // The assembler is gone, and knows why.
            Err(_) => match (&mut self.assembler).await {
                Ok(Err(error)) => Err(error),
                _ => Err(interrupted("the thread that writes quotes is gone")),
            },
        }
    }

    /// Puts everything but the commit record.
    async fn finish(mut self) -> Result<LoadSummary> {
        if let Some(part) = self.responses.take() {
            self.put(part).await?;
        }
        drop(self.charts);
        let assembled = self.assembler.await.map_err(|e| interrupted(&e.to_string()))??;
        if let Some((parquet, rows)) = assembled.quotes {
            self.writer.put_quotes(parquet, rows).await?;
        }
        if let Some((parquet, rows)) = assembled.quarantine {
            self.writer.put_quarantine(parquet, rows).await?;
        }
        while let Some(put) = self.puts.join_next().await {
            put.map_err(|e| interrupted(&e.to_string()))??;
        }
        Ok(assembled.summary)
    }

    async fn put(&mut self, part: Bytes) -> Result<()> {
        if self.puts.len() >= PARTS_UNDER_WAY
            && let Some(put) = self.puts.join_next().await
        {
            put.map_err(|e| interrupted(&e.to_string()))??;
        }
        let (writer, number) = (self.writer.clone(), self.part);
        self.part += 1;
        self.puts.spawn(async move { writer.put_responses(number, part).await });
        Ok(())
    }
}

/// How asking went, for the commit record.
fn outcome(ask: &Ask, chart: &Result<ParsedChart>) -> SymbolOutcome {
    let (outcome, reason) = match chart {
        Ok(chart) if !chart.rows.is_empty() => (Outcome::Ok, String::new()),
        // The cursor must not move past rows that nobody could use.
        Ok(chart) if !chart.rejects.is_empty() => {
            (Outcome::Failed, format!("all {} rows of the answer were rejected", chart.rejects.len()))
        }
        Ok(_) | Err(Error::NoData { .. }) => (Outcome::Empty, String::new()),
        Err(error) => (Outcome::Failed, error.to_string()),
    };
    let rows = chart.as_ref().map_or(&[][..], |chart| &chart.rows);
    let sessions = (rows.first().map(|row| row.session), rows.last().map(|row| row.session));
    SymbolOutcome {
        symbol: ask.symbol.clone(),
        outcome,
        reason,
        rows: rows.len() as u64,
        rows_rejected: chart.as_ref().map_or(0, |chart| chart.rejects.len() as u64),
        first_session: sessions.0,
        last_session: sessions.1.or(ask.cursor.filter(|_| outcome == Outcome::Empty)),
        requested_from: Some(ask.from),
    }
}

fn interrupted(reason: &str) -> Error {
    Error::Interrupted { reason: reason.to_owned() }
}
