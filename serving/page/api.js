// Asks the API. What goes wrong becomes a Problem whose message says what happened and what to do.

const TIMEOUT_MS = 20_000;
const KEPT = "weekahead-key";

export class Problem extends Error {
  constructor(status, code, message) {
    super(message);
    Object.assign(this, { status, code });
  }
}

let key = kept();
const known = { by: "" };

/** Stands at a date from now on; empty for the present. */
export const standAt = (date) => { known.by = date; };

/** Uses a key for as long as this tab lives. */
export function useKey(text) {
  key = text;
  try {
    sessionStorage.setItem(KEPT, text);
  } catch {
    // Then it lives until the page is left.
  }
}

/** `GET path` with the parameters that are not empty. */
export const get = (path, parameters = {}, signal = null) => ask("GET", path + query(parameters), null, signal);

/** The same, from what was known where the reader stands. */
export const getThen = (path, parameters, signal) => get(path, { ...parameters, as_of: known.by }, signal);

/** Makes forecasts and has them stored. */
export const forecast = (symbols) =>
  ask("POST", "/v1/forecasts", JSON.stringify({ symbols, ...(known.by && { as_of: known.by }) }), null);

function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

async function ask(method, path, body, signal) {
  const headers = { accept: "application/json", ...(body && { "content-type": "application/json" }), ...(key && { "x-api-key": key }) };
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  let response;
  try {
    response = await fetch(path, { method, headers, body, signal: signal ? AbortSignal.any([signal, limit]) : limit });
  } catch (error) {
    if (signal?.aborted) throw error;
    const late = error.name === "TimeoutError";
    throw new Problem(0, late ? "timeout" : "offline", late ? "no answer within 20 seconds." : "the server does not answer; is it running?");
  }
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  throw problemOf(response, answer);
}

function problemOf(response, answer) {
  const { status } = response;
  if (status === 401) document.dispatchEvent(new CustomEvent("key-wanted"));
  const said = answer?.detail ?? answer?.title ?? `the server answered ${status}`;
  return new Problem(status, answer?.code ?? "unknown", `${said.replace(/\.$/, "")}${advice(status, answer?.code, response)}.`);
}

/** What to do, where the detail of a problem cannot say it. */
function advice(status, code, response) {
  const wait = response.headers.get("retry-after");
  if (status === 401) return "; enter a key above";
  if (status === 403) return "; use a key with that right";
  if (status === 429) return wait ? `; try again in ${wait} s` : "; try again in a moment";
  if (code === "no_route") return "; the server may be older than this page";
  return "";
}

function kept() {
  try {
    return sessionStorage.getItem(KEPT) ?? "";
  } catch {
    return "";
  }
}
