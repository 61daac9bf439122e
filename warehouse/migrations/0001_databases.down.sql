-- `ops` stays: it holds the record of what was applied.
DROP DATABASE IF EXISTS forecasts{on_cluster};
DROP DATABASE IF EXISTS features{on_cluster};
DROP DATABASE IF EXISTS marts{on_cluster};
DROP DATABASE IF EXISTS staging{on_cluster};
DROP DATABASE IF EXISTS raw{on_cluster};
