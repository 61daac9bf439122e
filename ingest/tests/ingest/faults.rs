//! A provider that misbehaves: what is asked again, what is given up, what the record says.

use weekahead_ingest::replay::{Fault, FaultPlan};
use weekahead_ingest::yahoo::{Asked, ChartRequest};
use weekahead_ingest::{Error, Yahoo, YahooConfig};
use weekahead_lake::quotes::read_quarantine;
use weekahead_lake::{ObjectKind, Outcome};

use crate::world::{NOW, World, clock, instant, patient, quotes, session, symbol};

async fn ask(world: &World, plan: FaultPlan) -> (Asked, usize) {
    world.provider.set_faults(plan);
    let before = world.provider.requests().len();
    let request = ChartRequest {
        symbol: symbol("AAPL"),
        period1: instant("2012-09-30T21:00:00Z"),
        period2: instant(NOW),
    };
    let asked = world.yahoo.chart(&request).await;
    (asked, world.provider.requests().len() - before)
}

#[tokio::test]
async fn what_can_go_away_is_asked_again() {
    let world = World::new(&quotes(&["AAPL"])).await;
    let status = |status, body: &str| Fault::Status { status, body: body.into(), retry_after_s: None };
    let passing = [
        status(429, "Edge: Too Many Requests"),
        status(500, ""),
        status(503, "<html>busy</html>"),
        Fault::CutOff { keep_bytes: 400 },
        Fault::HangUp { keep_bytes: 400 },
        Fault::Html,
    ];
    for fault in passing {
        let (asked, requests) = ask(&world, FaultPlan::default().on(&symbol("AAPL"), 2, fault.clone())).await;
        assert_eq!(asked.chart.map(|chart| chart.rows.len()).unwrap(), 79, "{fault:?}");
        assert_eq!(requests, 3, "{fault:?}");
        let (asked, requests) =
            ask(&world, FaultPlan::default().always(&symbol("AAPL"), fault.clone())).await;
        assert!(asked.chart.unwrap_err().is_retryable(), "{fault:?}");
        assert_eq!(requests, 3, "{fault:?}: attempts are bounded");
    }
}

#[tokio::test]
async fn what_stays_is_not_asked_again() {
    let world = World::new(&quotes(&["AAPL"])).await;
    let crumb =
        r#"{"finance":{"result":null,"error":{"code":"Unauthorized","description":"Invalid Crumb"}}}"#;
    for (fault, message) in [
        (Fault::Status { status: 401, body: crumb.into(), retry_after_s: None }, "Invalid Crumb"),
        (Fault::status(404), "not found/delisted"),
        (Fault::status(400), "HTTP 400"),
        (
            Fault::Body { body: "{\"chart\":{\"result\":[],\"error\":null}}".into() },
            "neither a result nor an error",
        ),
    ] {
        let (asked, requests) = ask(&world, FaultPlan::default().always(&symbol("AAPL"), fault)).await;
        let error = asked.chart.unwrap_err();
        assert!(!error.is_retryable() && error.to_string().contains(message), "{error}");
        assert_eq!(requests, 1, "{error}");
    }
}

#[tokio::test]
async fn retry_after_is_honored_within_the_bound() {
    let world = World::new(&quotes(&["AAPL"])).await;
    let limited = |seconds| Fault::Status { status: 429, body: String::new(), retry_after_s: Some(seconds) };
    let begun = std::time::Instant::now();
    let (asked, requests) = ask(&world, FaultPlan::default().on(&symbol("AAPL"), 1, limited(1))).await;
    assert!(asked.chart.is_ok() && requests == 2);
    assert!(begun.elapsed().as_millis() >= 1_000);
    let (asked, requests) = ask(&world, FaultPlan::default().on(&symbol("AAPL"), 1, limited(3_600))).await;
    let seconds = asked.chart.unwrap_err().retry_after().map(|wait| wait.as_secs());
    assert_eq!((seconds, requests), (Some(3_600), 1), "an hour is not waited for");
}

#[tokio::test]
async fn silence_and_closed_doors_are_told_apart() {
    let world = World::new(&quotes(&["AAPL"])).await;
    let request = ChartRequest { symbol: symbol("AAPL"), period1: instant(NOW), period2: instant(NOW) };
    world.provider.set_faults(FaultPlan::default().always(&symbol("AAPL"), Fault::Delay { delay_ms: 5_000 }));
    let hurried = YahooConfig { timeout_ms: 50, max_attempts: 2, ..patient(world.provider.base_url()) };
    let asked = Yahoo::new(hurried).unwrap().chart(&request).await;
    assert!(matches!(asked.chart, Err(Error::Timeout { timeout_ms: 50, .. })), "{:?}", asked.chart);
    let nobody = Yahoo::new(patient("http://127.0.0.1:1".into())).unwrap();
    let asked = nobody.chart(&request).await;
    assert!(matches!(asked.chart, Err(Error::Transport { .. })), "{:?}", asked.chart);
    assert!(matches!(Yahoo::new(patient("nonsense".into())), Err(Error::Config { .. })));
}

#[tokio::test]
async fn a_symbol_that_fails_is_recorded_and_asked_for_next_time() {
    let world = World::new(&quotes(&["AAPL", "MSFT"])).await;
    world.provider.set_faults(FaultPlan::default().always(&symbol("AAPL"), Fault::status(500)));
    let report = world.ingest(NOW, &["MSFT", "AAPL", "NONE"]).await;
    assert!(report.is_partial());
    let outcomes: Vec<_> = report.outcomes().iter().map(|o| (o.symbol.as_str(), o.outcome, o.rows)).collect();
    let expected = [("AAPL", Outcome::Failed, 0), ("MSFT", Outcome::Ok, 79), ("NONE", Outcome::Failed, 0)];
    assert_eq!(outcomes, expected);
    assert!(report.outcomes()[0].reason.contains("HTTP 500"));
    assert!(report.outcomes()[2].reason.contains("not found/delisted"));

    world.provider.set_faults(FaultPlan::default());
    let report = world.ingest(NOW, &["AAPL", "MSFT"]).await;
    assert_eq!(report.up_to_date, [symbol("MSFT")]);
    assert_eq!(report.outcomes()[0].rows, 79);
    assert!(!report.is_partial());
}

#[tokio::test]
async fn a_bad_row_is_quarantined_and_the_others_kept() {
    let world = World::new(&quotes(&["AAPL", "MSFT"])).await;
    let day = session("2013-01-10");
    let plan = FaultPlan::default()
        .always(&symbol("AAPL"), Fault::PartialRow { session: day })
        .always(&symbol("MSFT"), Fault::NullRow { session: day });
    world.provider.set_faults(plan);
    let record = world.ingest(NOW, &["AAPL", "MSFT"]).await.record.unwrap();
    assert_eq!((record.rows_accepted, record.rows_rejected), (78 + 78, 1));
    assert_eq!((record.quality.null_rows, record.quality.fault_rows), (2, 0));
    let quarantine = record.objects.iter().find(|object| object.kind == ObjectKind::Quarantine).unwrap();
    let rejected = read_quarantine(world.lake.get(&quarantine.key).await.unwrap()).unwrap();
    assert_eq!((rejected[0].symbol.as_str(), rejected[0].session), ("AAPL", Some(day)));
    assert_eq!(rejected[0].reason, "missing_values");
    assert!(rejected[0].detail.contains("\"close\":null"));
}

#[tokio::test]
async fn what_the_provider_said_is_kept() {
    let world = World::new(&quotes(&["AAPL", "MSFT"])).await;
    let busy = Fault::Status { status: 503, body: "<html>busy</html>".into(), retry_after_s: None };
    world.provider.set_faults(FaultPlan::default().always(&symbol("MSFT"), busy));
    let record = world.ingest(NOW, &["AAPL", "MSFT"]).await.record.unwrap();
    let responses = record.objects.iter().find(|object| object.kind == ObjectKind::Responses).unwrap();
    assert_eq!(responses.rows, 2);
    let lines = zstd::decode_all(world.lake.get(&responses.key).await.unwrap().as_ref()).unwrap();
    let lines: Vec<serde_json::Value> =
        String::from_utf8(lines).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["body"]["chart"]["result"][0]["meta"]["symbol"], "AAPL");
    assert_eq!((&lines[1]["status"], &lines[1]["body"]), (&503.into(), &"<html>busy</html>".into()));
}

#[tokio::test]
async fn a_provider_out_of_reach_is_recorded_as_such() {
    let world = World::new(&quotes(&["AAPL"])).await;
    let gone = Yahoo::new(patient("http://127.0.0.1:1".into())).unwrap();
    let request = weekahead_ingest::IngestRequest::new(vec![symbol("AAPL")], session("2012-10-01"));
    let report = weekahead_ingest::ingest(&world.lake, &gone, &clock(NOW), &request, &|_| {}).await.unwrap();
    let record = report.record.unwrap();
    assert_eq!((record.rows_accepted, record.objects.len()), (0, 0), "only the failure is recorded");
}
