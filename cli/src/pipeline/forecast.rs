//! The step from the champion to forecasts in the warehouse.

use weekahead_market::{AsOf, Symbol};
use weekahead_serving::{Forecaster, Forecasts};

use crate::platform;
use crate::progress::{Step, say};
use crate::settings::Settings;

/// Forecasts the universe and writes it back. With `as_of`, by the champion of then from what was known then.
pub async fn forecast(settings: &Settings, as_of: Option<AsOf>) -> anyhow::Result<Forecasts> {
    Forecasting::open(settings).await?.forecast(as_of).await
}

/// What forecasts. Kept for several weeks, it loads each model once.
#[derive(Debug)]
pub struct Forecasting {
    forecaster: Forecaster,
    symbols: Vec<Symbol>,
    shadow_alias: Option<String>,
}

impl Forecasting {
    /// Opens the stores.
    pub async fn open(settings: &Settings) -> anyhow::Result<Self> {
        Ok(Self {
            forecaster: platform::forecaster(settings, platform::registry(settings).await?)?,
            symbols: settings.universe.symbols.clone(),
            shadow_alias: settings.serving.shadow().map(str::to_owned),
        })
    }

    /// As [`forecast`].
    pub async fn forecast(&self, as_of: Option<AsOf>) -> anyhow::Result<Forecasts> {
        let step = Step::start("forecast", "forecasting the week ahead");
        let symbols = Some(self.symbols.as_slice());
        if let (Some(alias), None) = (&self.shadow_alias, as_of) {
            shadow(&self.forecaster, alias, symbols).await?;
        }
        let forecasts = match as_of {
            Some(as_of) => self.forecaster.forecast_at(as_of, symbols, as_of.instant()).await?,
            None => self.forecaster.forecast_now(AsOf::now(&weekahead_market::SystemClock), symbols).await?,
        };
        step.done(&format!(
            "{} forecasts by {} version {}, {} new",
            forecasts.rows.len(),
            forecasts.champion.model,
            forecasts.champion.version,
            forecasts.counts.written
        ));
        for unanswered in &forecasts.unanswered {
            say(&format!("  {} has no forecast: {}", unanswered.symbol, unanswered.reason));
        }
        Ok(forecasts)
    }
}

/// Has the shadow forecast first, so that it is there as soon as the champion's are.
async fn shadow(forecaster: &Forecaster, alias: &str, symbols: Option<&[Symbol]>) -> anyhow::Result<()> {
    let now = AsOf::now(&weekahead_market::SystemClock);
    match forecaster.forecast_in_shadow(alias, now, symbols).await? {
        Some(made) => {
            say(&format!("  {} forecasts in shadow, by version {}", made.rows.len(), made.champion.version));
        }
        None => say(&format!(
            "  no version but the champion has the alias `{alias}`: nothing is forecast in shadow"
        )),
    }
    Ok(())
}
