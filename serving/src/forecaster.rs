//! The one path on which forecasts are made and written back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use ndarray::ArrayView2;
use weekahead_market::{AsOf, Calendar, Forecast, ForecastKey, Quantile, Session, Symbol};
use weekahead_models::{AdaptiveLevels, Outputs};
use weekahead_warehouse::{FeatureRows, ForecastRow, IntervalRecord, Warehouse, WriteCounts};

use crate::intervals::Memory;
use crate::{LoadedModel, Registry, Result, ServedIntervals};

/// Makes forecasts with a registry's champions from a warehouse's features.
#[derive(Debug)]
pub struct Forecaster {
    warehouse: Warehouse,
    registry: Arc<Registry>,
    calendar: Calendar,
    adaptive_step: f64,
    memory: Memory,
}

/// How many sessions a symbol may lag behind the exchange and still be forecast: a halted or delisted one has no week ahead.
const STALE_AFTER_SESSIONS: i64 = 5;

/// The answer to a request: a forecast a symbol, or why there is none.
#[derive(Debug)]
pub struct Forecasts {
    /// Who answered.
    pub champion: Arc<LoadedModel>,
    /// Where the reader stood.
    pub as_of: AsOf,
    /// The forecasts, in order of symbol, as they are stored.
    pub rows: Vec<ForecastRow>,
    /// What their intervals have learned.
    pub intervals: ServedIntervals,
    /// The symbols without one.
    pub unanswered: Vec<Unanswered>,
    /// How many were new to the warehouse.
    pub counts: WriteCounts,
}

/// A symbol without a forecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// The symbol.
    pub symbol: Symbol,
    /// What is missing and what to do.
    pub reason: String,
}

impl Forecaster {
    /// Forecasts by `registry` from `warehouse`, with the intervals of the artifacts.
    pub fn new(warehouse: Warehouse, registry: Arc<Registry>) -> Self {
        Self {
            warehouse,
            registry,
            calendar: Calendar::nyse(),
            adaptive_step: 0.0,
            memory: Memory::default(),
        }
    }

    /// Moves the levels of intervals by this step whenever outcomes of earlier forecasts are known; 0 leaves them.
    ///
    /// # Errors
    /// [`Error::Model`](crate::Error::Model) unless `0 <= step < 1`.
    pub fn with_adaptive_step(self, step: f64) -> Result<Self> {
        AdaptiveLevels::new(&[0.5], step)?;
        Ok(Self { adaptive_step: step, ..self })
    }

    /// The registry, for health checks.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Forecasts from what was known at `as_of`, by the champion of then, and writes them back.
    ///
    /// Each forecast stands on the newest session of its symbol that has features. `None` for symbols means all
    /// that have any. A forecast that exists already is not written again.
    ///
    /// # Errors
    /// [`Error::NoChampion`](crate::Error::NoChampion); errors of warehouse, tracker and model.
    pub async fn forecast_at(
        &self,
        as_of: AsOf,
        symbols: Option<&[Symbol]>,
        written_at: Timestamp,
    ) -> Result<Forecasts> {
        let champion = self.registry.champion_at(as_of).await?;
        self.forecast(champion, as_of, symbols, written_at).await
    }

    /// Forecasts from what is known now, by the version that holds the alias now, and writes them back.
    ///
    /// # Errors
    /// As [`forecast_at`](Self::forecast_at).
    pub async fn forecast_now(&self, now: AsOf, symbols: Option<&[Symbol]>) -> Result<Forecasts> {
        let champion = self.registry.champion(now).await?;
        self.forecast(champion, now, symbols, now.instant()).await
    }

    async fn forecast(
        &self,
        champion: Arc<LoadedModel>,
        as_of: AsOf,
        symbols: Option<&[Symbol]>,
        written_at: Timestamp,
    ) -> Result<Forecasts> {
        let meta = champion.meta();
        let features =
            self.warehouse.latest_features(as_of, &meta.view, &meta.view_version, &meta.features, symbols);
        let features = features.await?;
        let closes = self.origin_closes(as_of, &features).await?;
        let loads = self.warehouse.load_ids_by_symbol(as_of, Some(&features.symbols)).await?;
        let mut outputs = run(&champion, &features)?;
        let (warehouse, calendar, step) = (&self.warehouse, &self.calendar, self.adaptive_step);
        let intervals =
            ServedIntervals::at(as_of, warehouse, calendar, &champion, step, &self.memory).await?;
        outputs.quantiles = intervals.quantiles(&outputs, champion.residual_quantiles());
        let mut rows = Vec::with_capacity(features.len());
        let mut unanswered = absent(symbols, &features);
        let last_closed = self.calendar.last_closed(as_of.instant())?;
        for (row, symbol) in features.symbols.iter().enumerate() {
            let origin = features.sessions[row];
            if self.calendar.distance(origin, last_closed) > STALE_AFTER_SESSIONS {
                unanswered.push(stale(symbol, origin, last_closed));
                continue;
            }
            match closes.get(&(symbol.clone(), origin)) {
                Some(close) => {
                    let forecast = forecast(&champion, symbol, origin, *close, &outputs, row)?;
                    let load_ids = loads.get(symbol).cloned().unwrap_or_default();
                    let intervals = intervals.record();
                    rows.push(ForecastRow {
                        load_ids,
                        intervals,
                        ..stored(&champion, forecast, as_of, written_at)
                    });
                }
                None => unanswered.push(Unanswered {
                    symbol: symbol.clone(),
                    reason: format!("its bar of {origin} is gone: run `weekahead features build`"),
                }),
            }
        }
        let counts = self.warehouse.write_forecasts(&rows).await?;
        self.registry.measures().forecast(rows.len(), counts.written);
        Ok(Forecasts { champion, as_of, rows, intervals, unanswered, counts })
    }

    /// The raw close of each symbol in the session its features stand on.
    async fn origin_closes(
        &self,
        as_of: AsOf,
        features: &FeatureRows,
    ) -> Result<BTreeMap<(Symbol, Session), f64>> {
        let Some(first) = features.sessions.iter().min() else { return Ok(BTreeMap::new()) };
        let bars = self.warehouse.bars(as_of, Some(&features.symbols), Some(*first)).await?;
        let mut closes = BTreeMap::new();
        for (symbol, series) in bars.iter() {
            for (session, bar) in series.sessions().iter().zip(series.bars()) {
                closes.insert((symbol.clone(), *session), bar.close);
            }
        }
        Ok(closes)
    }
}

fn stale(symbol: &Symbol, newest: Session, last_closed: Session) -> Unanswered {
    let reason = format!(
        "its newest session is {newest}, the exchange's {last_closed}: ingest first, or it trades no more"
    );
    Unanswered { symbol: symbol.clone(), reason }
}

fn run(champion: &LoadedModel, features: &FeatureRows) -> Result<Outputs> {
    let shape = (features.len(), features.names.len());
    let x = ArrayView2::from_shape(shape, &features.values).map_err(|_| weekahead_models::Error::Shape {
        what: "the feature rows",
        expected: shape.0 * shape.1,
        found: features.values.len(),
    })?;
    champion.score_alone(x)
}

fn absent(symbols: Option<&[Symbol]>, features: &FeatureRows) -> Vec<Unanswered> {
    let known: BTreeSet<&Symbol> = features.symbols.iter().collect();
    let asked = symbols.unwrap_or_default().iter().filter(|symbol| !known.contains(symbol));
    asked
        .map(|symbol| Unanswered {
            symbol: symbol.clone(),
            reason: "no features were known then: is it in the universe, and was it ingested?".to_owned(),
        })
        .collect()
}

fn forecast(
    champion: &LoadedModel,
    symbol: &Symbol,
    origin: Session,
    close: f64,
    outputs: &Outputs,
    row: usize,
) -> Result<Forecast> {
    let meta = champion.meta();
    let levels = meta.levels.iter().zip(outputs.quantiles.row(row));
    let quantiles = levels.map(|(level, value)| Ok((Quantile::new(*level)?, *value)));
    Ok(Forecast {
        key: ForecastKey { symbol: symbol.clone(), origin, horizon: meta.horizon },
        point: outputs.y[row],
        quantiles: quantiles.collect::<Result<_>>()?,
        origin_close: close,
    })
}

fn stored(champion: &LoadedModel, forecast: Forecast, as_of: AsOf, written_at: Timestamp) -> ForecastRow {
    ForecastRow {
        forecast,
        model_name: champion.model.clone(),
        model_version: champion.version,
        run_id: champion.run_id.clone(),
        model_digest: champion.digest.clone(),
        view: champion.meta().view.clone(),
        view_version: champion.meta().view_version.clone(),
        as_of,
        load_ids: Vec::new(),
        intervals: IntervalRecord::default(),
        written_at,
    }
}
