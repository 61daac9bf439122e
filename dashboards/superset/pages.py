"""The dashboards in a browser: opened, waited for, read for errors, and pictured."""

import io
import json
import time
from pathlib import Path

import numpy as np
from PIL import Image

from browser import Browser, wait

WIDTH = 1600
# What the page says of itself: tiles, those that are still busy, and what is wrong with the others.
STATE = """(() => {
    const all = (selector, within = document) => [...within.querySelectorAll(selector)];
    const chart = (tile) => tile.querySelector('[data-test=chart-grid-component]');
    const tiles = all('.dashboard-component-chart-holder').filter(chart);
    const name = (tile) => chart(tile).dataset.testChartName;
    const body = (tile) => tile.querySelector('[data-test=chart-container]');
    const drawn = (tile) => tile.querySelector('.slice_container :is(canvas, table tbody tr, .header-line)');
    const loading = (tile) => tile.querySelector('.loading, [data-test=loading-indicator]');
    const wrong = (tile) => tile.querySelector('.ant-alert, [data-test=error-alert]')
        || /No data|No results|Invalid format/i.test(body(tile)?.textContent ?? '');
    const cut = (tile) => all('.header-title :is(a, span)', tile).some((part) => part.clientWidth > 0 && part.scrollWidth > part.clientWidth + 1);
    return JSON.stringify({
        names: tiles.map(name),
        busy: tiles.filter((tile) => loading(tile) || !(drawn(tile) || wrong(tile))).map(name),
        wrong: tiles.filter(wrong).map((tile) => `${name(tile)}: ${tile.textContent.slice(0, 300)}`),
        cut: tiles.filter(cut).map(name),
        toasts: all('.toast--danger, .ant-notification-notice-error').map((toast) => toast.textContent),
        height: Math.ceil(Math.max(0, ...all('.grid-content').map((grid) => grid.getBoundingClientRect().bottom))),
    });
})()"""


def open_dashboard(browser: Browser, url: str, slug: str, charts: int) -> list[dict]:
    """Opens a dashboard, waits until every tile is drawn, fails where one is not well; the queries that the page asked."""
    # High enough for all tiles: those outside the window are not drawn.
    browser.size(WIDTH, 4000)
    browser.go(f"{url}/superset/dashboard/{slug}/?standalone=1")
    state = {}

    def settled() -> bool:
        state.update(json.loads(browser.evaluate(STATE)))
        return len(state["names"]) == charts and not state["busy"]

    try:
        wait(settled, 120, "")
    except RuntimeError:
        there = len(state.get("names", []))
        raise AssertionError(f"dashboard {slug}: {there} of {charts} tiles, not drawn: {state.get('busy')}") from None
    # Filters with a default apply it once they know their values: the page is still only when nothing is asked any more.
    quiet, asked = 0, -1
    while quiet < 4 or not settled():
        bodies = browser.asked("/api/v1/chart/data")
        quiet, asked = (quiet + 1 if len(bodies) == asked else 0), len(bodies)
        time.sleep(0.4)
    assert not state["wrong"] and not state["toasts"], f"dashboard {slug}: {state['wrong'] + state['toasts']}"
    assert not state["cut"], f"dashboard {slug}: titles that are cut off: {state['cut']}"
    browser.size(WIDTH, state["height"] + 24)
    time.sleep(1.5)
    return [body for body in bodies if body.get("form_data", {}).get("slice_id")]


def save_picture(browser: Browser, path: Path, most_bytes: int) -> int:
    """The page as a PNG of as many colours as `most_bytes` allow; its size."""
    picture = Image.open(io.BytesIO(browser.picture())).convert("RGB")
    path.parent.mkdir(parents=True, exist_ok=True)
    for colours in (256, 128, 64, 32):
        painted(picture, palette(picture, colours)).save(path, optimize=True)
        if path.stat().st_size <= most_bytes:
            return path.stat().st_size
    raise AssertionError(f"{path} has {path.stat().st_size} bytes, more than {most_bytes}")


def palette(picture: Image.Image, colours: int) -> np.ndarray:
    """Paper and ink as they are; the rest by medians, where a thin vivid line counts for more than its pixels."""
    shown = sorted(picture.getcolors(picture.width * picture.height), reverse=True)
    exact = [colour for _, colour in shown[:16]]
    weighed = [(colour, round(count**0.5 * (1 + (max(colour) - min(colour)) / 32))) for count, colour in shown if count > 3]
    sample = Image.new("RGB", (sum(weight for _, weight in weighed), 1))
    sample.putdata([colour for colour, weight in weighed for _ in range(weight)])
    medians = sample.quantize(colours - len(exact), method=Image.Quantize.MEDIANCUT).getpalette()
    return np.array([part for colour in exact for part in colour] + medians).reshape(-1, 3)[:colours]


def painted(picture: Image.Image, palette: np.ndarray) -> Image.Image:
    """The picture in the nearest colours of a palette (Pillow's own search stops at one that is near)."""
    packed = np.asarray(picture).astype(int) @ [1 << 16, 1 << 8, 1]
    found, where = np.unique(packed, return_inverse=True)
    apart = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1)[:, None] - palette[None]
    image = Image.fromarray((apart**2).sum(axis=2).argmin(axis=1)[where].reshape(packed.shape).astype("uint8"))
    image.putpalette(palette.astype("uint8").tobytes())
    return image
