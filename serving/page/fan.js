// Price history with the forecast's fan.
import { area, canvas, extent, figure, grid, line, linear, path, ticks, under } from "./chart.js";
import { svg } from "./dom.js";
import { date, monthOf, percent, price, sessions, shortDate } from "./format.js";
import { bands, band, middle } from "./quantiles.js";

/** The share of the width that belongs to the week ahead: on the scale of the history it would be a sliver. */
const AHEAD = 0.24;
/** A change of adjusted to raw close from one session to the next that only a split makes. */
const SPLIT = 1.25;

/** Closes in the shares of the newest session, and the sessions of the splits among them. */
export function comparable(prices) {
  const splits = [];
  let shares = 1;
  const closes = prices.map(({ close }) => close);
  for (let n = prices.length - 2; n >= 0; n -= 1) {
    const ratio = (prices[n + 1].adj_close / prices[n + 1].close) / (prices[n].adj_close / prices[n].close);
    if (ratio > SPLIT || ratio < 1 / SPLIT) {
      shares *= ratio;
      splits.push(prices[n + 1].session);
    }
    closes[n] /= shares;
  }
  return { closes, splits };
}

/** What the figure shows, in a sentence. */
export function told(symbol, forecast) {
  const wide = band(forecast, 0.8, "price");
  const [mid, move] = [middle(forecast, "price"), middle(forecast, "log_return")];
  const spread = wide ? `, with 80 % between ${price(wide.low)} and ${price(wide.high)}` : "";
  return `${symbol} closed at ${price(forecast.origin_close)} on ${date(forecast.origin)}. `
    + `For ${date(forecast.target_session)} the median is ${price(mid)} (${percent(move)})${spread}.`;
}

/** The figure: closes, and where there is a forecast, its fan from the origin to the target. */
export function fan(symbol, prices, forecast) {
  const { closes, splits } = comparable(prices);
  const note = splits.length ? ` Closes before the split of ${splits.map(date).join(" and ")} are shown in the newest shares.` : "";
  const range = `${sessions(prices.length)} of ${symbol}, ${date(prices[0].session)} to ${date(prices.at(-1).session)}.`;
  const summary = (forecast ? told(symbol, forecast) : `${range} No forecast is stored.`) + note;
  return figure(`Prices and forecast of ${symbol}`, summary, (width, height) => draw(prices, closes, forecast, width, height));
}

function draw(prices, closes, forecast, width, height) {
  const { box, picture } = canvas(width, height);
  // A fan that stands before the first session in view has nothing to stand on.
  const stands = forecast ? prices.findIndex(({ session }) => session === forecast.origin) : -1;
  const shown = stands >= 0 ? forecast : null;
  const origin = shown ? stands : prices.length - 1;
  const x = across(box, origin, Math.max(origin + (shown?.horizon_sessions ?? 0), prices.length - 1));
  const intervals = shown ? bands(shown, "price") : [];
  const [bottom, top] = extent([...closes, ...intervals.flatMap(({ low, high }) => [low, high])]);
  const y = linear([bottom, top], [box.bottom, box.top]);
  picture.append(grid(box, y, ticks(bottom, top, Math.max(3, Math.round(height / 60))), (value) => (top - bottom < 5 ? value.toFixed(2) : price(value).replace(".00", ""))));
  if (shown) picture.append(wedge(shown, intervals, closes[origin], { box, x, y, origin }));
  picture.append(svg("path", { class: "close", d: path(closes.map((close, n) => [x(n), y(close)])) }));
  if (shown) picture.append(svg("circle", { class: "origin-dot", cx: x(origin).toFixed(1), cy: y(closes[origin]).toFixed(1), r: 3.5 }));
  picture.append(under(box, labels(prices, shown, origin, x, box)));
  return { picture, stops: stops(prices, closes, shown, origin, x) };
}

/** Sessions to pixels: even up to the origin, and even on a wider scale after it. */
function across(box, origin, last) {
  const edge = last > origin ? box.right - (box.right - box.left) * AHEAD : box.right;
  const before = linear([0, origin], [box.left, edge]);
  const after = linear([origin, last], [edge, box.right - 4]);
  return (n) => (n <= origin ? before(n) : after(n));
}

function wedge(forecast, intervals, close, { box, x, y, origin }) {
  const [from, to] = [x(origin), x(origin + forecast.horizon_sessions)];
  const start = [from, y(close)];
  const fans = intervals.map(({ share, low, high }) =>
    svg("path", { class: `band band-${share * 100}`, d: area([start, [to, y(high)]], [start, [to, y(low)]]) }));
  const mid = [to, y(middle(forecast, "price"))];
  return svg("g", { class: "fan" },
    svg("rect", { class: "ahead", x: from.toFixed(1), y: 0, width: (box.right - from).toFixed(1), height: box.bottom }),
    fans, line(from, 0, from, box.bottom, "origin"), svg("path", { class: "median", d: path([start, mid]) }),
    svg("circle", { class: "median-dot", cx: mid[0].toFixed(1), cy: mid[1].toFixed(1), r: 3 }));
}

function labels(prices, forecast, origin, x, box) {
  const firsts = prices.map(({ session }, n) => ({ session, n }))
    .filter(({ session, n }) => n > 0 && n < origin && session.slice(0, 7) !== prices[n - 1].session.slice(0, 7))
    .map(({ session, n }) => ({ x: x(n), text: monthOf(session) }));
  if (!forecast) return firsts;
  const stands = { x: x(origin), text: shortDate(forecast.origin) };
  const room = firsts.filter((label) => label.x < stands.x - 60);
  return [...room, stands, { x: Math.max(x(origin + forecast.horizon_sessions), box.right), text: shortDate(forecast.target_session), anchor: "end" }];
}

function stops(prices, closes, forecast, origin, x) {
  const past = prices.map(({ session }, n) => ({ x: x(n), text: `${date(session)}: close ${price(closes[n])}` }));
  if (!forecast) return past;
  const target = origin + forecast.horizon_sessions;
  const spread = bands(forecast, "price").map(({ share, low, high }) => `${share * 100} % ${price(low)} to ${price(high)}`);
  const forecasted = `median ${price(middle(forecast, "price"))}; ${spread.join("; ")}`;
  const text = past[target] ? `${past[target].text}; ${forecasted}` : `${date(forecast.target_session)}, target: ${forecasted}`;
  return [...past.slice(0, target), { x: x(target), text }, ...past.slice(target + 1)];
}
