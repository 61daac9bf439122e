// Chooses symbols: a search field with a list that arrow keys walk, and the chosen ones as buttons that let go.
import { byId, h } from "./dom.js";
import { behind } from "./format.js";

/** The most symbols at once, and the most options in the list: more are found by typing on. */
const MOST = 8;
const LISTED = 60;

/** Watches the field; `changed(chosen)` is called whenever another set of symbols is chosen. */
export function picker(chosen, changed) {
  const [search, list, buttons, note] = ["search", "options", "chosen", "picker-note"].map(byId);
  let symbols = [];
  let options = [];
  let active = -1;

  const open = () => {
    const wanted = search.value.trim().toUpperCase();
    const starts = symbols.filter(({ symbol }) => symbol.toUpperCase().startsWith(wanted));
    const holds = symbols.filter(({ symbol }) => symbol.toUpperCase().indexOf(wanted) > 0);
    const found = wanted ? [...starts, ...holds] : symbols;
    options = found.slice(0, LISTED);
    list.replaceChildren(...options.map(option));
    list.hidden = !options.length;
    search.setAttribute("aria-expanded", String(!list.hidden));
    const more = found.length > LISTED ? ` Type on: ${found.length - LISTED} more.` : "";
    note.textContent = options.length ? more : symbols.length ? `No symbol has “${search.value.trim()}” in it.` : note.textContent;
    activate(options.length && wanted ? 0 : -1);
  };
  const option = ({ symbol, lag_sessions: lag }, index) => h("li", {
    id: `option-${index}`, role: "option", "aria-selected": String(chosen.includes(symbol)),
    onpointerdown: (event) => { event.preventDefault(); toggle(symbol); },
  }, h("span", null, symbol), h("small", null, behind(lag)));
  const close = () => {
    list.hidden = true;
    search.setAttribute("aria-expanded", "false");
    activate(-1);
  };
  const activate = (index) => {
    list.children[active]?.classList.remove("active");
    active = index;
    const now = list.children[active];
    if (!now) {
      search.removeAttribute("aria-activedescendant");
      return;
    }
    now.classList.add("active");
    now.scrollIntoView({ block: "nearest" });
    search.setAttribute("aria-activedescendant", now.id);
  };
  const toggle = (symbol) => {
    if (chosen.includes(symbol)) choose(chosen.filter((one) => one !== symbol));
    else if (chosen.length < MOST) choose([...chosen, symbol]);
    else note.textContent = `${MOST} symbols at once at most: let one go first.`;
  };
  const choose = (next) => {
    chosen = next;
    search.value = "";
    note.textContent = "";
    show();
    close();
    changed(chosen);
  };
  const show = () => buttons.replaceChildren(...chosen.map((symbol) => h("li", null,
    h("button", { type: "button", "aria-label": `Let go of ${symbol}`, onclick: () => { toggle(symbol); search.focus(); } }, symbol, h("span", { "aria-hidden": "true" }, "×")))));

  const step = (by) => {
    if (list.hidden) open();
    if (options.length) activate((active + by + options.length + (active < 0 && by < 0 ? 1 : 0)) % options.length);
  };
  const keys = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Enter: () => { if (options[active] && !list.hidden) toggle(options[active].symbol); },
    Escape: () => (list.hidden ? (search.value = "") : close()),
  };
  search.addEventListener("keydown", (event) => {
    if (event.key === "Backspace" && !search.value && chosen.length) choose(chosen.slice(0, -1));
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  search.addEventListener("input", open);
  search.addEventListener("click", open);
  search.addEventListener("blur", close);
  show();
  return {
    /** What there is to choose from. */
    offer: (found) => { symbols = found; },
    choose,
    /** Says something under the field. */
    tell: (element) => note.replaceChildren(element),
  };
}
