//! A stored forecast, made again: from the bars and outcomes known at its instant, by its model, to be compared bit for bit.

use weekahead_warehouse::ForecastRow;

use crate::forecaster::matrix;
use crate::intervals::Memory;
use crate::{Forecaster, LoadedModel, Result, ServedIntervals};

/// What a replay found, part by part.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// The parts, in the order in which one follows from another.
    pub parts: Vec<ReplayedPart>,
}

/// A part of a forecast: what is stored, and what the replay came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayedPart {
    /// What it is.
    pub name: String,
    /// What is stored.
    pub stored: String,
    /// What the replay came to.
    pub replayed: String,
}

impl Replay {
    /// Whether every part came out as it is stored, numbers to the bit.
    pub fn is_same(&self) -> bool {
        self.parts.iter().all(ReplayedPart::is_same)
    }

    fn compare(&mut self, name: impl Into<String>, stored: impl ToString, replayed: impl ToString) {
        let (stored, replayed) = (stored.to_string(), replayed.to_string());
        self.parts.push(ReplayedPart { name: name.into(), stored, replayed });
    }

    /// Numbers are written so that other bits are another text.
    fn compare_numbers(&mut self, name: impl Into<String>, stored: Option<f64>, replayed: Option<f64>) {
        let text = |number: Option<f64>| number.map_or_else(missing, |number| format!("{number:?}"));
        self.compare(name, text(stored), text(replayed));
    }
}

impl ReplayedPart {
    /// Whether the replay came to what is stored.
    pub fn is_same(&self) -> bool {
        self.stored == self.replayed
    }
}

impl Forecaster {
    /// Makes a stored forecast again from what was known at its `as_of`, by the version of the model that made it, and compares.
    /// Nothing is written.
    ///
    /// Intervals are replayed too: from the forecasts that had been written and the outcomes that were known, with this forecaster's
    /// adaptive step.
    ///
    /// # Errors
    /// [`Error::OtherModel`](crate::Error::OtherModel) for a forecast of another registered model; errors of warehouse, tracker and
    /// model.
    pub async fn replay(&self, row: &ForecastRow) -> Result<Replay> {
        let registered = self.registry().model();
        if row.model_name != registered {
            let (model, of) = (registered.to_owned(), row.model_name.clone());
            return Err(crate::Error::OtherModel { model, of });
        }
        let model = self.registry().version(row.model_version).await?;
        let mut replay = Replay { parts: Vec::new() };
        replay.compare("model digest", &row.model_digest, &model.digest);
        replay.compare("run", &row.run_id, &model.run_id);
        let meta = model.meta();
        let (stored, replayed) =
            (format!("{}@{}", row.view, row.view_version), format!("{}@{}", meta.view, meta.view_version));
        replay.compare("view", stored, replayed);
        self.replay_loads(row, &mut replay).await?;
        self.replay_values(row, &model, &mut replay).await?;
        Ok(replay)
    }

    async fn replay_loads(&self, row: &ForecastRow, replay: &mut Replay) -> Result<()> {
        let symbol = std::slice::from_ref(&row.forecast.key.symbol);
        let loads = self.warehouse().load_ids(row.as_of, Some(symbol)).await?;
        replay.compare("loads", row.load_ids.join(" "), loads.join(" "));
        Ok(())
    }

    async fn replay_values(&self, row: &ForecastRow, model: &LoadedModel, replay: &mut Replay) -> Result<()> {
        let forecast = &row.forecast;
        let symbols = std::slice::from_ref(&forecast.key.symbol);
        let features = self.features_of(model, row.as_of, Some(symbols)).await?;
        let origin = features.sessions.first().map_or_else(missing, ToString::to_string);
        replay.compare("origin", forecast.key.origin, origin);
        let bars = self.warehouse().bars(row.as_of, Some(symbols), Some(forecast.key.origin)).await?;
        let series = bars.get(&forecast.key.symbol);
        let close =
            series.and_then(|series| Some(series.bars()[series.position(forecast.key.origin)?].close));
        replay.compare_numbers("origin close", Some(forecast.origin_close), close);
        if features.is_empty() {
            return Ok(());
        }
        let outputs = model.score_alone(matrix(&features)?.view())?;
        replay.compare_numbers("point", Some(forecast.point), outputs.y.first().copied());
        let (warehouse, calendar, step) = (self.warehouse(), self.calendar(), self.adaptive_step());
        let memory = Memory::default();
        let intervals = ServedIntervals::at(row.as_of, warehouse, calendar, model, step, &memory).await?;
        let record = intervals.record();
        replay.compare("interval outcomes", row.intervals.outcomes, record.outcomes);
        let quantiles = intervals.quantiles(&outputs, model.residual_quantiles());
        for (place, (level, stored)) in forecast.quantiles.iter().enumerate() {
            let asked = |levels: &[f64]| levels.get(place).copied();
            let level = level.level();
            let name = format!("level of quantile {level}");
            replay.compare_numbers(name, asked(&row.intervals.adapted_levels), asked(&record.adapted_levels));
            replay.compare_numbers(
                format!("quantile {level}"),
                Some(*stored),
                quantiles.get((0, place)).copied(),
            );
        }
        Ok(())
    }
}

fn missing() -> String {
    "none".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bit_counts() {
        let mut replay = Replay { parts: Vec::new() };
        replay.compare_numbers("point", Some(0.1), Some(0.1));
        assert!(replay.is_same());
        replay.compare_numbers("quantile", Some(0.3), Some(0.1 + 0.2));
        replay.compare_numbers("zero", Some(0.0), Some(-0.0));
        replay.compare_numbers("close", Some(1.0), None);
        let same: Vec<bool> = replay.parts.iter().map(ReplayedPart::is_same).collect();
        assert_eq!(same, [true, false, false, false]);
    }
}
