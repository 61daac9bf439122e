"""Where a run stands: the instant it is about, and whether its commands are told so by `--as-of`.

A live run says no `--as-of`: a live provider answers for today alone, and what was restated a minute ago counts.
A run of the past says it, so that features, training and forecasts see what was known then.
"""

from datetime import datetime, time, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
# A run by hand is about the past when its logical date is further back than this: the web page's form offers the
# present moment as the logical date, and who takes it means a live run.
LIVE = timedelta(days=1)


class Stand(NamedTuple):
    """The instant that a run is about, as `--as-of` takes it; and the same as `as_of`, or None for a live run."""

    instant: str
    as_of: str | None


def stand(dag_run, params, now: datetime | None = None) -> Stand:
    """Where the run stands: what it was told, else what the update that started it says, else its logical date."""
    if told := params.get("as_of"):
        moment(told)
        return Stand(told, told)
    updates = [event.extra for event in dag_run.consumed_asset_events if "instant" in event.extra]
    if updates:
        # Updates that come within the same second start one run together: the newest counts.
        newest = max(updates, key=lambda extra: moment(extra["instant"]))
        return Stand(newest["instant"], newest.get("as_of"))
    if dag_run.logical_date is None:
        return Stand(spelled(dag_run.run_after), None)
    instant = spelled(dag_run.logical_date)
    return Stand(instant, instant if is_past(dag_run.run_type, instant, now or datetime.now(timezone.utc)) else None)


def is_past(run_type: str, instant: str, now: datetime) -> bool:
    """A scheduled run never is, however late it starts; a backfill always is."""
    return run_type == "backfill" or (run_type == "manual" and moment(instant) < now - LIVE)


def spelled(logical_date: datetime) -> str:
    """As `--as-of` takes it. Midnight is how Airflow spells a date without a time, and a date it becomes again: for
    weekahead that is the end of the day, when its session is over, where midnight would be before it."""
    for zone in (timezone.utc, NEW_YORK):
        local = logical_date.astimezone(zone)
        if local.time() == time.min:
            return local.date().isoformat()
    return logical_date.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(instant: str) -> datetime:
    """The moment that weekahead takes it for. Anything else than a date or an instant is an error, so that what people
    type into a form does not reach a shell."""
    parsed = datetime.fromisoformat(instant)
    if len(instant) == len("YYYY-MM-DD"):
        return datetime.combine(parsed.date(), time.max, timezone.utc)
    if parsed.tzinfo is None:
        raise ValueError(f"{instant}: an instant needs its offset, as in 2013-01-25T23:30:00Z")
    return parsed
