DROP DATABASE IF EXISTS recent{on_cluster};
