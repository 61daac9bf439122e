"""After the week's last session: a backtest of every model, and a champion by evidence.

Started by updated features, so by each `ingest_daily`; `due` skips all days but the week's last session. The cron
beside them is there for `airflow backfill create`, which takes its dates from it and refuses a DAG without one. Its live
runs are skipped: a second training of an evening would cost its time and count as more trials against the same evidence.
"""

from datetime import timedelta

from airflow.sdk import DAG, AssetOrTimeSchedule

from weekahead_airflow.assets import CHAMPION, FEATURES
from weekahead_airflow.calendar import AFTER_THE_WEEK
from weekahead_airflow.tasks import COMMON, ROOM_FOR_UPDATES, due, run

SCHEDULE = AssetOrTimeSchedule(assets=[FEATURES], timetable=AFTER_THE_WEEK)

with DAG("train_weekly", schedule=SCHEDULE, max_active_runs=ROOM_FOR_UPDATES, doc_md=__doc__, **COMMON):
    due("train_weekly", only_by_updates=True) >> run("train", "train", timedelta(hours=6), outlets=[CHAMPION])
