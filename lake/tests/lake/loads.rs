//! The life of a load: nothing is visible before the commit record, everything after it.

use futures::future::join_all;
use jiff::SignedDuration;
use weekahead_lake::quotes::{read_quarantine, read_quotes};
use weekahead_lake::{CommitRecord, Error, LoadSummary, ObjectKind, Outcome, cursors, keys};

use crate::world::{NOW, World, clock, commit, outcome, put_objects, row, summary};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

#[tokio::test]
async fn a_load_is_visible_when_it_is_committed_and_not_before() {
    let world = World::new().await;
    let sessions = ["2013-01-24", "2013-01-25"];
    let load = world.lake.begin_load("yahoo", &clock(NOW)).unwrap();
    put_objects(&load, "AAPL", &sessions).await;
    assert_eq!(world.lake.loads().await.unwrap(), []);
    assert!(world.lake.cursors("yahoo").await.unwrap().is_empty());
    assert_eq!(world.lake.load(load.load_id()).await.unwrap(), None);

    let stamp = load.stamp();
    let record = load.commit(summary("AAPL", &sessions)).await.unwrap();
    assert_eq!(world.lake.loads().await.unwrap(), std::slice::from_ref(&record));
    assert_eq!(world.lake.load(record.load_id).await.unwrap(), Some(record.clone()));
    assert_eq!(world.lake.verify_load(&record).await.unwrap(), []);
    assert_eq!((record.rows_accepted, record.rows_rejected), (2, 1));

    let object = |kind| record.objects.iter().find(|object| object.kind == kind).unwrap().key.clone();
    let (read, rows) = read_quotes(world.lake.get(&object(ObjectKind::Quotes)).await.unwrap()).unwrap();
    assert_eq!(read, Some(stamp));
    assert_eq!(rows.iter().collect::<Vec<_>>(), sessions.map(|session| row("AAPL", session)));
    let quarantine = world.lake.get(&object(ObjectKind::Quarantine)).await.unwrap();
    assert_eq!(read_quarantine(quarantine).unwrap()[0].reason, "not_finite");
    let responses = world.lake.get(&object(ObjectKind::Responses)).await.unwrap();
    assert_eq!(zstd::decode_all(responses.as_ref()).unwrap(), b"{\"symbol\":\"AAPL\"}\n");
}

#[tokio::test]
async fn a_load_that_crashes_before_its_commit_leaves_nothing_but_garbage() {
    let world = World::new().await;
    let committed = commit(&world.lake, "2013-01-18T23:00:00Z", "AAPL", &["2013-01-18"]).await;
    let load = world.lake.begin_load("yahoo", &clock(NOW)).unwrap();
    put_objects(&load, "AAPL", &["2013-01-25"]).await;
    drop(load);
    assert_eq!(world.lake.loads().await.unwrap(), std::slice::from_ref(&committed));

    let young = world.lake.collect_garbage(HOUR, &clock("2013-01-25T23:30:00Z"), false).await.unwrap();
    assert_eq!(young.objects, [], "it may still be running");
    let later = clock("2013-01-26T01:00:00Z");
    let dry = world.lake.collect_garbage(HOUR, &later, true).await.unwrap();
    assert_eq!((dry.objects.len(), dry.deleted), (3, false));
    assert!(dry.size_bytes > 0);
    assert_eq!(world.keys().await.len(), 3 + 4);
    let wet = world.lake.collect_garbage(HOUR, &later, false).await.unwrap();
    assert_eq!((wet.objects, wet.deleted), (dry.objects, true));
    assert_eq!(world.keys().await.len(), 4);
    assert_eq!(world.lake.verify_load(&committed).await.unwrap(), [], "what is committed stays");
}

#[tokio::test]
async fn garbage_collection_leaves_what_is_not_ours_alone() {
    let world = World::new().await;
    world.lake.put("raw/notes.txt", "by hand".into()).await.unwrap();
    world.lake.put("mlflow/1/model.onnx", "a model".into()).await.unwrap();
    let report = world.lake.collect_garbage(HOUR, &clock(NOW), false).await.unwrap();
    assert_eq!((report.objects, report.foreign), (vec![], vec!["raw/notes.txt".to_owned()]));
    assert_eq!(world.keys().await.len(), 2);
}

#[tokio::test]
async fn concurrent_loads_all_commit() {
    let world = World::new().await;
    let symbols = ["AAPL", "FB", "GOOG", "IBM", "MSFT"];
    let mut records = join_all(symbols.map(|symbol| commit(&world.lake, NOW, symbol, &["2013-01-25"]))).await;
    records.sort_by_key(|record| record.load_id);
    assert_eq!(world.lake.loads().await.unwrap(), records);
    assert_eq!(world.lake.cursors("yahoo").await.unwrap().len(), symbols.len());
}

#[tokio::test]
async fn cursors_are_what_the_committed_loads_say() {
    let world = World::new().await;
    commit(&world.lake, "2013-01-25T23:00:00Z", "AAPL", &["2013-01-24", "2013-01-25"]).await;
    // A backfill comes later and reaches less far.
    commit(&world.lake, "2013-01-26T23:00:00Z", "AAPL", &["2012-01-03"]).await;
    let load = world.lake.begin_load("yahoo", &clock("2013-01-28T23:00:00Z")).unwrap();
    let symbols = vec![
        outcome("IBM", Outcome::Empty, 0, Some("2013-01-28")),
        outcome("MSFT", Outcome::Failed, 0, Some("2013-01-28")),
        outcome("FB", Outcome::Empty, 0, None),
    ];
    load.commit(LoadSummary { symbols, ..LoadSummary::default() }).await.unwrap();
    let cursors: Vec<String> = world
        .lake
        .cursors("yahoo")
        .await
        .unwrap()
        .into_iter()
        .map(|(symbol, session)| format!("{symbol} {session}"))
        .collect();
    assert_eq!(cursors, ["AAPL 2013-01-25", "IBM 2013-01-28"]);
    assert!(world.lake.cursors("stooq").await.unwrap().is_empty(), "another source has its own");
}

#[tokio::test]
async fn a_load_that_does_not_add_up_is_not_committed() {
    let world = World::new().await;
    let load = world.lake.begin_load("yahoo", &clock(NOW)).unwrap();
    put_objects(&load, "AAPL", &["2013-01-24", "2013-01-25"]).await;
    let error = load.commit(summary("AAPL", &["2013-01-25"])).await.unwrap_err();
    assert!(matches!(error, Error::Inconsistent { .. }), "{error}");
    assert_eq!(world.lake.loads().await.unwrap(), []);
    assert!(world.lake.begin_load("Yahoo Finance", &clock(NOW)).is_err());
}

#[tokio::test]
async fn a_torn_record_is_no_commit_and_a_strange_one_is_an_error() {
    let world = World::new().await;
    let record = commit(&world.lake, NOW, "AAPL", &["2013-01-25"]).await;
    let key = keys::commit_record(record.load_id);
    let line = world.lake.get(&key).await.unwrap();
    let later = clock("2013-01-26T01:00:00Z");
    for torn in [line.slice(..0), line.slice(..line.len() / 2), vec![0; line.len()].into()] {
        world.lake.put(&key, torn).await.unwrap();
        assert_eq!(world.lake.loads().await.unwrap(), []);
        assert_eq!(world.lake.load(record.load_id).await.unwrap(), None);
        let garbage = world.lake.collect_garbage(HOUR, &later, true).await.unwrap();
        assert_eq!(garbage.objects.len(), 4);
        assert_eq!(garbage.objects[0].key, key, "the record goes first");
    }
    world.lake.put(&key, r#"{"load_id":7,"format":"of a later version"}"#.into()).await.unwrap();
    assert!(matches!(world.lake.loads().await, Err(Error::UnknownRecord { .. })));
    assert!(world.lake.collect_garbage(HOUR, &later, false).await.is_err());
    assert_eq!(world.keys().await.len(), 4, "nothing is removed on a guess");
}

#[tokio::test]
async fn a_committed_object_that_is_lost_or_cut_short_is_found() {
    let world = World::new().await;
    let record = commit(&world.lake, NOW, "AAPL", &["2013-01-25"]).await;
    world.lake.delete(&record.objects[0].key).await.unwrap();
    world.lake.put(&record.objects[1].key, "short".into()).await.unwrap();
    let faults = world.lake.verify_load(&record).await.unwrap();
    assert_eq!(
        faults.iter().map(|fault| &fault.expected).collect::<Vec<_>>(),
        [&record.objects[0], &record.objects[1]]
    );
    assert_eq!(faults[0].found, None);
    assert_eq!(faults[1].found.as_ref().map(|there| there.size_bytes), Some(5));
}

#[test]
fn a_commit_record_is_one_line_that_clickhouse_reads() {
    let line = concat!(
        r#"{"load_id":"013c73fd-9a80-7000-8000-000000000001","source":"yahoo","ingested_at":"2013-01-25 23:00:00.000000","#,
        r#""rows_accepted":2,"rows_rejected":0,"objects":[{"kind":"quotes","#,
        r#""key":"raw/quotes/2013/01/25/013c73fd-9a80-7000-8000-000000000001.parquet","etag":"abc","size_bytes":5,"rows":2}],"#,
        r#""symbols":[{"symbol":"AAPL","outcome":"ok","reason":"","rows":2,"rows_rejected":0,"first_session":"2013-01-24","#,
        r#""last_session":"2013-01-25","requested_from":null}],"#,
        r#""quality":{"null_rows":0,"fault_rows":0,"duplicate_rows":0}}"#,
        "\n"
    );
    let record = CommitRecord::from_line("loads/x.json", line.as_bytes()).unwrap().unwrap();
    record.validate().unwrap();
    assert_eq!(String::from_utf8(record.to_line()).unwrap(), line);
    insta::assert_json_snapshot!(record);
    assert_eq!(cursors("yahoo", &[record]).len(), 1);
}
