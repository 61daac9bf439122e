"""Loads as ingest commits them: Parquet objects first, the commit record last (docs: the lake's layout)."""

import hashlib
import io
import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

import boto3
import pyarrow as pa
import pyarrow.parquet as pq

INSTANT = pa.timestamp("us", tz="UTC")
QUOTES = pa.schema(
    [
        ("symbol", pa.string()),
        ("session", pa.date32()),
        *[(name, pa.float64()) for name in ("open", "high", "low", "close", "volume", "dividend", "split")],
        ("currency", pa.string()),
        ("source", pa.string()),
        ("event_time", INSTANT),
        ("available_at", INSTANT),
        ("ingested_at", INSTANT),
        ("content_hash", pa.uint64()),
        ("load_id", pa.string()),
    ]
)


@dataclass(frozen=True)
class Quote:
    """What a provider says about one session."""

    symbol: str
    session: date
    close: float
    dividend: float = 0.0
    split: float = 1.0

    @property
    def event_time(self):
        return datetime(self.session.year, self.session.month, self.session.day, 21, tzinfo=timezone.utc)

    @property
    def available_at(self):
        return self.event_time + timedelta(minutes=30)

    @property
    def content_hash(self):
        content = f"{self.symbol} {self.session} {self.close!r} {self.dividend!r} {self.split!r}"
        return int.from_bytes(hashlib.blake2b(content.encode(), digest_size=8).digest(), "big")

    def row(self, load):
        return {
            "symbol": self.symbol,
            "session": self.session,
            "open": self.close * 0.99,
            "high": self.close * 1.02,
            "low": self.close * 0.98,
            "close": self.close,
            "volume": 1e6,
            "dividend": self.dividend,
            "split": self.split,
            "currency": "USD",
            "source": "test",
            "event_time": self.event_time,
            "available_at": self.available_at,
            "ingested_at": load.ingested_at,
            "content_hash": self.content_hash,
            "load_id": load.load_id,
        }


@dataclass
class Load:
    """One batch; `number` makes its id, ordered by the instant it began."""

    number: int
    ingested_at: datetime
    quotes: list = field(default_factory=list)

    @property
    def load_id(self):
        millis = int(self.ingested_at.timestamp() * 1000)
        return f"{millis >> 16:08x}-{millis & 0xFFFF:04x}-7000-8000-{self.number:012x}"

    @property
    def quotes_key(self):
        return f"raw/quotes/{self.ingested_at:%Y/%m/%d}/{self.load_id}.parquet"

    @property
    def record_key(self):
        return f"loads/{self.load_id}.json"

    def parquet(self):
        rows = [quote.row(self) for quote in sorted(self.quotes, key=lambda q: (q.symbol, q.session))]
        buffer = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows, schema=QUOTES), buffer, compression="zstd")
        return buffer.getvalue()

    def record(self, etag, size_bytes):
        symbols = sorted({quote.symbol for quote in self.quotes})
        sessions = {s: [q.session for q in self.quotes if q.symbol == s] for s in symbols}
        objects = [
            {"kind": "quotes", "key": self.quotes_key, "etag": etag, "size_bytes": size_bytes, "rows": len(self.quotes)}
        ]
        outcomes = [
            {
                "symbol": symbol,
                "outcome": "ok",
                "reason": "",
                "rows": len(sessions[symbol]),
                "rows_rejected": 0,
                "first_session": min(sessions[symbol]).isoformat(),
                "last_session": max(sessions[symbol]).isoformat(),
                "requested_from": None,
            }
            for symbol in symbols
        ]
        outcomes.append(
            {
                "symbol": "GONE",
                "outcome": "failed",
                "reason": "404",
                "rows": 0,
                "rows_rejected": 0,
                "first_session": None,
                "last_session": None,
                "requested_from": None,
            }
        )
        return json.dumps(
            {
                "load_id": self.load_id,
                "source": "test",
                "ingested_at": f"{self.ingested_at:%Y-%m-%d %H:%M:%S.%f}",
                "rows_accepted": len(self.quotes),
                "rows_rejected": 1,
                "objects": objects if self.quotes else [],
                "symbols": outcomes,
                "quality": {"null_rows": 1, "fault_rows": 0, "duplicate_rows": 0},
            }
        ).encode()


class Lake:
    """The bucket, spoken to as any S3 client would."""

    def __init__(self, endpoint, bucket, access_key_id, secret_access_key, region):
        self.url = f"{endpoint.rstrip('/')}/{bucket}/"
        self.access_key_id, self.secret_access_key = access_key_id, secret_access_key
        self.bucket = bucket
        self.client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret_access_key,
            region_name=region,
            config=boto3.session.Config(s3={"addressing_style": "path"}),
        )

    def create(self):
        if self.bucket not in [b["Name"] for b in self.client.list_buckets().get("Buckets", [])]:
            self.client.create_bucket(Bucket=self.bucket)

    def is_empty(self):
        return self.client.list_objects_v2(Bucket=self.bucket, Prefix="loads/").get("KeyCount", 0) == 0

    def put(self, key, body):
        return self.client.put_object(Bucket=self.bucket, Key=key, Body=body)["ETag"].strip('"')

    def delete(self, key):
        self.client.delete_object(Bucket=self.bucket, Key=key)

    def write(self, load):
        """Everything of a load but its commit record, which is returned."""
        if not load.quotes:
            return load.record("", 0)
        body = load.parquet()
        return load.record(self.put(load.quotes_key, body), len(body))

    def commit(self, load):
        self.put(load.record_key, self.write(load) + b"\n")
