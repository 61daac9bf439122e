// One symbol: its numbers, its fan, and what became of its forecasts.
import { forecast as ask, getThen } from "./api.js";
import { fold, h, table, trouble, words } from "./dom.js";
import { fan } from "./fan.js";
import { date, percent, price, sessions, when, whole } from "./format.js";
import { history, outcomeOf, past } from "./past.js";
import { band, middle } from "./quantiles.js";

/** A card of a symbol: its element, and how to load it and to let go of it. */
export function card(symbol) {
  const id = `card-${symbol.replace(/[^A-Za-z0-9]/g, "-")}`;
  const figures = h("dl", { class: "figures" });
  const prices = h("div", { class: "half main-half" });
  const record = h("div", { class: "half" });
  const element = h("section", { class: "panel card", "aria-labelledby": id },
    h("div", { class: "card-head" }, h("h2", { id }, symbol), figures), h("div", { class: "halves" }, prices, record));
  const places = { figures, prices, record };
  let loading = new AbortController();
  const load = (span) => {
    loading.abort();
    loading = new AbortController();
    return show(symbol, span, places, loading.signal, () => load(span));
  };
  return { element, load, drop: () => loading.abort() };
}

async function show(symbol, span, places, signal, again) {
  places.prices.replaceChildren(h("h3", null, "Prices and forecast"), waiting());
  places.record.replaceChildren(h("h3", null, "Forecasts and what happened"), waiting());
  const at = `/v1/symbols/${encodeURIComponent(symbol)}/prices`;
  const answers = await Promise.allSettled([
    getThen(at, { sessions: span }, signal),
    getThen("/v1/forecasts", { symbol, limit: 100 }, signal),
    getThen("/v1/accuracy", { symbol }, signal),
  ]);
  if (signal.aborted) return;
  const [prices, stored, accuracy] = answers;
  const forecasts = (stored.value?.forecasts ?? []).filter((forecast) => !forecast.shadow);
  const newest = latest(forecasts);
  places.figures.replaceChildren(...figures(prices.value, newest));
  places.prices.replaceChildren(h("h3", null, "Prices and forecast"), ...left(symbol, prices, newest, stored, again));
  places.record.replaceChildren(h("h3", null, "Forecasts and what happened"), ...right(symbol, forecasts, newest, stored, accuracy, again));
}

const waiting = () => h("p", { class: "waiting" }, "Loading");

/** The forecast of the newest origin; of several there, that of a week ahead, and then the one that was written last. */
function latest(forecasts) {
  const rank = ({ origin, horizon_sessions: ahead, written_at: written }) => `${origin} ${ahead === 5 ? 1 : 0} ${written}`;
  return forecasts.reduce((best, one) => (!best || rank(one) > rank(best) ? one : best), null);
}

function figures(known, forecast) {
  const pairs = [];
  const prices = known?.prices;
  if (prices?.length) pairs.push([`Close, ${date(prices.at(-1).session)}`, price(prices.at(-1).close)]);
  if (forecast) {
    const wide = band(forecast, 0.8, "price");
    pairs.push([`Median, ${date(forecast.target_session)}`, `${price(middle(forecast, "price"))} (${percent(middle(forecast, "log_return"))})`, "accent"]);
    if (wide) pairs.push(["80 % interval", `${price(wide.low)} – ${price(wide.high)}`]);
    pairs.push(["Model", `${forecast.model} v${forecast.model_version}`]);
  }
  if (known) pairs.push(["Known by", when(known.as_of)]);
  return pairs.map(([name, value, look]) => h("div", null, h("dt", null, name), h("dd", { class: look }, value)));
}

function left(symbol, prices, forecast, stored, again) {
  if (prices.status === "rejected") return [trouble("Prices could not be read", prices.reason, again)];
  const rows = prices.value.prices;
  if (!rows.length) return [h("p", { class: "empty" }, words(`No price of ${symbol} was known then: run \`weekahead ingest\`, or choose a later date.`))];
  const drawn = [fan(symbol, rows, forecast)];
  if (forecast) drawn.push(legend([["band-50", "50 %"], ["band-80", "80 %"], ["band-90", "90 %"], ["median", "median"], ["origin", "origin"]]));
  if (stored.status === "fulfilled") drawn.push(offer(symbol, rows, forecast, again));
  drawn.push(fold("Prices as a table", () => table(`Prices of ${symbol}, newest first`, [
    ["Session", (row) => date(row.session)], ["Open", (row) => price(row.open), true], ["High", (row) => price(row.high), true],
    ["Low", (row) => price(row.low), true], ["Close", (row) => price(row.close), true], ["Volume", (row) => whole(row.volume), true],
  ], [...rows].reverse())));
  return drawn.filter(Boolean);
}

/** A way to forecast, where the newest session has no forecast yet. */
function offer(symbol, rows, forecast, again) {
  const newest = rows.at(-1).session;
  if (forecast?.origin >= newest) return null;
  const said = forecast
    ? `This forecast stands on ${date(forecast.origin)}; prices go on to ${date(newest)}. `
    : `No forecast of ${symbol} is stored yet. `;
  const line = h("p", { class: "offer" }, said);
  const button = h("button", { type: "button", onclick: () => make(symbol, line, button, again) }, "Forecast now");
  line.append(button);
  return line;
}

async function make(symbol, line, button, again) {
  button.disabled = true;
  try {
    const { unanswered } = await ask([symbol]);
    if (!unanswered.length) return again();
    line.textContent = `${symbol} has no forecast: ${unanswered[0].reason}`;
  } catch (problem) {
    line.replaceWith(trouble("The forecast was not made", problem, again));
  }
  return null;
}

function right(symbol, forecasts, newest, stored, accuracy, again) {
  if (stored.status === "rejected") return [trouble("Forecasts could not be read", stored.reason, again)];
  if (!newest) return [h("p", { class: "empty" }, words(`No forecasts of ${symbol} yet: \`weekahead forecast\` writes the week ahead of the whole universe.`))];
  const rows = history(forecasts, newest.horizon_sessions);
  const unread = accuracy.status === "rejected" && trouble("The record over all outcomes could not be read", accuracy.reason, again);
  return [
    past(symbol, rows, accuracy.value),
    legend([["band-80", "80 %"], ["hit", "inside"], ["miss", "outside"], ["walk", "random walk"]]),
    unread,
    fold("Forecasts as a table", () => forecastTable(symbol, rows)),
  ].filter(Boolean);
}

function forecastTable(symbol, rows) {
  const interval = (row) => {
    const wide = band(row, 0.8, "price");
    return wide ? `${price(wide.low)} – ${price(wide.high)}` : "–";
  };
  const caption = `Forecasts of ${symbol}, newest first, ${sessions(rows[0].horizon_sessions)} ahead`;
  return table(caption, [
    ["Origin", (row) => date(row.origin)], ["Target", (row) => date(row.target_session)], ["Close", (row) => price(row.origin_close), true],
    ["Median", (row) => price(middle(row, "price")), true], ["80 % interval", interval, true],
    ["Happened", (row) => price(row.outcome?.price), true], ["Return", outcomeOf, true], ["Model", (row) => `${row.model} v${row.model_version}`],
  ], [...rows].reverse());
}

const legend = (marks) => h("ul", { class: "legend", "aria-label": "Legend" },
  marks.map(([look, text]) => h("li", null, h("span", { class: `key ${look}` }), text)));
