// Looks at the page of a real server over the demo's data: `node page.mjs <chromium> <address> <tracker>`.
import assert from "node:assert/strict";
import { browser } from "../../../serving/tests/page/browser/devtools.mjs";

const [chromium, address, tracker] = process.argv.slice(2);
const DRAWN = `document.querySelectorAll(".card .fan .band-80").length === 2 && document.querySelector("#models table") && document.querySelector("#freshness table")`;
const started = await browser(chromium);
const page = await started.page();
const text = (selector) => page.evaluate(`document.querySelector(${JSON.stringify(selector)})?.textContent ?? ""`);
const count = (selector) => page.evaluate(`document.querySelectorAll(${JSON.stringify(selector)}).length`);

try {
    // Twice: the first view pays for the start of the browser's own processes.
    for (const view of ["cold", "warm"]) {
        await page.go(`${address}/?symbols=AAPL,IBM`, DRAWN);
        const [paint, whole] = await page.evaluate(`[
            performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
            Math.max(...performance.getEntriesByType("resource").map(({ responseEnd }) => responseEnd)),
        ]`);
        console.log(`${view}: first contentful paint after ${paint?.toFixed(0)} ms, the last answer after ${whole.toFixed(0)} ms`);
    }
    assert.equal(await count(".card svg .fan .band"), 6, "bands of 50, 80 and 90 % of two symbols");
    assert.ok(await count(".card svg path, .card svg polyline") > 2, "prices");
    assert.equal(await count(".card svg .hit, .card svg .miss"), 10, "five weeks of two symbols with their outcomes");
    assert.match(await text(".card figcaption"), /^AAPL closed at 430\.47 on 1 Mar 2013\. For 8 Mar 2013 the median is /);
    assert.equal(await count("#models tbody tr"), 9, "the leaderboard");
    assert.match(await text("#models .is-walk"), /champion.*baseline/);
    assert.equal(await count("#freshness tbody tr"), 5, "the freshness of every symbol");
    assert.match(await text("#freshness .verdict"), /the newest prices are of 1 Mar 2013/);
    assert.match(await text("#state"), /^Ready weekahead-weekly version 1/);
    const link = await page.evaluate(`(({ hidden, href }) => [hidden, href])(document.getElementById("tracker"))`);
    assert.deepEqual(link, [false, `${tracker}/`]);

    await page.evaluate(`(({ value }) => value)(Object.assign(document.getElementById("as-of"), { value: "2013-02-08" }))`);
    await page.evaluate(`document.getElementById("as-of").dispatchEvent(new Event("change"))`);
    await page.until(`/on 8 Feb 2013/.test(document.querySelector(".card figcaption")?.textContent ?? "")`);
    const statuses = await page.evaluate(`performance.getEntriesByType("resource").map(({ name, responseStatus }) => [name, responseStatus])`);
    assert.ok(statuses.length > 15, "requests are seen");
    assert.deepEqual(statuses.filter(([, status]) => status !== 200), [], "requests that failed");
    assert.deepEqual(page.faults, [], "console");
} finally {
    await started.close();
}
