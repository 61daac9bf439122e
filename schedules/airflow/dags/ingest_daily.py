"""After each session: new quotes into the lake, then marts and features.

Trading days at 18:30 in New York. Its last task updates the features, which starts `train_weekly`.
"""

from datetime import timedelta

from airflow.sdk import DAG

from weekahead_airflow.assets import FEATURES, QUOTES
from weekahead_airflow.calendar import AFTER_EACH_SESSION
from weekahead_airflow.tasks import COMMON, due, run

with DAG("ingest_daily", schedule=AFTER_EACH_SESSION, max_active_runs=1, doc_md=__doc__, **COMMON):
    ingest = run("ingest", "ingest", timedelta(hours=1), outlets=[QUOTES], may_be_partial=True)
    features = run("features", "features build", timedelta(hours=2), outlets=[FEATURES])
    due("ingest_daily") >> ingest >> features
