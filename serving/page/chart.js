// What the charts share: scales, the frame, a figure that is drawn anew when its width changes, and a reader's cursor.
import { h, svg } from "./dom.js";

/** Round values from `min` to `max`, about `count` of them. */
export function ticks(min, max, count) {
  const rough = (max - min || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const found = [];
  for (let n = Math.ceil(min / step); n * step <= max + step * 1e-9; n += 1) found.push(n * step);
  return found;
}

/** A straight map of `[a, b]` onto `[from, to]`. */
export const linear = ([a, b], [from, to]) => (value) => from + ((value - a) / (b - a || 1)) * (to - from);

/** The least and the greatest of finite values, with a little air. */
export function extent(values, air = 0.06) {
  const finite = values.filter(Number.isFinite);
  const [min, max] = [Math.min(...finite), Math.max(...finite)];
  const room = (max - min || Math.abs(max) || 1) * air;
  return [min - room, max + room];
}

export const path = (points) => points.map(([x, y], n) => `${n ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
export const area = (upper, lower) => `${path([...upper, ...[...lower].reverse()])}Z`;
export const line = (x1, y1, x2, y2, name) => svg("line", { x1: x1.toFixed(1), y1: y1.toFixed(1), x2: x2.toFixed(1), y2: y2.toFixed(1), class: name });

/** Lines across the plot with their values at its right edge. */
export function grid(box, y, values, text) {
  return svg("g", { class: "grid" }, values.map((value) => [
    line(box.left, y(value), box.right, y(value)),
    svg("text", { x: box.right + 6, y: y(value).toFixed(1), dy: "0.32em" }, text(value)),
  ]));
}

/** Labels under the plot, less those that would run into the one before or beyond the edge. */
export function under(box, labels) {
  let free = box.left;
  const kept = labels.filter(({ x, text, anchor = "middle" }) => {
    const size = text.length * 6.5;
    const start = anchor === "middle" ? x - size / 2 : anchor === "end" ? x - size : x;
    if (start < free - 1 || start + size > box.right + 40) return false;
    free = start + size + 10;
    return true;
  });
  return svg("g", { class: "under" }, kept.map(({ x, text, anchor = "middle" }) =>
    svg("text", { x: x.toFixed(1), y: box.bottom + 18, "text-anchor": anchor }, text)));
}

// A figure: what `draw(width, height)` answers, `{ picture, stops: [{ x, text }] }`, a line under it that says the same
// in words, and a cursor that mouse, finger and arrow keys move from stop to stop.
export function figure(label, summary, draw) {
  const reading = h("p", { class: "reading", "aria-hidden": "true" });
  const plot = h("div", {
    class: "plot", tabindex: "0", role: "slider", "aria-label": label, "aria-orientation": "horizontal", "aria-valuemin": "0",
  });
  const cursor = svg("line", { class: "cursor", visibility: "hidden" });
  let drawn = { stops: [] };
  let place = 0;
  const stand = (index, show = true) => {
    if (!drawn.stops.length) return;
    place = Math.max(0, Math.min(drawn.stops.length - 1, index));
    const { x, text } = drawn.stops[place];
    const values = { "aria-valuemax": drawn.stops.length - 1, "aria-valuenow": place, "aria-valuetext": text };
    for (const [name, value] of Object.entries(values)) plot.setAttribute(name, value);
    if (!show) return;
    for (const end of ["x1", "x2"]) cursor.setAttribute(end, x);
    cursor.setAttribute("visibility", "visible");
    reading.textContent = text;
  };
  const leave = () => {
    cursor.setAttribute("visibility", "hidden");
    reading.textContent = "";
  };
  const point = (event) => {
    const x = event.clientX - plot.getBoundingClientRect().left;
    const far = drawn.stops.map((stop) => Math.abs(stop.x - x));
    stand(far.indexOf(Math.min(...far)));
  };
  plot.addEventListener("pointermove", point);
  plot.addEventListener("pointerdown", point);
  plot.addEventListener("pointerleave", () => { if (document.activeElement !== plot) leave(); });
  plot.addEventListener("focus", () => stand(place, plot.matches(":focus-visible")));
  plot.addEventListener("blur", leave);
  plot.addEventListener("keydown", (event) => {
    const last = drawn.stops.length - 1;
    const goal = { ArrowLeft: place - 1, ArrowDown: place - 1, ArrowRight: place + 1, ArrowUp: place + 1, Home: 0, End: last, PageUp: place + 20, PageDown: place - 20 }[event.key];
    if (goal === undefined) return;
    event.preventDefault();
    stand(goal);
  });
  let width = 0;
  const redraw = () => {
    const { clientWidth, clientHeight } = plot;
    if (!clientWidth || clientWidth === width) return;
    width = clientWidth;
    drawn = draw(clientWidth, clientHeight);
    cursor.setAttribute("y1", 0);
    cursor.setAttribute("y2", clientHeight - 24);
    drawn.picture.append(cursor);
    plot.replaceChildren(drawn.picture);
    place = Math.min(place || drawn.stops.length - 1, drawn.stops.length - 1);
    stand(place, false);
  };
  new ResizeObserver(redraw).observe(plot);
  return h("figure", null, reading, plot, h("figcaption", null, summary));
}

/** The box of a plot in a picture, and the picture. */
export function canvas(width, height, right = 52) {
  const box = { left: 2, right: width - right, top: 8, bottom: height - 24 };
  return { box, picture: svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" }) };
}
