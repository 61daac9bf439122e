//! Objects in and out: ranges, pages, parts.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::SignedDuration;
use weekahead_lake::{Error, LoadSummary};

use crate::world::{NOW, World, clock};

#[tokio::test]
async fn what_is_put_is_there_until_it_is_deleted() {
    let world = World::new().await;
    let put = world.lake.put("raw/a", "hello".into()).await.unwrap();
    assert_eq!((put.size_bytes, put.etag.as_str()), (5, "5d41402abc4b2a76b9719d911017c592"));
    let head = world.lake.head("raw/a").await.unwrap().unwrap();
    assert_eq!((head.etag, head.size_bytes), (Some(put.etag), 5));
    assert_eq!(world.lake.get("raw/a").await.unwrap(), "hello");
    assert!(world.lake.exists("raw/a").await.unwrap());
    world.lake.delete("raw/a").await.unwrap();
    world.lake.delete("raw/a").await.unwrap();
    assert!(!world.lake.exists("raw/a").await.unwrap());
    let error = world.lake.get("raw/a").await.unwrap_err();
    assert!(matches!(&error, Error::MissingObject { key } if key == "raw/a"), "{error}");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_range_is_cut_at_the_end_of_the_object() {
    let world = World::new().await;
    world.lake.put("raw/a", "0123456789".into()).await.unwrap();
    assert_eq!(world.lake.get_range("raw/a", 2..5).await.unwrap(), "234");
    assert_eq!(world.lake.get_range("raw/a", 8..100).await.unwrap(), "89");
    assert_eq!(world.lake.get_range("raw/a", 4..4).await.unwrap(), "");
    assert!(matches!(world.lake.get_range("raw/a", 10..12).await, Err(Error::Refused { status: 416, .. })));
}

#[tokio::test]
async fn a_listing_has_every_page() {
    let world = World::new().await;
    let puts = (0..1_203).map(async |i| world.lake.put(&format!("raw/{i:05}"), "x".into()).await);
    let _: Vec<_> = stream::iter(puts).buffer_unordered(32).try_collect().await.unwrap();
    world.lake.put("rawer/0", "x".into()).await.unwrap();
    let found = world.lake.list("raw/").await.unwrap();
    assert_eq!(found.len(), 1_203);
    assert!(found.is_sorted_by(|a, b| a.key < b.key));
    assert_eq!(world.lake.list("raw/0120").await.unwrap().len(), 3);
    assert_eq!(world.lake.list("absent/").await.unwrap(), []);
}

#[tokio::test]
async fn a_big_body_goes_in_parts_and_comes_back_whole() {
    let world = World::new().await;
    let body: Bytes = (0..(20 << 20) + 17_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let put = world.lake.put("raw/big", body.clone()).await.unwrap();
    assert_eq!(put.size_bytes, body.len() as u64);
    assert!(put.etag.ends_with("-3"), "{}", put.etag);
    assert!(world.lake.get("raw/big").await.unwrap() == body);
    let head = world.lake.head("raw/big").await.unwrap().unwrap();
    assert_eq!((head.etag, head.size_bytes), (Some(put.etag), put.size_bytes));
    let start = (8 << 20) - 2;
    assert_eq!(world.lake.get_range("raw/big", start..start + 4).await.unwrap(), body[start as usize..][..4]);
}

#[tokio::test]
async fn every_call_can_be_spawned() {
    let world = World::new().await;
    let lake = world.lake.clone();
    let everything = async move {
        let load = lake.begin_load("yahoo", &clock(NOW)).unwrap();
        load.put_responses(0, "{}\n".into()).await.unwrap();
        let record = load.commit(LoadSummary::default()).await.unwrap();
        lake.put("raw/big", vec![0; 9 << 20].into()).await.unwrap();
        assert_eq!(lake.verify_load(&record).await.unwrap(), []);
        assert!(lake.cursors("yahoo").await.unwrap().is_empty());
        lake.collect_garbage(SignedDuration::ZERO, &clock(NOW), true).await.unwrap()
    };
    assert_eq!(tokio::spawn(everything).await.unwrap().foreign, ["raw/big"]);
}
