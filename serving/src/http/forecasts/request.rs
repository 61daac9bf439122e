//! What `POST /v1/forecasts` is asked.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weekahead_market::{Horizon, Symbol};

use super::super::asked::{check_count, unprocessable};
use super::super::{Api, AsOfText, LevelNumber, Problem, SymbolText};
use crate::{ForecastService, LoadedModel};

/// The most symbols whose forecasts are explained at once.
const MOST_EXPLAINED: usize = 20;

/// Which forecasts are wanted.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForecastRequest {
    /// The instruments, 1 to 1,000.
    #[schema(example = json!(["AAPL", "IBM"]), value_type = Vec<SymbolText>, min_items = 1, max_items = 1000)]
    pub symbols: Vec<String>,
    /// Where to stand: RFC 3339, or a date for the end of that day in UTC. Absent: now. In the past, the model that was
    /// champion then answers from what was known then.
    #[schema(example = "2013-01-25T23:00:00Z", value_type = Option<AsOfText>)]
    pub as_of: Option<String>,
    /// Sessions ahead, one of those that are served. Absent: that of the default model, a week.
    #[schema(example = 5, minimum = 1, maximum = 10)]
    pub horizon: Option<u32>,
    /// Which of the model's quantile levels are wanted. Absent: all.
    #[schema(example = json!([0.1, 0.5, 0.9]), value_type = Option<Vec<LevelNumber>>)]
    pub quantiles: Option<Vec<f64>>,
    /// Whether each forecast comes with the features that have most to do with it; of 20 symbols at most.
    #[serde(default)]
    pub explain: bool,
}

/// Which quantiles are wanted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted(Option<Vec<f64>>);

/// How far apart two levels are that are the same.
const SAME_LEVEL: f64 = 1e-9;

impl Wanted {
    pub(super) fn has(&self, level: f64) -> bool {
        let same = |wanted: &f64| (wanted - level).abs() < SAME_LEVEL;
        self.0.as_ref().is_none_or(|levels| levels.iter().any(same))
    }
}

impl ForecastRequest {
    /// The symbols, in order, each once.
    pub(super) fn symbols(&self, most: usize) -> Result<Vec<Symbol>, Problem> {
        let count = self.symbols.len();
        check_count(count, most)?;
        if self.explain && count > MOST_EXPLAINED {
            let detail =
                format!("{count} forecasts are too many to explain at once: name {MOST_EXPLAINED} at most");
            return Err(unprocessable("symbol_count", "Too few or too many", detail));
        }
        let symbols = self.symbols.iter().map(|text| Symbol::new(text)).collect::<Result<Vec<_>, _>>();
        let mut symbols = symbols.map_err(crate::Error::from)?;
        symbols.sort_unstable();
        symbols.dedup();
        Ok(symbols)
    }

    /// Who forecasts so far ahead.
    pub(super) fn service(&self, api: &Api) -> Result<ForecastService, Problem> {
        let own = ForecastService {
            forecaster: api.forecaster.clone(),
            live: api.live.clone(),
            present: api.present.clone(),
        };
        let Some(asked) = self.horizon.filter(|asked| *asked != u32::from(api.horizon)) else {
            return Ok(own);
        };
        let found = Horizon::sessions(asked).ok().and_then(|horizon| api.horizons.get(&horizon));
        found.cloned().ok_or_else(|| {
            let others = api.horizons.keys().copied();
            let served: Vec<String> = std::iter::once(api.horizon).chain(others).map(|h| h.to_string()).collect();
            let detail = format!(
                "no forecasts are served {asked} sessions ahead: ask for {}, or list more in `serving.horizons`",
                served.join(" or ")
            );
            unprocessable("unknown_horizon", "No such horizon", detail)
        })
    }

    /// Which quantiles are wanted, all of them among the model's.
    pub(super) fn wanted(&self, champion: &LoadedModel) -> Result<Wanted, Problem> {
        let levels = &champion.meta().levels;
        let known = |wanted: &f64| levels.iter().any(|level| (level - wanted).abs() < SAME_LEVEL);
        match self.quantiles.iter().flatten().find(|wanted| !known(wanted)) {
            None => Ok(Wanted(self.quantiles.clone())),
            Some(unknown) => {
                let levels: Vec<String> = levels.iter().map(ToString::to_string).collect();
                let detail =
                    format!("the model has no quantile at level {unknown}: it has {}", levels.join(", "));
                Err(unprocessable("unknown_level", "No such quantile", detail))
            }
        }
    }
}
