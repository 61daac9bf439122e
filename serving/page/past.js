// Past forecasts against what happened.
import { canvas, extent, figure, grid, line, linear, ticks, under } from "./chart.js";
import { svg } from "./dom.js";
import { bps, date, percent, share, shortDate, whole } from "./format.js";
import { band, bands, hit, middle } from "./quantiles.js";

/** The most forecasts in the picture: a year of weeks. */
const SHOWN = 52;

/** One forecast a target, oldest first: of several versions, the one that was written last. */
export function history(forecasts, horizon) {
  const newest = new Map();
  const written = [...forecasts].sort((a, b) => (a.written_at < b.written_at ? -1 : 1));
  for (const forecast of written) {
    if (forecast.horizon_sessions === horizon) newest.set(forecast.origin, forecast);
  }
  return [...newest.values()].sort((a, b) => (a.origin < b.origin ? -1 : 1)).slice(-SHOWN);
}

/** What became of them, in a sentence. */
export function record(symbol, forecasts, accuracy) {
  const known = forecasts.filter((forecast) => hit(forecast) !== null);
  if (!known.length) return `No forecast of ${symbol} has come to its target session yet.`;
  const inside = known.filter(hit).length;
  const all = accuracy?.overall;
  const errors = all?.outcomes
    ? ` Over all ${whole(all.outcomes)} outcomes: mean error ${bps(all.mae)} basis points, random walk ${bps(all.mae_random_walk)}; direction right in ${share(all.directional_accuracy)}; ${share(all.coverage_80)} within 80 %.`
    : "";
  return `${inside} of the ${known.length} outcomes shown lie within the 80 % interval; about ${Math.round(known.length * 0.8)} should.${errors}`;
}

/** The figure: a bar of intervals a forecast, with what happened on it. */
export const past = (symbol, forecasts, accuracy) =>
  figure(`Past forecasts of ${symbol}`, record(symbol, forecasts, accuracy), (width, height) => draw(forecasts, width, height));

/** In words, one forecast of them. */
export function outcomeOf(forecast) {
  const inside = hit(forecast);
  if (inside === null) return "not known yet";
  return `${percent(forecast.outcome.log_return)}, ${inside ? "inside" : "outside"}`;
}

function draw(forecasts, width, height) {
  const { box, picture } = canvas(width, height);
  const shares = (r) => Math.expm1(r) * 100;
  const values = forecasts.flatMap((forecast) => [
    ...bands(forecast, "log_return").flatMap(({ low, high }) => [shares(low), shares(high)]),
    forecast.outcome ? shares(forecast.outcome.log_return) : 0,
  ]);
  const [bottom, top] = extent(values, 0.04);
  const y = linear([bottom, top], [box.bottom, box.top]);
  const slot = (box.right - box.left) / forecasts.length;
  const x = (n) => box.left + slot * (n + 0.5);
  const thick = Math.max(2, Math.min(9, slot * 0.55));
  picture.append(grid(box, y, ticks(bottom, top, Math.max(3, Math.round(height / 60))), (value) => `${value > 0 ? "+" : ""}${+value.toFixed(1)} %`.replace("-", "−")));
  picture.append(line(box.left, y(0), box.right, y(0), "walk"));
  forecasts.forEach((forecast, n) => picture.append(mark(forecast, x(n), (r) => y(shares(r)), thick)));
  const labels = forecasts.map(({ target_session: session }, n) => ({ x: x(n), text: shortDate(session) }));
  picture.append(under(box, labels.filter((label) => label.x > 20)));
  const stops = forecasts.map((forecast, n) => {
    const wide = band(forecast, 0.8, "log_return");
    const said = wide ? `80 % ${percent(wide.low)} to ${percent(wide.high)}` : `median ${percent(middle(forecast, "log_return"))}`;
    return { x: x(n), text: `Week to ${date(forecast.target_session)}: ${said}; happened ${outcomeOf(forecast)}` };
  });
  return { picture, stops };
}

function mark(forecast, x, y, thick) {
  const bars = bands(forecast, "log_return").map(({ share: nominal, low, high }) => {
    const wide = nominal === 0.9 ? Math.max(1, thick / 4) : thick;
    const size = { x: (x - wide / 2).toFixed(1), y: y(high).toFixed(1), width: wide.toFixed(1), height: (y(low) - y(high)).toFixed(1) };
    return svg("rect", { class: `band band-${nominal * 100}`, ...size });
  });
  const mid = y(middle(forecast, "log_return"));
  return svg("g", null, bars, line(x - thick / 2, mid, x + thick / 2, mid, "median"), happened(forecast, x, y));
}

/** A dot inside, an open diamond outside: told apart without colour. */
function happened(forecast, x, y) {
  const inside = hit(forecast);
  if (inside === null) return null;
  const at = y(forecast.outcome.log_return);
  if (inside) return svg("circle", { class: "hit", cx: x.toFixed(1), cy: at.toFixed(1), r: 2.6 });
  return svg("path", { class: "miss", d: `M${x.toFixed(1)} ${(at - 4.5).toFixed(1)}l4.5 4.5-4.5 4.5-4.5-4.5z` });
}
