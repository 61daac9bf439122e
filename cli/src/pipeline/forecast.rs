//! The step from the champion to forecasts in the warehouse.

use weekahead_market::{AsOf, Symbol};
use weekahead_serving::{Forecaster, Forecasts};

use crate::platform;
use crate::progress::Step;
use crate::settings::Settings;

/// Forecasts the universe and writes it back. With `as_of`, by the champion of then from what was known then.
pub async fn forecast(settings: &Settings, as_of: Option<AsOf>) -> anyhow::Result<Forecasts> {
    let step = Step::start("forecast", "forecasting the week ahead");
    let forecaster = platform::forecaster(settings, platform::registry(settings).await?)?;
    let symbols = Some(settings.universe.symbols.as_slice());
    if let (Some(alias), None) = (settings.serving.shadow(), as_of) {
        shadow(&forecaster, alias, symbols).await?;
    }
    let forecasts = match as_of {
        Some(as_of) => forecaster.forecast_at(as_of, symbols, as_of.instant()).await?,
        None => forecaster.forecast_now(AsOf::now(&weekahead_market::SystemClock), symbols).await?,
    };
    step.done(&format!(
        "{} forecasts by {} version {}, {} new",
        forecasts.rows.len(),
        forecasts.champion.model,
        forecasts.champion.version,
        forecasts.counts.written
    ));
    for unanswered in &forecasts.unanswered {
        eprintln!("  {} has no forecast: {}", unanswered.symbol, unanswered.reason);
    }
    Ok(forecasts)
}

/// Has the shadow forecast first, so that it is there as soon as the champion's are.
async fn shadow(forecaster: &Forecaster, alias: &str, symbols: Option<&[Symbol]>) -> anyhow::Result<()> {
    let now = AsOf::now(&weekahead_market::SystemClock);
    match forecaster.forecast_in_shadow(alias, now, symbols).await? {
        Some(made) => {
            eprintln!("  {} forecasts in shadow, by version {}", made.rows.len(), made.champion.version)
        }
        None => {
            eprintln!("  no version but the champion has the alias `{alias}`: nothing is forecast in shadow")
        }
    }
    Ok(())
}
