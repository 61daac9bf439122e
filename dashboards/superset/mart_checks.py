"""Charts against the warehouse: the same select without any aggregate, run directly, gives the same rows."""

import datetime
import math
import re
from collections import Counter

import clickhouse_connect

from bundle_checks import column_of, read

OPERATORS = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def connect(url: str, user: str, password: str):
    return clickhouse_connect.get_client(dsn=url, username=user, password=password)


def family(kind: str) -> str:
    """A type as the bundle names it: how long and how nullable it is makes no difference to a chart."""
    bare = re.sub(r"(Nullable|LowCardinality)\(|\).*|\(.*", "", kind)
    return re.sub(r"^U?Int\d+$", "Int64", bare).replace("Float32", "Float64").replace("Bool", "Int64")


def check_columns(warehouse) -> None:
    """Every column of every dataset is in its mart, with a type of its family."""
    for name, dataset in read("datasets").items():
        there = {row[0]: family(row[1]) for row in warehouse.query(f"DESCRIBE TABLE marts.`{name}`").result_set}
        said = {column["column_name"]: column["type"] for column in dataset["columns"]}
        wrong = {column: (kind, there.get(column)) for column, kind in said.items() if there.get(column) != kind}
        assert not wrong, f"dataset {name}: (said, there) {wrong}"


def select(query: dict, dataset: dict, grouped: bool = False) -> tuple[str, list[str]]:
    """The query as SQL, and the labels of its columns: without GROUP BY and MAX, or `grouped` as Superset writes it."""
    span = slice(None) if grouped else slice(4, -1)
    of_metric = {metric["metric_name"]: metric["expression"][span] for metric in dataset["metrics"]}
    metrics = query.get("metrics") or []
    labels = [column if isinstance(column, str) else column["label"] for column in query["columns"]] + list(metrics)
    columns = [column_of(column) for column in query["columns"]]
    terms = columns + [of_metric[metric] for metric in metrics]
    where = [term for term in map(condition, query["filters"]) if term]
    order = [f"{of_metric.get(term, term)} {'ASC' if ascending else 'DESC'}" for term, ascending in query.get("orderby") or []]
    sql = f"SELECT {', '.join(terms)} FROM marts.`{dataset['table_name']}`"
    sql += f" WHERE {' AND '.join(where)}" if where else ""
    sql += f" GROUP BY {', '.join(columns)}" if grouped and columns and metrics else ""
    sql += f" ORDER BY {', '.join(order)}" if order else ""
    sql += f" LIMIT {query['row_limit']}" if query.get("row_limit") else ""
    return sql, labels


def condition(one: dict) -> str | None:
    column, operator, value = one["col"], one["op"], one.get("val")
    if operator == "TEMPORAL_RANGE":
        assert value == "No filter", f"a default range of dates: {one}"
        return None
    if operator in ("IS NOT NULL", "IS NULL"):
        return f"{column} {operator}"
    if operator == "IN":
        return f"{column} IN ({', '.join(map(literal, value))})"
    return f"{column} {OPERATORS[operator]} {literal(value)}"


def literal(value) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" if isinstance(value, str) else str(value)


def comparable(value):
    """Values as Superset's JSON has them: instants in milliseconds, no NaN."""
    if isinstance(value, datetime.datetime):
        value = value.replace(tzinfo=value.tzinfo or datetime.timezone.utc)
        return round(value.timestamp() * 1e3)
    if isinstance(value, datetime.date):
        return comparable(datetime.datetime(value.year, value.month, value.day))
    if isinstance(value, bool) or isinstance(value, int):
        return float(value)
    if isinstance(value, float):
        return None if math.isnan(value) else value
    return value


def check_rows(warehouse, chart: str, query: dict, answer: dict, dataset: dict) -> int:
    """Fails where Superset's rows are not those of the mart; how many there are."""
    sql, labels = select(query, dataset)
    rows = warehouse.query(sql).result_set
    instants = {label for row in rows for label, value in zip(labels, row) if isinstance(value, datetime.date)}
    direct = Counter(tuple(map(comparable, row)) for row in rows)
    shown = Counter(
        tuple(round(row[label]) if label in instants and row[label] is not None else comparable(row[label]) for label in labels)
        for row in answer["data"]
    )
    only_shown, only_direct = shown - direct, direct - shown
    assert not only_shown and not only_direct, (
        f"chart {chart}: Superset's rows are not the mart's: {list(only_shown)[:3]} against {list(only_direct)[:3]} of\n{sql}"
    )
    return sum(direct.values())
