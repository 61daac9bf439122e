//! The step from the champion to forecasts in the warehouse.

use weekahead_market::AsOf;
use weekahead_serving::Forecasts;

use crate::platform;
use crate::progress::Step;
use crate::settings::Settings;

/// Forecasts the universe and writes it back. With `as_of`, by the champion of then from what was known then.
pub async fn forecast(settings: &Settings, as_of: Option<AsOf>) -> anyhow::Result<Forecasts> {
    let step = Step::start("forecast", "forecasting the week ahead");
    let forecaster = platform::forecaster(settings, platform::registry(settings).await?)?;
    let symbols = Some(settings.universe.symbols.as_slice());
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
