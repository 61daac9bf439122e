//! A build that breaks off: what it wrote stays, and the next one goes on from there.

use std::time::Duration;

use tokio::sync::mpsc;
use weekahead_materialize::Build;

use crate::support::{Platform, as_of, history, published, symbols, view};

#[tokio::test]
async fn the_next_build_completes_it() {
    let platform = Platform::start().await;
    let (broken, whole) = (view("broken"), view("whole"));
    let names: Vec<String> = (0..12).map(|i| format!("S{i:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let all = symbols(&names);
    let bars: Vec<_> = names.iter().flat_map(|name| history(name, 0..30)).collect();
    platform.warehouse.write_bars(&bars).await.unwrap();
    let now = published(30);
    platform.build(&whole, &all, now).await;
    let expected = platform.seen(&whole, now).await;

    // A group is one symbol: the build is dropped while some are written, one is computed and the others wait.
    let one_by_one = Build::new(&broken, &all, as_of(now), as_of(now).instant()).group_values(1);
    let mut written_at_most = 0;
    for groups in [2, 4, 7] {
        let (tell, mut told) = mpsc::unbounded_channel();
        let building = one_by_one.run(&platform.warehouse, |progress| {
            let _ = tell.send(progress);
        });
        let breaking = async {
            for _ in 0..groups {
                told.recv().await;
            }
        };
        tokio::select! {
            biased;
            () = breaking => {}
            report = building => panic!("it ended before it was broken off: {report:?}"),
        }
        // The server may still be busy with what was sent.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let seen = platform.seen(&broken, now).await;
        assert!(seen.len() >= written_at_most && seen.len() < expected.len(), "{}", seen.len());
        assert!(seen.iter().all(|row| expected.contains(row)));
        written_at_most = seen.len();
    }
    assert!(written_at_most > 0);
    let report = one_by_one.run(&platform.warehouse, |_| ()).await.unwrap();
    assert_eq!((report.rows, report.written), (expected.len(), expected.len() - written_at_most));
    assert_eq!(platform.seen(&broken, now).await, expected);
    let again = one_by_one.run(&platform.warehouse, |_| ()).await.unwrap();
    assert_eq!((again.unchanged, again.written), (12, 0));
    platform.stop().await;
}
