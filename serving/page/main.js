// Puts the page together: what is chosen stands in the address, so that a view can be linked to.
import { get, standAt, useKey } from "./api.js";
import { card } from "./card.js";
import { byId, h, trouble } from "./dom.js";
import { showFreshness, showState } from "./freshness.js";
import { showModels } from "./models.js";
import { picker } from "./picker.js";

const STATE_EVERY_MS = 60_000;
const asked = new URLSearchParams(location.search);
const spans = ["65", "125", "250"];
const view = {
  symbols: (asked.get("symbols") ?? "").split(",").filter(Boolean).slice(0, 8),
  span: spans.includes(asked.get("sessions")) ? asked.get("sessions") : "125",
  asOf: /^\d{4}-\d{2}-\d{2}$/.test(asked.get("as_of") ?? "") ? asked.get("as_of") : "",
};
const cards = new Map();
const choose = picker(view.symbols, (symbols) => { view.symbols = symbols; showCards(); });

/** Keeps the cards that stay, makes those that are new, lets go of the others. */
function showCards() {
  remember();
  for (const [symbol, { element, drop }] of cards) {
    if (view.symbols.includes(symbol)) continue;
    drop();
    element.remove();
    cards.delete(symbol);
  }
  const place = byId("cards");
  place.querySelector(".empty")?.remove();
  for (const symbol of view.symbols) {
    if (cards.has(symbol)) continue;
    const made = card(symbol);
    cards.set(symbol, made);
    place.append(made.element);
    made.load(view.span);
  }
  if (!view.symbols.length) place.append(h("p", { class: "panel empty" }, "Choose a symbol to see its prices and its week ahead."));
}

const reloadCards = () => cards.forEach(({ load }) => load(view.span));

function remember() {
  const given = { symbols: view.symbols.join(","), sessions: view.span === "125" ? "" : view.span, as_of: view.asOf };
  const text = Object.entries(given).filter(([, value]) => value).map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%2C", ",")}`);
  history.replaceState(null, "", text.length ? `?${text.join("&")}` : location.pathname);
}

async function showSymbols() {
  try {
    const { symbols } = await get("/v1/symbols");
    choose.offer(symbols);
    if (!view.symbols.length && symbols.length) choose.choose([symbols[0].symbol]);
    return symbols;
  } catch (problem) {
    choose.tell(trouble("Symbols could not be read", problem));
    return problem;
  }
}

async function showAll() {
  const models = showModels().then((found) => {
    const link = byId("tracker");
    if (!/^https?:\/\//.test(found?.tracker_url ?? "")) return;
    link.href = found.tracker_url;
    link.hidden = false;
  });
  const [state, symbols] = await Promise.all([showState(), showSymbols(), models]);
  showFreshness(state, symbols, showAll);
}

function watchTools() {
  const span = byId("span");
  span.querySelector(`[value="${view.span}"]`).checked = true;
  span.addEventListener("change", (event) => {
    view.span = event.target.value;
    remember();
    reloadCards();
  });
  const [asOf, now] = [byId("as-of"), byId("now")];
  const stand = (day) => {
    view.asOf = day;
    asOf.value = day;
    now.hidden = !day;
    standAt(day);
  };
  stand(view.asOf);
  const move = (day) => {
    stand(day);
    remember();
    reloadCards();
  };
  asOf.addEventListener("change", () => move(asOf.value));
  now.addEventListener("click", () => { move(""); asOf.focus(); });
}

function watchKey() {
  const form = byId("key");
  document.addEventListener("key-wanted", () => { form.hidden = false; });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    useKey(byId("key-text").value.trim());
    form.hidden = true;
    showAll();
    reloadCards();
  });
}

/** `/` goes to the search, as on most pages that have one. */
function watchSlash() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest("input, textarea")) return;
    event.preventDefault();
    byId("search").focus();
  });
}

watchTools();
watchKey();
watchSlash();
if (view.symbols.length) showCards();
showAll().then(() => { if (!cards.size) showCards(); });
setInterval(() => { if (!document.hidden) showState(); }, STATE_EVERY_MS);
