"""clickhouse-connect against the engine: python connect.py PORT PASSWORD; fails with an assertion."""
import datetime
import gzip
import sys

import clickhouse_connect
from clickhouse_connect.driver.exceptions import DatabaseError

PORT, PASSWORD = int(sys.argv[1]), sys.argv[2]


def client(**options):
    return clickhouse_connect.get_client(host="127.0.0.1", port=PORT, username="default", password=PASSWORD, **options)


def code_of(work):
    """The exception code that `work` fails with."""
    try:
        work()
    except DatabaseError as error:
        return int(str(error).split("code: ")[1].split(",")[0])
    raise AssertionError("no error")


COLUMNS = ["a", "s", "d", "x", "l", "n"]
DAY = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
ROWS = [[i, f"s{i}'\\", DAY, [1.0, 2.5], "low", None if i % 2 else i] for i in range(70_000)]

c = client()
c.command(
    "CREATE TABLE t (a UInt64, s String, d DateTime64(6, 'UTC'), x Array(Float64), l LowCardinality(String),"
    " n Nullable(Int32)) ENGINE = MergeTree ORDER BY a"
)
for compress in (False, "lz4", "zstd", "gzip"):
    k = client(compress=compress)
    k.command("TRUNCATE TABLE t")
    assert k.insert("t", ROWS, column_names=COLUMNS).written_rows == len(ROWS)
    rows = k.query("SELECT * FROM t ORDER BY a").result_rows
    assert [[*row[:2], row[2].replace(tzinfo=datetime.timezone.utc), *row[3:]] for row in rows] == ROWS, compress

# Settings hold for one query, SET for the session.
value = "SELECT getSetting('max_threads')"
assert c.query(value, settings={"max_threads": 3}).result_rows == [(3,)]
c.command("SET max_threads = 2")
assert c.query(value, settings={"max_threads": 5}).result_rows == [(5,)]
assert c.query(value).result_rows == [(2,)]
c.command("CREATE TEMPORARY TABLE temp (a Int8)")
c.command("INSERT INTO temp VALUES (1)")
assert c.query("SELECT * FROM temp").result_rows == [(1,)]
assert c.query("SELECT {a:UInt64}, {b:String}", parameters={"a": 5, "b": "x'\t\\y"}).result_rows == [(5, "x'\t\\y")]

with c.query_row_block_stream("SELECT number, toString(number) FROM numbers(500000)") as stream:
    assert sum(len(block) for block in stream) == 500_000
assert c.raw_query("SELECT number FROM numbers(2)", fmt="CSVWithNames") == b'"number"\n0\n1\n'
text = b"".join(c.raw_stream("SELECT number FROM numbers(300000)", fmt="CSVWithNames"))
assert text == b'"number"\n' + b"".join(b"%d\n" % i for i in range(300_000))
data = b'1,"x;y"\n2,z\n'
c.raw_insert("t", column_names=["a", "s"], insert_block=data, fmt="CSV")
c.raw_insert("t", column_names=["a", "s"], insert_block=gzip.compress(data), fmt="CSV", compression="gzip")
assert c.query("SELECT count() FROM t").result_rows == [(len(ROWS) + 4,)]

assert code_of(lambda: c.query("SELECT * FROM missing")) == 60
assert code_of(lambda: c.query("SELEC")) == 62
assert code_of(lambda: c.query("SELECT throwIf(number = 3000000) FROM numbers(4000000)")) == 395
assert code_of(lambda: c.query("SELECT * FROM url('http://127.0.0.1:1/x')")) == 497
assert code_of(lambda: c.raw_insert("t", column_names=["a", "s"], insert_block=b"zz,1\n", fmt="CSV")) in (6, 27)
assert c.query("SELECT * FROM t WHERE 0").result_rows == []
assert c.command("CREATE DATABASE other") is not None
assert client(database="other").query("SELECT currentDatabase()").result_rows == [("other",)]
assert c.ping()
