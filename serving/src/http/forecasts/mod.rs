//! `POST /v1/forecasts`: forecasts for symbols, now or as of an instant.

mod answer;
mod request;

use axum::extract::State;
use axum::{Extension, Json};
use weekahead_market::AsOf;

use super::asked::{Body, standing};
use super::{Api, Problem, RequestContext};

pub use answer::{
    CoverageAnswer, EffectAnswer, ForecastResponse, FreshForecast, IntervalsAnswer, QuantileAnswer,
    SymbolForecast, UnansweredSymbol,
};
pub use request::ForecastRequest;

/// The most symbols a request may name where no setting says otherwise.
const MOST_SYMBOLS: usize = 1_000;

/// Forecasts symbols and writes the forecasts back.
///
/// Asking again is harmless: a forecast that exists is not written twice.
#[utoipa::path(
    post,
    path = "/v1/forecasts",
    tag = "forecasts",
    request_body = ForecastRequest,
    responses(
        (status = 200, description = "The forecasts", body = ForecastResponse),
        (status = 400, description = "Not a request", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No model was champion", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not said to be JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not a valid request", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "A store is away", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn create(
    State(api): State<Api>,
    context: Option<Extension<RequestContext>>,
    Body(request): Body<ForecastRequest>,
) -> Result<Json<ForecastResponse>, Problem> {
    let symbols = request.symbols(context.map_or(MOST_SYMBOLS, |context| context.most_symbols))?;
    let now = AsOf::now(&*api.clock);
    let service = request.service(&api)?;
    let answer = match request.as_of.as_deref() {
        Some(text) => {
            let as_of = standing(&api, Some(text))?;
            service.forecaster.forecast_at(as_of, Some(&symbols), now.instant()).await?
        }
        None => service.present.forecasts(now, &symbols).await?,
    };
    let wanted = request.wanted(&answer.champion)?;
    api.live.registry().measures().served(answer.rows.len());
    let explanations = match request.explain {
        true => service.forecaster.explain(&answer.champion, &answer.rows).await?,
        false => Vec::new(),
    };
    let calendar = service.forecaster.calendar();
    let last_closed = calendar.last_closed(answer.as_of.instant()).map_err(crate::Error::from)?;
    let mut response = ForecastResponse::of(answer, &wanted, calendar, last_closed);
    for (forecast, explanation) in response.forecasts.iter_mut().zip(explanations) {
        forecast.explanation = Some(explanation.effects.into_iter().map(EffectAnswer::from).collect());
    }
    Ok(Json(response))
}
