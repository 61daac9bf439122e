//! Forecasts from bars that a caller brings: features by the same kernels, intervals as served, nothing written back.

use std::sync::Arc;

use ndarray::Array2;
use weekahead_features::{View, compute_panel};
use weekahead_market::{AsOf, Forecast, Panel, Symbol};

use crate::forecaster::forecast;
use crate::intervals::Memory;
use crate::{Error, Forecaster, LoadedModel, Result, ServedIntervals, spans};

/// What a model says of a caller's bars.
#[derive(Debug)]
pub struct BarForecasts {
    /// The forecasts, in order of symbol.
    pub forecasts: Vec<Forecast>,
    /// What their intervals have learned.
    pub intervals: ServedIntervals,
}

impl Forecaster {
    /// Forecasts from the last session of each series, by `model`, with the intervals that are served now.
    ///
    /// Where the series are the warehouse's own, from their first session on, the numbers are those of a forecast that stands there,
    /// to the bit.
    ///
    /// # Errors
    /// [`Error::OtherView`] when the model was trained on other features than `view` defines; [`Error::Features`] for functions over
    /// all symbols; errors of the warehouse and the model.
    pub async fn forecast_bars(
        &self,
        model: &LoadedModel,
        view: &View,
        panel: Panel,
        now: AsOf,
    ) -> Result<BarForecasts> {
        let meta = model.meta();
        if (meta.view.as_str(), meta.view_version.as_str()) != (view.name(), view.version()) {
            let held = format!("{}@{}", view.name(), view.version());
            return Err(Error::OtherView { model: format!("{}@{}", meta.view, meta.view_version), held });
        }
        if view.is_cross_sectional() {
            return Err(weekahead_features::Error::CrossSectional { view: view.name().to_owned() }.into());
        }
        let panel = Arc::new(panel);
        let rows = aside(view.clone(), meta.features.clone(), Arc::clone(&panel));
        let rows = spans::compute("compute features", rows).await?;
        let mut outputs = model.score(rows).await?;
        let (warehouse, calendar, memory) = (self.warehouse(), self.calendar(), Memory::default());
        let step = self.adaptive_step();
        let intervals = ServedIntervals::at(now, warehouse, calendar, model, step, &memory);
        let intervals = spans::warehouse("read intervals", intervals).await?;
        outputs.quantiles = intervals.quantiles(&outputs, model.residual_quantiles());
        let mut forecasts = Vec::with_capacity(panel.len());
        for (row, (symbol, series)) in panel.iter().enumerate() {
            if let (Some(origin), Some(bar)) = (series.sessions().last(), series.bars().last()) {
                forecasts.push(forecast(model, symbol, *origin, bar.close, &outputs, row)?);
            }
        }
        Ok(BarForecasts { forecasts, intervals })
    }
}

/// The last row of every series, in the model's order of features, on a thread of its own: kernels would hold up the runtime.
async fn aside(view: View, features: Vec<String>, panel: Arc<Panel>) -> Result<Array2<f32>> {
    let name = view.name().to_owned();
    let computed = tokio::task::spawn_blocking(move || newest_rows(&view, &features, &panel)).await;
    computed.map_err(|_| Error::Interrupted { view: name })?
}

fn newest_rows(view: &View, features: &[String], panel: &Panel) -> Result<Array2<f32>> {
    let matrices = compute_panel(view, panel);
    let symbols: Vec<&Symbol> = panel.symbols().collect();
    let places = features.iter().map(|name| view.position(name).ok_or(name));
    let places = places.collect::<std::result::Result<Vec<_>, _>>().map_err(|name| Error::OtherView {
        model: format!("a view with the feature {name}"),
        held: format!("{}@{}", view.name(), view.version()),
    })?;
    let newest = |symbol| {
        let matrix = matrices.get(symbol)?;
        matrix.row(matrix.len().checked_sub(1)?)
    };
    let rows: Vec<Option<Vec<f32>>> = symbols.into_iter().map(newest).collect();
    Ok(Array2::from_shape_fn((rows.len(), places.len()), |(row, feature)| {
        rows[row].as_ref().map_or(f32::NAN, |row| row[places[feature]])
    }))
}
