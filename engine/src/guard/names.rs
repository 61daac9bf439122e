//! Which functions, engines and sources stay inside. A test compares these lists with what the engine knows.

/// Functions (table and scalar), engines and dictionary sources that reach outside the data directory, in lower case.
const OUTSIDE: &[&str] = &[
    "arrowflight",
    "arrowstream",
    "aiclassify",
    "aiembed",
    "aiextract",
    "aigenerate",
    "aitranslate",
    "azureblobstorage",
    "azureblobstoragecluster",
    "azurequeue",
    "cassandra",
    "catboostevaluate",
    "datalakecatalog",
    "deltalakeazure",
    "deltalakeazurecluster",
    "deltalakelocal",
    "eval",
    "executable",
    "executable_pool",
    "executablepool",
    "file",
    "filecluster",
    "filelog",
    "filesystem",
    "hascolumnintable",
    "hdfs",
    "hdfscluster",
    "hive",
    "http",
    "icebergazure",
    "icebergazurecluster",
    "iceberghdfs",
    "iceberghdfscluster",
    "iceberglocal",
    "iceberglocalcluster",
    "jdbc",
    "library",
    "materializedmysql",
    "materializedpostgresql",
    "mongo",
    "mongodb",
    "mysql",
    "nats",
    "odbc",
    "paimonazure",
    "paimonazurecluster",
    "paimonhdfs",
    "paimonhdfscluster",
    "paimonlocal",
    "postgresql",
    "python",
    "rabbitmq",
    "redis",
    "remote",
    "remotesecure",
    "sqlite",
    "url",
    "urlcluster",
    "ytsaurus",
];

/// Functions and engines over an object store: allowed under the configured prefixes. Lower case.
const OBJECT_STORE: &[&str] = &[
    "cosn",
    "deltalake",
    "deltalakecluster",
    "deltalakes3",
    "deltalakes3cluster",
    "gcs",
    "hudi",
    "hudicluster",
    "iceberg",
    "icebergcluster",
    "icebergs3",
    "icebergs3cluster",
    "oss",
    "paimon",
    "paimoncluster",
    "paimons3",
    "paimons3cluster",
    "s3",
    "s3cluster",
    "s3queue",
];

/// Table and database engines that keep to the data directory, in lower case; `*MergeTree` besides. Kafka is here for
/// streaming ingestion: it talks to the brokers it is given.
const ENGINES: &[&str] = &[
    "alias",
    "atomic",
    "buffer",
    "dictionary",
    "distributed",
    "embeddedrocksdb",
    "fuzzjson",
    "fuzzquery",
    "generaterandom",
    "join",
    "kafka",
    "keepermap",
    "lazy",
    "log",
    "loop",
    "materializedview",
    "memory",
    "merge",
    "null",
    "ordinary",
    "overlay",
    "replicated",
    "set",
    "stripelog",
    "timeseries",
    "tinylog",
    "view",
    "windowview",
];

pub(super) fn is_outside(lower: &str) -> bool {
    OUTSIDE.contains(&lower)
}

pub(super) fn is_object_store(lower: &str) -> bool {
    OBJECT_STORE.contains(&lower)
}

/// Whether an object-store function takes a cluster's name before the URL.
pub(super) fn takes_cluster(lower: &str) -> bool {
    lower.ends_with("cluster")
}

pub(super) fn is_engine(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ENGINES.contains(&lower.as_str()) || lower.ends_with("mergetree") || is_object_store(&lower)
}
