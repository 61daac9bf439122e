"""What the DAGs bring up to date: by these, Airflow starts one after the other."""

from airflow.sdk import Asset

QUOTES = Asset(name="weekahead_quotes", uri="weekahead://lake/quotes")
FEATURES = Asset(name="weekahead_features", uri="weekahead://warehouse/features")
# Updated by every training that ends well, whether it promotes another champion or confirms the one there is.
CHAMPION = Asset(name="weekahead_champion", uri="weekahead://models/champion")
FORECASTS = Asset(name="weekahead_forecasts", uri="weekahead://warehouse/forecasts")
