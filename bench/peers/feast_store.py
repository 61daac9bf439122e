"""A Feast repository over a Parquet file of features: DuckDB offline, SQLite online, nothing but local files."""

import json
import os
from datetime import timedelta
from pathlib import Path

os.environ.update(FEAST_USAGE="False", FEAST_TELEMETRY="False")

import pyarrow.compute  # noqa: E402
import pyarrow.parquet  # noqa: E402
from feast import Entity, FeatureStore, FeatureView, Field, FileSource  # noqa: E402
from feast.types import Float32  # noqa: E402
from feast.value_type import ValueType  # noqa: E402

VIEW = "alpha158"

# The shortest that bridges every weekend and holiday: the less it joins, the faster it is.
TIME_TO_LIVE = timedelta(days=5)


def open_store(folder: str, features: str, names: list[str]) -> FeatureStore:
    """The columns of the file are symbol, event_timestamp and the features."""
    root = Path(folder).absolute()
    config = {
        "project": "bench",
        "provider": "local",
        "registry": str(root / "registry.db"),
        "offline_store": {"type": "duckdb"},
        "online_store": {"type": "sqlite", "path": str(root / "online.db")},
        "entity_key_serialization_version": 3,
    }
    # JSON is YAML: Feast's own command finds the repository by this file.
    (root / "feature_store.yaml").write_text(json.dumps(config))
    store = FeatureStore(repo_path=str(root))
    symbol = Entity(name="symbol", join_keys=["symbol"], value_type=ValueType.STRING)
    view = FeatureView(
        name=VIEW,
        entities=[symbol],
        ttl=TIME_TO_LIVE,
        schema=[Field(name=name, dtype=Float32) for name in names],
        source=FileSource(path=str(Path(features).absolute()), timestamp_field="event_timestamp"),
        online=True,
    )
    store.apply([symbol, view])
    return store


def materialize_newest(store: FeatureStore, features: str) -> None:
    """Puts the newest row of every symbol into the online store."""
    instants = pyarrow.parquet.read_table(features, columns=["event_timestamp"])["event_timestamp"]
    last = pyarrow.compute.max(instants).as_py()
    store.materialize(last - TIME_TO_LIVE, last + timedelta(seconds=1))
