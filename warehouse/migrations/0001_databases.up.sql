-- One database a concern. dbt fills `staging` and `marts`; `raw` holds what it reads from the lake.
CREATE DATABASE IF NOT EXISTS raw{on_cluster};
CREATE DATABASE IF NOT EXISTS staging{on_cluster};
CREATE DATABASE IF NOT EXISTS marts{on_cluster};
CREATE DATABASE IF NOT EXISTS features{on_cluster};
CREATE DATABASE IF NOT EXISTS forecasts{on_cluster};
CREATE DATABASE IF NOT EXISTS ops{on_cluster};
