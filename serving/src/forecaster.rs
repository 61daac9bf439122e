//! The one path on which forecasts are made and written back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use ndarray::Array2;
use weekahead_market::{AsOf, Calendar, Forecast, ForecastKey, Quantile, Session, Symbol};
use weekahead_models::{AdaptiveLevels, Outputs};
use weekahead_warehouse::{
    FeatureRows, ForecastFilter, ForecastRow, IntervalRecord, TableDigest, Warehouse, WriteCounts,
};

use crate::intervals::Memory;
use crate::{LoadedModel, Registry, Result, ServedIntervals, spans};

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

/// What a model's forecasts are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// They are answered.
    Champion,
    /// They are written beside the champion's, to be compared.
    Shadow,
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
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Where features, bars and forecasts are.
    pub fn warehouse(&self) -> &Warehouse {
        &self.warehouse
    }

    /// The exchange's sessions.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    pub(crate) fn adaptive_step(&self) -> f64 {
        self.adaptive_step
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
        self.forecast(champion, Role::Champion, as_of, symbols, written_at).await
    }

    /// Forecasts from what is known now, by the version that holds the alias now, and writes them back.
    ///
    /// # Errors
    /// As [`forecast_at`](Self::forecast_at).
    pub async fn forecast_now(&self, now: AsOf, symbols: Option<&[Symbol]>) -> Result<Forecasts> {
        let champion = self.registry.champion(now).await?;
        self.forecast(champion, Role::Champion, now, symbols, now.instant()).await
    }

    /// Forecasts by the version that holds another alias now, beside the champion's; `None` when none does, or the champion itself.
    ///
    /// # Errors
    /// As [`forecast_at`](Self::forecast_at).
    pub async fn forecast_in_shadow(
        &self,
        alias: &str,
        now: AsOf,
        symbols: Option<&[Symbol]>,
    ) -> Result<Option<Forecasts>> {
        let Some(shadow) = self.registry.shadow(alias, now).await? else { return Ok(None) };
        self.forecast(shadow, Role::Shadow, now, symbols, now.instant()).await.map(Some)
    }

    /// Forecasts by a version that is at hand.
    ///
    /// # Errors
    /// Errors of warehouse and model.
    pub(crate) async fn forecast(
        &self,
        champion: Arc<LoadedModel>,
        role: Role,
        as_of: AsOf,
        symbols: Option<&[Symbol]>,
        written_at: Timestamp,
    ) -> Result<Forecasts> {
        let (warehouse, calendar, step) = (&self.warehouse, &self.calendar, self.adaptive_step);
        let last_closed = calendar.last_closed(as_of.instant())?;
        let fresh = calendar.offset(last_closed, -STALE_AFTER_SESSIONS)?;
        let closes = warehouse.closes(as_of, symbols, fresh);
        let loads = warehouse.load_ids_by_symbol(as_of, symbols);
        let intervals = ServedIntervals::at(as_of, warehouse, calendar, &champion, step, &self.memory);
        let (features, closes, loads, intervals) = tokio::try_join!(
            self.features_of(&champion, as_of, symbols),
            async { Ok(spans::warehouse("read closes", closes).await?) },
            async { Ok(spans::warehouse("read loads", loads).await?) },
            spans::warehouse("read intervals", intervals),
        )?;
        let mut outputs = champion.score(matrix(&features)?).await?;
        outputs.quantiles = intervals.quantiles(&outputs, champion.residual_quantiles());
        let mut rows = Vec::with_capacity(features.len());
        let mut unanswered = absent(symbols, &features);
        for (row, symbol) in features.symbols.iter().enumerate() {
            let origin = features.sessions[row];
            if origin < fresh {
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
                        shadow: role == Role::Shadow,
                        ..stored(&champion, forecast, as_of, written_at)
                    });
                }
                None => unanswered.push(Unanswered {
                    symbol: symbol.clone(),
                    reason: format!("its bar of {origin} is gone: run `weekahead features build`"),
                }),
            }
        }
        let counts = spans::warehouse("write forecasts", self.warehouse.write_forecasts(&rows)).await?;
        if counts.already_there > 0 {
            self.as_stored(as_of, &champion, &mut rows).await?;
        }
        self.registry.measures().written(counts.written);
        Ok(Forecasts { champion, as_of, rows, intervals, unanswered, counts })
    }

    /// The newest features known at `as_of`, in the order of the model's.
    pub(crate) async fn features_of(
        &self,
        champion: &LoadedModel,
        as_of: AsOf,
        symbols: Option<&[Symbol]>,
    ) -> Result<FeatureRows> {
        let meta = champion.meta();
        let last_closed = self.calendar.last_closed(as_of.instant())?;
        let recent = Some(self.calendar.offset(last_closed, -STALE_AFTER_SESSIONS)?);
        let (view, version) = (&meta.view, &meta.view_version);
        let rows = self.warehouse.latest_features(as_of, view, version, &meta.features, symbols, recent);
        Ok(spans::warehouse("read features", rows).await?)
    }

    /// The bars and the features that are known, which a version's forecasts follow from.
    pub(crate) async fn known(&self, champion: &LoadedModel, as_of: AsOf) -> Result<[TableDigest; 2]> {
        let meta = champion.meta();
        let features = self.warehouse.known_features(as_of, &meta.view, &meta.view_version);
        let known = async { Ok([self.warehouse.known_bars(as_of).await?, features.await?]) };
        spans::warehouse("read digests", known).await
    }

    /// Puts forecasts that were written before in the place of those that were made again: what is answered is what stands in the
    /// warehouse, whatever was restated since. One that was written for a later `as_of` is not known yet.
    async fn as_stored(&self, as_of: AsOf, champion: &LoadedModel, rows: &mut [ForecastRow]) -> Result<()> {
        let origins = || rows.iter().map(|row| row.forecast.key.origin);
        let filter = ForecastFilter {
            symbols: Some(rows.iter().map(|row| row.forecast.key.symbol.clone()).collect()),
            from: origins().min(),
            to: origins().max(),
            horizon: Some(champion.meta().horizon),
            model_name: Some(champion.model.clone()),
            model_version: Some(champion.version),
            ..ForecastFilter::default()
        };
        let stored =
            spans::warehouse("read forecasts", self.warehouse.forecasts(as_of, &filter)).await?.into_iter();
        let mut stored: BTreeMap<ForecastKey, ForecastRow> =
            stored.map(|row| (row.forecast.key.clone(), row)).collect();
        for row in rows {
            if let Some(stored) = stored.remove(&row.forecast.key) {
                *row = stored;
            }
        }
        Ok(())
    }
}

fn stale(symbol: &Symbol, newest: Session, last_closed: Session) -> Unanswered {
    let reason = format!(
        "its newest session is {newest}, the exchange's {last_closed}: ingest first, or it trades no more"
    );
    Unanswered { symbol: symbol.clone(), reason }
}

/// Feature rows as a model takes them.
pub(crate) fn matrix(features: &FeatureRows) -> Result<Array2<f32>> {
    let (shape, found) = ((features.len(), features.names.len()), features.values.len());
    let misshapen =
        |_| weekahead_models::Error::Shape { what: "the feature rows", expected: shape.0 * shape.1, found };
    Ok(Array2::from_shape_vec(shape, features.values.clone()).map_err(misshapen)?)
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

/// What a model says of a row, in the words of the vocabulary.
pub(crate) fn forecast(
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
        shadow: false,
        written_at,
    }
}
