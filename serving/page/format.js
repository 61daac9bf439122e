// Numbers and dates as people read them; a missing one is a dash.

const NONE = "–";
const is = Number.isFinite;
const count = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const dayMonth = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const month = new Intl.DateTimeFormat("en-GB", { month: "short", year: "2-digit", timeZone: "UTC" });
const minus = (text) => text.replace("-", "−");
const instant = (session) => new Date(`${session}T00:00:00Z`);

export const whole = (x) => (is(x) ? count.format(x) : NONE);
/** A price: cents, or as many digits as a penny stock needs. */
export const price = (x) => (is(x) ? x.toFixed(Math.abs(x) < 1 ? 4 : 2).replace(/\B(?=(\d{3})+(?=\.))/, ",") : NONE);
/** A log return as the percentage that it is. */
export const percent = (r, digits = 2) => (is(r) ? minus(`${r > 0 ? "+" : ""}${(Math.expm1(r) * 100).toFixed(digits)} %`) : NONE);
/** A share of one. */
export const share = (x) => (is(x) ? `${(x * 100).toFixed(1)} %` : NONE);
/** A log return in basis points. */
export const bps = (x) => (is(x) ? (x * 1e4).toFixed(1) : NONE);
export const fixed = (x, digits) => (is(x) ? minus(x.toFixed(digits)) : NONE);
export const date = (session) => (session ? day.format(instant(session)) : NONE);
export const shortDate = (session) => (session ? dayMonth.format(instant(session)) : NONE);
export const monthOf = (session) => month.format(instant(session));
/** An instant, in UTC. */
export const when = (text) => (text ? `${date(text.slice(0, 10))}, ${text.slice(11, 16)} UTC` : NONE);
export const sessions = (n) => `${whole(n)} session${n === 1 ? "" : "s"}`;
export const behind = (n) => (n === 0 ? "up to date" : is(n) ? `${sessions(n)} behind` : "not known");
