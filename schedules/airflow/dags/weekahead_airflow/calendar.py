"""When the DAGs run: cron lines on New York's clock, whatever daylight saving does there.

Cron knows no holidays. These lines name every day that may be meant, and `weekahead schedule due`, the first task of
each DAG, skips those that are not, by the exchange's calendar.
"""

from airflow.sdk import CronTriggerTimetable

TIMEZONE = "America/New_York"

# Two hours and a half after the close, when the provider has published the day's bars.
AFTER_EACH_SESSION = CronTriggerTimetable("30 18 * * MON-FRI", timezone=TIMEZONE)
# The week's last session is a Friday's, or a Thursday's before a holiday.
AFTER_THE_WEEK = CronTriggerTimetable("30 18 * * THU,FRI", timezone=TIMEZONE)
# The morning after that: training has had the night.
MORNING_AFTER_THE_WEEK = CronTriggerTimetable("30 6 * * FRI,SAT", timezone=TIMEZONE)
