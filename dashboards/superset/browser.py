"""Drives a headless Chromium by the DevTools protocol: what a person at the dashboards would see and ask for."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import requests
import websocket

REPOSITORY = Path(__file__).parents[2]
FLAGS = [
    "--headless", "--no-sandbox", "--no-zygote", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
    "--disable-background-networking", "--force-color-profile=srgb", "--remote-debugging-port=0", "--remote-allow-origins=*",
]


def chromium() -> str:
    """WEEKAHEAD_CHROMIUM, the one that `make setup` unpacks, or one on the PATH."""
    packaged = REPOSITORY / ".deps/chromium/chromium"
    named = os.environ.get("WEEKAHEAD_CHROMIUM") or (str(packaged) if packaged.exists() else None)
    found = named or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        raise SystemExit("error: no Chromium: run `make setup`, or name one in WEEKAHEAD_CHROMIUM")
    return found


class Browser:
    """A browser with one tab, closed at the end of its `with`."""

    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="weekahead-dashboards-")
        command = [chromium(), *FLAGS, f"--user-data-dir={self.profile}", "about:blank"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port_file = Path(self.profile, "DevToolsActivePort")
        port = wait(lambda: port_file.exists() and port_file.read_text().split("\n")[0], 30, "the browser does not start")
        tab = next(t for t in requests.get(f"http://127.0.0.1:{port}/json", timeout=10).json() if t["type"] == "page")
        self.socket = websocket.create_connection(tab["webSocketDebuggerUrl"], timeout=120)
        self.last, self.events = 0, []
        for domain in ("Page", "Network", "Runtime"):
            self.send(f"{domain}.enable")
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.profile, ignore_errors=True)

    def send(self, method: str, **params):
        self.last += 1
        self.socket.send(json.dumps({"id": self.last, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.last:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            if "method" in message:
                self.events.append(message)

    def evaluate(self, expression: str):
        answer = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def size(self, width: int, height: int) -> None:
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def cookies(self, url: str, jar) -> None:
        for cookie in jar:
            self.send("Network.setCookie", url=url, name=cookie.name, value=cookie.value)

    def go(self, url: str) -> None:
        self.events.clear()
        self.send("Page.navigate", url=url)

    def asked(self, part: str) -> list[dict]:
        """The JSON bodies of POST requests to addresses with `part` since `go`."""
        bodies = []
        for event in self.events:
            request = event["params"].get("request", {}) if event["method"] == "Network.requestWillBeSent" else {}
            if request.get("method") == "POST" and part in request["url"]:
                wanted = {"requestId": event["params"]["requestId"]}
                bodies.append(json.loads(request.get("postData") or self.send("Network.getRequestPostData", **wanted)["postData"]))
        return bodies

    def picture(self) -> bytes:
        return base64.b64decode(self.send("Page.captureScreenshot", format="png", captureBeyondViewport=False)["data"])


def wait(ready, seconds: float, failure: str):
    """What `ready` answers, as soon as it is true."""
    end = time.monotonic() + seconds
    while True:
        value = ready()
        if value:
            return value
        if time.monotonic() > end:
            raise RuntimeError(failure)
        time.sleep(0.1)


def sign_in(url: str, user: str, password: str):
    """The cookies of a browser session of the user."""
    http = requests.Session()
    page = http.get(f"{url}/login/", timeout=60).text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0] if 'name="csrf_token"' in page else ""
    answer = http.post(f"{url}/login/", data={"username": user, "password": password, "csrf_token": token}, timeout=60)
    answer.raise_for_status()
    return http.cookies
