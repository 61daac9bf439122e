// How fresh the data is and whether the API can forecast.
import { get } from "./api.js";
import { byId, fold, h, table, trouble, words } from "./dom.js";
import { behind, date, sessions, whole } from "./format.js";

/** The most symbols that are named one by one. */
const NAMED = 200;

/** Says in the header and in the panel whether the API is ready; the reason where it is not. */
export async function showState() {
  const place = byId("state");
  try {
    const ready = await get("/readyz");
    const lag = ready.features_lag_sessions;
    const away = ready.degraded ?? [];
    place.className = "state ready";
    place.replaceChildren(h("b", null, "Ready"), ` ${ready.model} version ${ready.model_version}${Number.isFinite(lag) ? `, features ${behind(lag)}` : ""}${away.length ? `; away: ${away.map(({ part }) => part).join(", ")}` : ""}`);
    return [
      ["API", "ready"],
      ["Model", `${ready.model} version ${ready.model_version}`],
      ["Digest", ready.model_digest ? h("code", { title: ready.model_digest }, ready.model_digest.slice(0, 12)) : null],
      ["Features", Number.isFinite(lag) ? behind(lag) : "not held in memory"],
      ...away.map(({ part, reason }) => ["Away", `${part}: ${reason}`]),
    ];
  } catch (problem) {
    place.className = "state away";
    place.replaceChildren(h("b", null, "Not ready"), ` ${problem.code === "no_champion" ? "no champion yet" : problem.message.replaceAll("`", "")}`);
    return [["API", words(`not ready: ${problem.message}`)]];
  }
}

/** The panel: the state's lines, and the lag of every symbol, the oldest first. */
export function showFreshness(state, known, again) {
  const place = byId("freshness").querySelector(".fill");
  const lines = h("dl", { class: "lines" }, state.filter(([, value]) => value)
    .map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
  place.replaceChildren(lines, ...(known instanceof Error ? [trouble("Symbols could not be read", known, again)] : lags(known)));
}

function lags(symbols) {
  if (!symbols.length) return [h("p", { class: "empty" }, words("No symbol has a price yet: `weekahead ingest` reads the first quotes."))];
  const late = symbols.filter(({ lag_sessions: lag }) => lag > 0);
  const newest = symbols.reduce((best, { last_session: last }) => (last > best ? last : best), "");
  const oldest = [...symbols].sort((a, b) => b.lag_sessions - a.lag_sessions || (a.symbol < b.symbol ? -1 : 1));
  const fresh = symbols.length - late.length;
  const head = late.length ? `${whole(fresh)} of ${whole(symbols.length)} symbols are up to date` : `All ${whole(symbols.length)} symbols are up to date`;
  const rows = oldest.slice(0, 12);
  return [
    h("p", { class: "verdict" }, `${head}; the newest prices are of ${date(newest)}.`),
    lagTable("Lag of symbols, the oldest first", rows),
    symbols.length > rows.length && fold(`All ${whole(Math.min(NAMED, symbols.length))} symbols${symbols.length > NAMED ? ", the oldest" : ""}`,
      () => lagTable("Lag of all symbols, the oldest first", oldest.slice(0, NAMED))),
  ].filter(Boolean);
}

const lagTable = (caption, rows) => table(caption, [
  ["Symbol", ({ symbol }) => symbol],
  ["Last session", ({ last_session: last }) => date(last)],
  ["Lag", ({ lag_sessions: lag }) => h("span", { class: lag > 5 ? "lag stale" : lag > 0 ? "lag late" : "lag" }, lag === 0 ? "none" : sessions(lag)), true],
  ["Sessions", ({ sessions: held }) => whole(held), true],
], rows);
