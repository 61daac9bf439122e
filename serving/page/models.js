// The leaderboard: who forecasts, who might, and whether anybody beats the random walk.
import { get } from "./api.js";
import { byId, h, svg, table, trouble, words } from "./dom.js";
import { bps, fixed, share, whole } from "./format.js";

const BASELINE = "random_walk";

/** Draws the leaderboard; answers what was read, or null. */
export async function showModels() {
  const place = byId("models").querySelector(".fill");
  try {
    const models = await get("/v1/models");
    const champion = kindOf(models);
    place.replaceChildren(...decision(models, champion), ...board(models.leaderboard, champion));
    return models;
  } catch (problem) {
    place.replaceChildren(trouble("The leaderboard could not be read", problem, showModels));
    return null;
  }
}

/** What the champion is, in the leaderboard's words. */
function kindOf({ champion, versions }) {
  if (!champion) return null;
  return champion.kind ?? versions.find(({ version }) => version === champion.version)?.kind ?? null;
}

function decision({ model, champion, versions }, kind) {
  if (!champion) return [h("p", { class: "empty" }, words("No champion yet: `weekahead train` fits the models, compares them and promotes one."))];
  const why = versions.find(({ version }) => version === champion.version)?.decision;
  const name = `${model} version ${champion.version}${kind ? `, ${kind}` : ""}`;
  return [h("p", null, h("span", { class: "tag champion" }, "champion"), ` ${name}`), why && h("p", { class: "note why" }, String(why))].filter(Boolean);
}

/** One honest sentence. */
export function verdict(rows, champion) {
  const walk = rows.find(({ model }) => model === BASELINE);
  if (!Number.isFinite(walk?.mae)) return "The random walk is not among them, so nothing here can be told from luck.";
  const better = rows.filter(({ mae }) => Number.isFinite(mae) && mae < walk.mae);
  if (!better.length) return "Nothing beats the random walk: its error is the least.";
  const [best] = better;
  const gain = (1 - best.mae / walk.mae) * 100;
  const lead = `${best.model} has a mean error ${gain.toFixed(1)} % below the random walk’s`;
  if (champion === BASELINE) return `${lead}; that is not enough to tell it from luck, so the random walk stays champion.`;
  if (better.some(({ model }) => model === champion)) return `${lead}. The champion ${champion} beats the random walk in this backtest.`;
  return `${lead}. That alone is no proof: the champion is chosen by significance over many weeks.`;
}

function board(rows, champion) {
  if (!rows.length && !champion) return [];
  if (!rows.length) return [h("p", { class: "empty" }, words("No backtest is recorded yet: `weekahead train` makes the first."))];
  const tag = ({ model }) => [model === champion && h("span", { class: "tag champion" }, "champion"), model === BASELINE && h("span", { class: "tag" }, "baseline")];
  const widest = Math.max(0.01, ...rows.filter(({ mase }) => Number.isFinite(mase)).map(({ mase }) => Math.abs(mase - 1)));
  return [
    h("p", { class: "verdict" }, verdict(rows, champion)),
    table("Models of the latest training session by mean absolute error, the best first", [
      ["Model", (row) => [h("span", { class: "name" }, breakable(row.model)), " ", tag(row)]],
      ["Error, bp", (row) => bps(row.mae), true],
      ["vs. walk", (row) => [fixed(row.mase, 3), Number.isFinite(row.mase) && bar(row.mase - 1, widest)], true],
      ["Direction", (row) => share(row.directional_accuracy), true],
      ["Rank IC", (row) => fixed(row.rank_ic, 3), true],
      ["In 80 %", (row) => share(row.coverage_80), true],
      ["Rows", (row) => whole(row.rows), true],
    ], rows, ({ model }) => `${model === champion ? "is-champion" : ""} ${model === BASELINE ? "is-walk" : ""}`),
    h("p", { class: "note" }, "Error: mean absolute error of the week’s log return in basis points. Vs. walk: below 1 beats the random walk."),
  ];
}

/** A long name that may break where its parts end. */
const breakable = (name) => name.split(/(?<=[(,=_])/).flatMap((part) => [part, h("wbr")]);

/** How far from the random walk, to the left where it is better. */
function bar(distance, widest) {
  const size = Math.min(1, Math.abs(distance) / widest) * 20;
  const x = distance < 0 ? 21 - size : 21;
  return svg("svg", { class: "bar", width: 42, height: 10, viewBox: "0 0 42 10", "aria-hidden": "true" },
    svg("rect", { class: distance < 0 ? "better" : "worse", x: x.toFixed(1), y: 2, width: Math.max(0.5, size).toFixed(1), height: 6 }),
    svg("line", { x1: 21, y1: 0, x2: 21, y2: 10 }));
}
