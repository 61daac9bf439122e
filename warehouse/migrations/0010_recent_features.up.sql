-- The newest rows of each feature view once more, together: tables are made with the view's.
CREATE DATABASE IF NOT EXISTS recent{on_cluster};
