"""The story that the marts must tell: loads, restatements, late commits, crashes, outcomes."""

import math
import random
import time
from datetime import date, datetime, timedelta, timezone

import expected
import figures
from lake import Load, Quote

WEEK = timedelta(days=7)
FIRST_FRIDAY = datetime(2013, 1, 25, 23, tzinfo=timezone.utc)

# What every reader of marts.bars relies on.
INSTANT = "DateTime64(6, 'UTC')"
BARS = [
    ("symbol", "LowCardinality(String)"),
    ("session", "Date32"),
    *[(name, "Float64") for name in ("open", "high", "low", "close", "volume", "dividend", "split")],
    ("currency", "LowCardinality(String)"),
    ("source", "LowCardinality(String)"),
    *[(name, INSTANT) for name in ("event_time", "knowledge_time", "ingested_at")],
    ("content_hash", "UInt64"),
    ("load_id", "String"),
    ("version", "UInt32"),
]


def sessions(count, last):
    """The `count` weekdays up to and with `last`."""
    days, day = [], last
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day -= timedelta(days=1)
    return sorted(days)


class Story:
    """The steps in order; each adds to the lake, builds and compares the marts with what must be there."""

    def __init__(self, lake, warehouse, dbt):
        self.lake, self.warehouse, self.dbt = lake, warehouse, dbt
        self.committed = []
        self.market = self.make_market()

    def make_market(self):
        """A made-up history of two symbols, with a dividend and a split."""
        draw, quotes = random.Random(7), {}
        for symbol, price in (("AAA", 100.0), ("BBB", 40.0)):
            for number, session in enumerate(sessions(70, (FIRST_FRIDAY + 3 * WEEK).date())):
                price *= math.exp(draw.gauss(0, 0.02))
                dividend = 0.5 if number in (20, 50) else 0.0
                split = 2.0 if (symbol, number) == ("BBB", 40) else 1.0
                price = (price - dividend) / split
                quotes[symbol, session] = Quote(symbol, session, round(price, 4), dividend, split)
        return quotes

    def load(self, number, weeks, count, change=None):
        """The last `count` sessions of each symbol as seen `weeks` after the first Friday; `change` restates closes."""
        now = FIRST_FRIDAY + weeks * WEEK + timedelta(minutes=number)
        load = Load(number, now)
        for symbol in ("AAA", "BBB"):
            for session in [s for (name, s) in self.market if name == symbol and s <= now.date()][-count:]:
                quote = self.market[symbol, session]
                if change and (symbol, session) in change:
                    quote = Quote(symbol, session, change[symbol, session], quote.dividend, quote.split)
                load.quotes.append(quote)
        return load

    def commit(self, load):
        self.lake.commit(load)
        self.committed.append(load)

    def check(self):
        """marts.bars and marts.prices are what the committed loads say, ops.loads lists exactly those."""
        bars = {
            row[:3]: row[3:]
            for row in self.warehouse.rows(
                "select symbol, session, version, close, knowledge_time, ingested_at, load_id from marts.bars"
            )
        }
        instants = lambda row: tuple(v.replace(tzinfo=timezone.utc) if isinstance(v, datetime) else v for v in row)
        same(expected.bars(self.committed), {key: instants(row) for key, row in bars.items()}, "marts.bars")
        prices = {
            row[:2]: row[2:]
            for row in self.warehouse.rows(
                "select symbol, session, session_number, close, adj_close, log_return, volatility_20 from marts.prices"
            )
        }
        same(expected.prices(self.committed), prices, "marts.prices")
        listed = {row[0] for row in self.warehouse.rows("select load_id from ops.loads")}
        same({load.load_id for load in self.committed}, listed, "ops.loads")
        newest = self.warehouse.value("select count() from marts.bars_latest")
        same(len(prices), newest, "rows of marts.bars_latest")

    def state(self):
        """What the build made, to the row; stg_bars without FINAL, so that an insert for nothing shows."""
        rows = self.warehouse.rows(
            "select 'stg_bars', count(), sum(cityHash64(*)) from staging.stg_bars "
            "union all select 'stg_loads', count(), sum(cityHash64(load_id)) from staging.stg_loads "
            "union all select 'bars', count(), sum(cityHash64(*)) from marts.bars "
            "union all select 'prices', count(), sum(cityHash64(symbol, session, close, adj_close)) from marts.prices"
        )
        return sorted(rows)

    # Steps, in the order in which they run.

    def an_empty_lake_builds(self):
        self.dbt.build()
        self.check()
        columns = self.warehouse.rows(
            "select name, type from system.columns where database = 'marts' and table = 'bars' order by position"
        )
        same(BARS, columns, "columns of marts.bars")

    def two_loads_are_first_versions(self):
        self.commit(self.load(1, 0, 60))
        self.commit(self.load(2, 1, 10))
        self.dbt.build()
        self.check()
        same([(1,)], self.warehouse.rows("select distinct version from marts.bars"), "versions")

    def nothing_new_adds_nothing(self):
        before = self.state()
        self.dbt.build()
        same(before, self.state(), "the second build")

    def a_restatement_is_a_new_version(self):
        change = {("AAA", date(2013, 1, 30)): 123.0, ("BBB", date(2013, 1, 31)): 17.0}
        self.commit(self.load(4, 2, 10, change))
        self.dbt.build()
        self.check()
        same(2, self.warehouse.value("select count() from marts.bars where version = 2"), "restated bars")

    def taking_it_back_is_a_third_version(self):
        self.commit(self.load(5, 2, 10))
        self.dbt.build()
        self.check()
        same(3, self.warehouse.value("select max(version) from marts.bars"), "versions of A, B, A")

    def a_load_that_commits_late_takes_its_place(self):
        self.commit(self.load(3, 1, 15, {("AAA", date(2013, 1, 30)): 123.0, ("AAA", date(2013, 1, 16)): 99.0}))
        self.dbt.build()
        self.check()

    def what_is_not_committed_does_not_exist(self):
        self.lake.write(self.load(6, 3, 5))
        half = self.load(7, 3, 5)
        record = self.lake.write(half)
        self.lake.put(half.record_key, record[: len(record) // 2])
        self.lake.put("loads/empty.json", b"")
        self.lake.put("loads/misfiled.json", record)
        self.dbt.build()
        self.check()
        self.commit(half)
        self.dbt.build()
        self.check()

    def a_load_without_rows_is_a_load(self):
        self.commit(Load(8, FIRST_FRIDAY + 3 * WEEK + timedelta(minutes=8)))
        self.dbt.build()
        self.check()

    def half_an_insert_is_made_whole(self):
        """As after the death of the server, or of dbt while the server goes on."""
        load = self.committed[0]
        undisturbed = self.warehouse.rows("select * from staging.stg_bars final order by all")
        self.warehouse.run(f"delete from staging.stg_bars where load_id = '{load.load_id}' and symbol = 'AAA'")
        self.dbt.build()
        same(undisturbed, self.warehouse.rows("select * from staging.stg_bars final order by all"), "stg_bars")
        self.check()

    def a_killed_build_leaves_nothing_that_the_next_does_not_mend(self):
        number = 9
        for model in ("stg_loads", "stg_bars", "bars", "prices"):
            self.commit(self.load(number, 3, 8, {("BBB", date(2013, 2, 11)): 30.0 + number}))
            self.dbt.build_and_kill_at(model)
            self.dbt.build()
            self.check()
            number += 1
        self.warehouse.run("optimize table staging.stg_bars final")
        disturbed = self.state()
        # Keys in batches of two: what a long-lived lake does in batches of hundreds.
        self.dbt.build("--full-refresh", "--vars", "{lake_keys_per_read: 2}")
        same(self.state(), disturbed, "after kills")

    def a_lost_object_is_an_error_that_names_it(self):
        load = self.load(20, 3, 3)
        self.commit(load)
        self.lake.delete(load.quotes_key)
        code, nodes = self.dbt.run("build")
        status, message = nodes["stg_bars"]
        assert code == 1 and status == "error" and load.load_id in message, (code, status, message)
        assert nodes["bars"][0] == "skipped", nodes["bars"]
        self.lake.write(load)
        self.dbt.build()
        self.check()

    def forecasts_meet_their_outcomes(self):
        prices = expected.prices(self.committed)
        series = [(session, row) for (symbol, session), row in sorted(prices.items()) if symbol == "AAA"]
        origin, levels = series[40][0], [0.05, 0.25, 0.5, 0.75, 0.95]
        late = series[-2][0]
        values = [-0.05, -0.01, 0.002, 0.012, 0.06]
        for index, session in enumerate((origin, late)):
            self.warehouse.run(
                "insert into forecasts.forecasts values "
                f"(generateUUIDv4(), 'AAA', '{session}', 5, 'weekly', 1, 'run-1', 'd', 'weekly_core', 'v', "
                f"'2013-01-25 23:00:00', 0.002, {levels}, {values}, {100 + index}, [], {levels}, 0, null, false, '2013-01-25 23:00:00')"
            )
        for fold, target in enumerate((0.01, -0.02, 0.03, 0.2)):
            for model, run, point in (("ridge", "run-1", 0.01), ("random_walk", "run-0", 0.0)):
                self.warehouse.run(
                    "insert into forecasts.backtests values "
                    f"('{run}', '{model}', '{model}', {fold}, 'AAA', '2012-12-{10 + fold}', 5, {point}, {levels}, "
                    f"{values}, {target}, '2013-01-25 23:00:00')"
                )
        self.dbt.build()
        realised = math.log(series[45][1][2] / series[40][1][2])
        lower, upper = -0.05 + 0.04 * 0.25, 0.012 + 0.048 * 0.75
        row = self.warehouse.rows(
            "select target_session, realised, error, random_walk_error, in_interval_80, lower_80, upper_80, "
            "direction_hit, pinball from marts.forecast_accuracy"
        )
        hit, inside = int(realised > 0), int(lower <= realised <= upper)
        outcome = (series[45][0], realised, realised - 0.002, realised, inside, lower, upper, hit)
        same([(*outcome, expected.pinball(levels, values, realised))], row, "marts.forecast_accuracy")
        waiting = self.warehouse.rows(
            f"select target_session, realised_return, point_price from marts.forecasts where origin = '{late}'"
        )
        same([(None, None, 101 * math.exp(0.002))], waiting, "a forecast that waits")
        self.check_leaderboard(abs(realised - 0.002), abs(realised))

    def check_leaderboard(self, live_error, random_walk_error):
        rows = self.warehouse.rows(
            "select model, n, mae, mase, directional_accuracy, coverage_80, live_n, live_mae, live_mase "
            "from marts.leaderboard order by model"
        )
        same(
            [
                ("random_walk", 4, 0.065, 1.0, 0.5, 0.75, 0, None, None),
                ("ridge", 4, 0.06, 0.24 / 0.26, 0.75, 0.75, 1, live_error, live_error / random_walk_error),
            ],
            rows,
            "marts.leaderboard",
        )

    def every_figure_is_that_of_pandas(self):
        """Of marts that were built step by step, with answers of several versions, a shadow's, and decisions about them."""
        series = [session for (symbol, session) in sorted(expected.prices(self.committed)) if symbol == "BBB"]
        levels, values = [0.05, 0.25, 0.5, 0.75, 0.95], [-0.05, -0.01, 0.002, 0.012, 0.06]
        for place in (10, 20, 30, 45, 55, len(series) - 1):
            for symbol in ("AAA", "BBB", "GONE"):
                # Version 2 answers once more at every origin that is a multiple of 20; version 3 is a shadow.
                for version in (1, 2, 3) if place % 20 == 0 else (1, 3):
                    point = (place % 7 - 3) / 1000 * version
                    self.warehouse.run(
                        "insert into forecasts.forecasts values "
                        f"(generateUUIDv4(), '{symbol}', '{series[place]}', 5, 'daily', {version}, 'run-{version}', 'd', "
                        f"'weekly_core', 'v', '2013-01-25 23:00:00', {point}, {levels}, {values}, 100, [], {levels}, 0, "
                        f"null, {version == 3}, '2013-02-25 2{version}:00:00')"
                    )
        self.warehouse.run(
            "insert into ops.promotions values "
            "('2013-01-25 23:00:00', 'daily', 1, 'ridge', 'run-1', 0, true, 'mae', 0.03, nan, nan, 'first'), "
            "('2013-02-01 23:00:00', 'daily', 2, 'ets', 'run-2', 1, false, 'mae', 0.03, 0.029, 0.4, 'no better')"
        )
        self.warehouse.run(
            "insert into ops.pipeline_runs values "
            "('weekly 1', 'ingest', '2013-02-01', 'succeeded', '', '2013-02-01 23:00:00', '2013-02-01 23:00:02.5'), "
            "('weekly 1', 'train', '2013-02-01', 'running', '', '2013-02-01 23:00:03', '2013-02-01 23:00:03')"
        )
        self.dbt.build()
        figures.check(self.warehouse)

    def late_and_restated_bars_change_what_a_full_refresh_would(self):
        """Bars that move outcomes, and a second backtest: marts that grew are those that are made at once."""
        for model, run, point in (("ridge", "run-4", 0.02), ("ets", "run-2", -0.01)):
            self.warehouse.run(
                "insert into forecasts.backtests select "
                f"'{run}', '{model}', '{model}', fold, symbol, origin, horizon, {point}, quantile_levels, quantile_values, "
                "target, '2013-02-25 23:00:00' from forecasts.backtests final where run_id = 'run-0'"
            )
        self.commit(self.load(21, 3, 30, {("AAA", date(2013, 1, 31)): 88.0, ("BBB", date(2013, 2, 8)): 21.0}))
        self.dbt.build()
        self.check()
        figures.check(self.warehouse)
        grown = self.marts()
        self.dbt.build("--full-refresh")
        same(grown, self.marts(), "marts after a full refresh")

    def marts(self):
        """Every row of every mart that does not tell of builds, as a count and a sum; floats to ten digits."""
        tables = self.warehouse.rows(
            "select table, groupArray(if(match(type, '^(Nullable.)?Float64'), concat('round(', name, ', 10)'), name)) "
            "from system.columns where database = 'marts' and table not like '%dbt_backup' "
            "and table not in ('dbt_results', 'dbt_runs', 'pipeline_health') group by table"
        )
        digest = "select count(), sum(cityHash64({})) from marts.{} {}"
        return {
            table: self.warehouse.rows(digest.format(", ".join(columns), table, "final" if table == "backtest_runs" else ""))
            for table, columns in tables
        }

    def run(self):
        steps = [
            self.an_empty_lake_builds,
            self.two_loads_are_first_versions,
            self.nothing_new_adds_nothing,
            self.a_restatement_is_a_new_version,
            self.taking_it_back_is_a_third_version,
            self.a_load_that_commits_late_takes_its_place,
            self.what_is_not_committed_does_not_exist,
            self.a_load_without_rows_is_a_load,
            self.half_an_insert_is_made_whole,
            self.a_killed_build_leaves_nothing_that_the_next_does_not_mend,
            self.a_lost_object_is_an_error_that_names_it,
            self.forecasts_meet_their_outcomes,
            self.every_figure_is_that_of_pandas,
            self.late_and_restated_bars_change_what_a_full_refresh_would,
        ]
        for step in steps:
            began, builds = time.monotonic(), self.dbt.builds
            step()
            took = time.monotonic() - began
            print(f"ok {step.__name__} ({took:.1f} s, {self.dbt.builds - builds} builds)", flush=True)


def same(want, got, what):
    """Equal; floats to twelve digits, which is what summing in another order may cost."""
    if isinstance(want, dict):
        assert want.keys() == got.keys(), f"{what}: keys differ: {want.keys() ^ got.keys()}"
        for key, value in want.items():
            same(value, got[key], f"{what}, {key}")
    elif isinstance(want, (tuple, list)):
        assert len(want) == len(got), f"{what}: expected {want}, found {got}"
        for one, other in zip(want, got):
            same(one, other, what)
    elif isinstance(want, float) and isinstance(got, float):
        assert math.isclose(want, got, rel_tol=1e-12, abs_tol=1e-12), f"{what}: expected {want}, found {got}"
    else:
        assert want == got, f"{what}: expected {want}, found {got}"
