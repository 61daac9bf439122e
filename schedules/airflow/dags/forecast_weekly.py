"""The week ahead for the whole universe, by the champion of the week, written back.

Started when `train_weekly` has decided about the champion, and in any case the morning after the week's last session:
a training that fails or takes the night must not cost the week's forecasts, which the champion of before makes then.
Where both happen nothing is forecast twice: the same forecast, written again, is one.
"""

from datetime import timedelta

from airflow.sdk import DAG, AssetOrTimeSchedule

from weekahead_airflow.assets import CHAMPION, FORECASTS
from weekahead_airflow.calendar import MORNING_AFTER_THE_WEEK
from weekahead_airflow.tasks import COMMON, ROOM_FOR_UPDATES, due, run

SCHEDULE = AssetOrTimeSchedule(assets=[CHAMPION], timetable=MORNING_AFTER_THE_WEEK)

with DAG("forecast_weekly", schedule=SCHEDULE, max_active_runs=ROOM_FOR_UPDATES, doc_md=__doc__, **COMMON):
    forecast = run("forecast", "forecast", timedelta(hours=1), outlets=[FORECASTS], may_be_partial=True)
    due("forecast_weekly") >> forecast
