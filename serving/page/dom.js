// Builds elements. Text from the API is always put in as text, never parsed.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element: `h("p", { class: "note" }, "text", child)`. Attributes that are null, undefined or false are left out. */
export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

/** The same for SVG. */
export const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

/** A table whose first column names the row; `columns` are `[heading, cell of a row, is it a number]`. */
export function table(caption, columns, rows, rowClass = () => null) {
  const kind = (isNumber) => (isNumber ? "number" : null);
  const head = columns.map(([name, , isNumber]) => h("th", { scope: "col", class: kind(isNumber) }, name));
  const cells = (row, index) => columns.map(([, cell, isNumber], column) =>
    h(column ? "td" : "th", { scope: column ? null : "row", class: kind(isNumber) }, cell(row, index)));
  const body = rows.map((row, index) => h("tr", { class: rowClass(row) }, cells(row, index)));
  // It scrolls sideways where it must, so it takes the focus: arrow keys scroll it.
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", null, h("caption", { class: "unseen" }, caption), h("thead", null, h("tr", null, head)), h("tbody", null, body)));
}

/** A part that opens on demand and is built when it first does. */
export function fold(title, build) {
  const details = h("details", null, h("summary", null, title));
  details.addEventListener("toggle", () => details.append(build()), { once: true });
  return details;
}

/** Text whose commands, between backticks, are set as code. */
export const words = (text) => text.split("`").map((part, n) => (n % 2 ? h("code", null, part) : part));

/** One line that something went wrong, what to do, and a way to do it again. */
export const trouble = (what, problem, again) =>
  h("p", { class: "trouble", role: "alert" }, words(`${what}: ${problem.message} `),
    again && h("button", { type: "button", class: "quiet", onclick: again }, "Try again"));
