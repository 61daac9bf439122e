// Drives a headless Chromium by the DevTools protocol, over a pipe: no package is needed for it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FLAGS = [
    "--headless", "--no-sandbox", "--no-zygote", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
    "--disable-background-networking", "--force-color-profile=srgb", "--remote-debugging-pipe",
];
const PATIENCE_MS = 30_000;
const KEYS = { Tab: 9, Enter: 13, Escape: 27, Backspace: 8, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40, " ": 32, Home: 36, End: 35 };

/** Starts the browser: `page(settings)` opens a tab, `close()` ends it. */
export async function browser(program) {
    const profile = mkdtempSync(join(tmpdir(), "weekahead-page-"));
    const child = spawn(program, [...FLAGS, `--user-data-dir=${profile}`], { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"] });
    const ended = new Promise((resolve) => child.once("close", resolve));
    const wire = connect(child);
    return {
        page: () => open(wire),
        close: async () => {
            wire.send("Browser.close").catch(() => {});
            const late = setTimeout(() => child.kill("SIGKILL"), 3000);
            await ended;
            clearTimeout(late);
            rmSync(profile, { recursive: true, force: true });
        },
    };
}

/** Messages are JSON that ends in a zero byte, to the browser by its descriptor 3 and from it by 4. */
function connect(child) {
    const waiting = new Map();
    const listeners = new Set();
    let [id, rest, errors] = [0, "", ""];
    child.stderr.on("data", (data) => { errors = (errors + data).slice(-2000); });
    const fail = (reason) => {
        for (const { reject } of waiting.values()) reject(new Error(`${reason}\n${errors}`));
        waiting.clear();
    };
    child.once("error", (error) => fail(`the browser cannot be started: ${error.message}`));
    child.once("exit", (code) => fail(`the browser ended with ${code}`));
    child.stdio[3].on("error", () => {});
    child.stdio[4].setEncoding("utf8");
    child.stdio[4].on("data", (text) => {
        const messages = (rest + text).split("\0");
        rest = messages.pop();
        for (const message of messages.map((one) => JSON.parse(one))) {
            const asked = waiting.get(message.id);
            if (!asked) listeners.forEach((listener) => listener(message));
            else if (message.error) asked.reject(new Error(`${asked.method}: ${message.error.message}`));
            else asked.resolve(message.result);
            waiting.delete(message.id);
        }
    });
    const send = (method, params = {}, sessionId = undefined) => new Promise((resolve, reject) => {
        id += 1;
        waiting.set(id, { method, resolve, reject });
        child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
    return { send, listen: (listener) => listeners.add(listener) };
}

/** A tab, and what a person can do in it. */
async function open(wire) {
    const { browserContextId } = await wire.send("Target.createBrowserContext");
    const { targetId } = await wire.send("Target.createTarget", { url: "about:blank", browserContextId });
    const { sessionId } = await wire.send("Target.attachToTarget", { targetId, flatten: true });
    const send = (method, params) => wire.send(method, params, sessionId);
    const faults = [];
    wire.listen(({ method, params, sessionId: from }) => {
        if (from !== sessionId) return;
        if (method === "Runtime.exceptionThrown") faults.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
        if (method === "Runtime.consoleAPICalled" && params.type === "error") faults.push(params.args.map(({ value }) => value).join(" "));
        if (method === "Log.entryAdded" && params.entry.level === "error") faults.push(`${params.entry.text} ${params.entry.url ?? ""}`);
    });
    await Promise.all(["Runtime.enable", "Log.enable", "Page.enable"].map((method) => send(method)));
    const evaluate = async (expression) => {
        const answer = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
        if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description ?? answer.exceptionDetails.text);
        return answer.result.value;
    };
    const until = async (expression) => {
        const end = Date.now() + PATIENCE_MS;
        for (;;) {
            const value = await evaluate(expression).catch(() => null);
            if (value) return value;
            if (Date.now() > end) throw new Error(`waited in vain for ${expression}`);
            await new Promise((resolve) => { setTimeout(resolve, 25); });
        }
    };
    return {
        faults, evaluate, until,
        go: async (url, ready = "true") => {
            await send("Page.navigate", { url });
            await until(`document.readyState === "complete" && location.href.startsWith(${JSON.stringify(url)}) && (${ready})`);
        },
        size: (width, height, mobile = false) => send("Emulation.setDeviceMetricsOverride", { width, height, mobile, deviceScaleFactor: 1 }),
        prefer: (scheme, media = "") => send("Emulation.setEmulatedMedia", {
            media, features: [{ name: "prefers-color-scheme", value: scheme }, { name: "prefers-reduced-motion", value: "reduce" }],
        }),
        press: async (key, modifiers = 0) => {
            const code = KEYS[key] ?? key.toUpperCase().charCodeAt(0);
            const text = key === "Enter" ? "\r" : key.length === 1 ? key : undefined;
            const event = { key, code: key, modifiers, windowsVirtualKeyCode: code };
            await send("Input.dispatchKeyEvent", { type: text ? "keyDown" : "rawKeyDown", text, ...event });
            await send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
        },
        picture: async (whole = true, quality = {}) => {
            const { data } = await send("Page.captureScreenshot", { format: "png", captureBeyondViewport: whole, ...quality });
            return Buffer.from(data, "base64");
        },
        close: () => wire.send("Target.disposeBrowserContext", { browserContextId }),
    };
}
