"""Settings of the Superset that `make dashboards` runs: one machine, loopback, all of its files in $SUPERSET_HOME."""

import base64
import os
from pathlib import Path

HOME = Path(os.environ["SUPERSET_HOME"])
ICON = Path(__file__).parents[2] / "serving/page/icon.svg"

# Made once by prepare.py; sessions and stored database passwords are good for as long as the file is.
SECRET_KEY = (HOME / "secret_key").read_text().strip()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}?check_same_thread=false"
SQLALCHEMY_ENGINE_OPTIONS = {"connect_args": {"timeout": 30}}
UPLOAD_FOLDER = f"{HOME / 'uploads'}/"

# One process answers, so memory is cache enough. A minute: marts change when dbt has built.
CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 300}
DATA_CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 60}

# A browser and the import over HTTP both send Superset's CSRF token; cookies stay on this site.
WTF_CSRF_ENABLED = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True

# Plain HTTP on loopback: there is nothing for Talisman to force, and its policy would only hide errors.
TALISMAN_ENABLED = False
CONTENT_SECURITY_POLICY_WARNING = False

ROW_LIMIT = 50_000
SQL_MAX_ROW = 100_000
FEATURE_FLAGS = {"DASHBOARD_VIRTUALIZATION": True, "DRILL_BY": False, "DRILL_TO_DETAIL": True}

# The words and colours of the platform's own page (serving/page/page.css).
APP_NAME = "weekahead"
SERIES = ("echarts_timeseries_line", "echarts_timeseries_bar", "echarts_timeseries_scatter", "mixed_timeseries")
THEME_DEFAULT = {
    "algorithm": "default",
    "token": {
        "brandAppName": APP_NAME,
        "brandLogoAlt": APP_NAME,
        "brandLogoUrl": "data:image/svg+xml;base64," + base64.b64encode(ICON.read_bytes()).decode(),
        "colorPrimary": "#0C6A66",
        "colorLink": "#0C6A66",
        "colorInfo": "#0C6A66",
        "colorSuccess": "#2F8F6B",
        "colorWarning": "#C98A1B",
        "colorError": "#A53A16",
        "colorTextBase": "#1C1F23",
        "borderRadius": 8,
        "fontFamily": "Inter, 'Open Sans', Helvetica, Arial, sans-serif",
        "echartsOptionsOverridesByChartType": {kind: {"legend": {"selector": False}} for kind in SERIES},
    },
}
THEME_DARK = None
EXTRA_CATEGORICAL_COLOR_SCHEMES = [
    {
        "id": "weekahead",
        "label": "weekahead",
        "description": "Teal first, then muted colours that can be told apart",
        "isDefault": True,
        "colors": [
            "#0C6A66", "#C2762F", "#4B6FA8", "#8A5A83", "#7A8C3C", "#B5504A", "#3E93A6", "#A08A5B", "#5F6B7A", "#C08FA6",
        ],
    }
]
