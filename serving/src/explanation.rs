//! What features have to do with a forecast.

use ndarray::{Array2, ArrayView1};
use weekahead_market::Symbol;
use weekahead_warehouse::{FeatureRows, ForecastRow};

use crate::{Forecaster, LoadedModel, Result};

/// The most features of an explanation.
const MOST_EFFECTS: usize = 10;

/// What a feature adds to a forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// The feature.
    pub feature: String,
    /// Its value; `None` where it was missing.
    pub value: Option<f32>,
    /// The point forecast less what it would be if the feature were missing.
    ///
    /// # Units
    /// Log return over the horizon.
    pub effect: f64,
}

/// The forecast of a symbol, explained.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The instrument.
    pub symbol: Symbol,
    /// The features with the greatest effects, in order of size; at most ten, and none without an effect.
    pub effects: Vec<Effect>,
}

impl Forecaster {
    /// Explains forecasts: each feature in turn is taken from the model, which fills it as it fills missing values.
    ///
    /// With a linear model the effects add up to the forecast less that of an average row. With trees they need not: of two
    /// features that say the same, neither may be missed.
    ///
    /// # Errors
    /// Errors of warehouse and model.
    pub async fn explain(&self, champion: &LoadedModel, rows: &[ForecastRow]) -> Result<Vec<Explanation>> {
        let mut explanations = Vec::with_capacity(rows.len());
        for row in rows {
            let symbol = &row.forecast.key.symbol;
            let known = self.features_of(champion, row.as_of, Some(std::slice::from_ref(symbol))).await?;
            explanations
                .push(Explanation { symbol: symbol.clone(), effects: effects(champion, &known).await? });
        }
        Ok(explanations)
    }
}

async fn effects(champion: &LoadedModel, known: &FeatureRows) -> Result<Vec<Effect>> {
    let Some(row) = known.row(0) else { return Ok(Vec::new()) };
    let points = champion.score(without_each(row)).await?.y;
    let effect = |(at, name): (usize, &String)| Effect {
        feature: name.clone(),
        value: Some(row[at]).filter(|value| value.is_finite()),
        effect: points[0] - points[at + 1],
    };
    let mut effects: Vec<Effect> = known.names.iter().enumerate().map(effect).collect();
    effects.retain(|effect| effect.effect != 0.0);
    effects.sort_by(|a, b| b.effect.abs().total_cmp(&a.effect.abs()));
    effects.truncate(MOST_EFFECTS);
    Ok(effects)
}

/// The row itself, and then without each of its features.
fn without_each(row: &[f32]) -> Array2<f32> {
    let width = row.len();
    let mut rows = Array2::zeros((width + 1, width));
    for (at, mut out) in rows.rows_mut().into_iter().enumerate() {
        out.assign(&ArrayView1::from(row));
        if at > 0 {
            out[at - 1] = f32::NAN;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_is_taken_away_once() {
        let rows = without_each(&[1.0, 2.0]);
        assert_eq!(rows.row(0).to_vec(), [1.0, 2.0]);
        assert!(rows[[1, 0]].is_nan() && rows[[1, 1]] == 2.0);
        assert!(rows[[2, 1]].is_nan() && rows[[2, 0]] == 1.0);
    }
}
