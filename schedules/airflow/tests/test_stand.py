"""Where a run stands, by what started it."""

from datetime import datetime, timezone
from types import SimpleNamespace

import pytest

from weekahead_airflow.stand import moment, spelled, stand

NOW = datetime(2026, 3, 4, 12, tzinfo=timezone.utc)
FRIDAY = datetime(2013, 1, 25, 23, 30, tzinfo=timezone.utc)
THEN = "2013-01-25T23:30:00Z"


def run(run_type, logical_date=None, updates=(), run_after=NOW):
    events = [SimpleNamespace(extra=extra) for extra in updates]
    return SimpleNamespace(
        run_type=run_type, logical_date=logical_date, run_after=run_after, consumed_asset_events=events
    )


def test_a_scheduled_run_is_live_however_late_it_starts():
    assert stand(run("scheduled", FRIDAY), {}, NOW) == (THEN, None)


def test_a_backfill_stands_at_its_logical_date():
    assert stand(run("backfill", FRIDAY), {}, NOW) == (THEN, THEN)
    yesterday = datetime(2026, 3, 3, 23, 30, tzinfo=timezone.utc)
    assert stand(run("backfill", yesterday), {}, NOW).as_of == "2026-03-03T23:30:00Z"


def test_a_run_by_hand_is_of_the_past_when_its_logical_date_is():
    assert stand(run("manual", FRIDAY), {}, NOW) == (THEN, THEN)
    assert stand(run("manual", NOW), {}, NOW) == ("2026-03-04T12:00:00Z", None)
    assert stand(run("manual"), {}, NOW) == ("2026-03-04T12:00:00Z", None)


def test_a_date_is_a_whole_day():
    midnight = datetime(2013, 1, 25, tzinfo=timezone.utc)
    assert stand(run("manual", midnight), {}, NOW) == ("2013-01-25", "2013-01-25")
    assert spelled(datetime(2013, 1, 25, 5, tzinfo=timezone.utc)) == "2013-01-25", "midnight in New York"
    assert stand(run("manual", datetime(2026, 3, 4, tzinfo=timezone.utc)), {}, NOW).as_of is None, "today is not over"


def test_an_update_hands_on_where_its_run_stood():
    live = {"instant": "2026-03-03T23:30:00Z", "as_of": None}
    past = {"instant": THEN, "as_of": THEN}
    assert stand(run("asset_triggered", updates=[live]), {}, NOW) == ("2026-03-03T23:30:00Z", None)
    assert stand(run("asset_triggered", updates=[past]), {}, NOW) == (THEN, THEN)
    assert stand(run("asset_triggered", updates=[live, past]), {}, NOW).as_of is None, "the newest counts"
    assert stand(run("asset_triggered", updates=[{}]), {}, NOW) == ("2026-03-04T12:00:00Z", None), "made by hand"


def test_what_a_run_was_told_comes_first():
    update = {"instant": "2026-03-03T23:30:00Z", "as_of": None}
    assert stand(run("asset_triggered", updates=[update]), {"as_of": "2013-01-25"}, NOW) == ("2013-01-25",) * 2
    assert stand(run("manual"), {"as_of": THEN}, NOW) == (THEN, THEN)


@pytest.mark.parametrize("told", ["2013-01-25; rm -rf .", "$(date)", "yesterday", "2013-01-25T23:30:00", "2013"])
def test_nothing_else_reaches_a_shell(told):
    with pytest.raises(ValueError):
        stand(run("manual"), {"as_of": told}, NOW)


def test_dates_end_where_weekahead_lets_them_end():
    assert moment("2013-01-25") == datetime(2013, 1, 25, 23, 59, 59, 999999, tzinfo=timezone.utc)
