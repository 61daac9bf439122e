DROP TABLE IF EXISTS ops.promotions{on_cluster};
-- cluster only
DROP TABLE IF EXISTS ops.promotions_local{on_cluster};
