"""A client of Superset's REST API for the test: signs in, asks for charts and their data. `weekahead dashboards import` imports."""

import json
from pathlib import Path

import requests

BUNDLE = Path(__file__).parent / "bundle"


class SupersetError(Exception):
    """What Superset answered, in one line."""


class Superset:
    """A session of one user."""

    def __init__(self, url: str, user: str, password: str):
        self.url = url.rstrip("/")
        self.http = requests.Session()
        # Else errors are HTML pages.
        self.http.headers["Accept"] = "application/json"
        login = {"username": user, "password": password, "provider": "db", "refresh": False}
        token = self.post("/api/v1/security/login", json=login)["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"
        # The token of the form protection belongs to the session's cookie, which comes with it.
        self.http.headers["X-CSRFToken"] = self.get("/api/v1/security/csrf_token/")["result"]
        self.http.headers["Referer"] = self.url

    def get(self, path: str, **options):
        return self._answer(self.http.get(self.url + path, timeout=120, allow_redirects=False, **options))

    def post(self, path: str, **options):
        return self._answer(self.http.post(self.url + path, timeout=300, allow_redirects=False, **options))

    @staticmethod
    def _answer(answer: requests.Response):
        if answer.ok and answer.headers.get("Content-Type", "").startswith("application/json"):
            return answer.json()
        raise SupersetError(f"{answer.request.method} {answer.request.path_url} {answer.status_code}: {answer.text[:2000]}")

    def all(self, kind: str, columns: tuple[str, ...] = ()) -> list[dict]:
        """Every `chart`, `dataset`, `dashboard` or `database` that the user sees."""
        found: list[dict] = []
        while True:
            query = {"page": len(found) // 100, "page_size": 100, **({"columns": list(columns)} if columns else {})}
            page = self.get(f"/api/v1/{kind}/", params={"q": json.dumps(query)})["result"]
            found += page
            if len(page) < 100:
                return found

    def chart_data(self, query_context: dict) -> list[dict]:
        """The answers to a query context, as the browser asks for them."""
        return self.post("/api/v1/chart/data", json=query_context)["result"]
