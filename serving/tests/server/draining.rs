//! The stop: seen by load balancers, gentle to requests under way, and not for ever.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::away::{Raw, metric, served, until};

#[tokio::test]
async fn requests_under_way_are_answered_and_idle_connections_closed() {
    let server = served(|settings| settings.limits.drain_delay = Duration::from_secs(1)).await;
    let addr = server.local_addr();
    let (mut under_way, mut idle) = (Raw::connect(&server).await, Raw::connect(&server).await);
    let (mut prober, silent) = (Raw::connect(&server).await, Raw::connect(&server).await);
    idle.say("GET /v1/features HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(idle.answer().await.0, 200);
    under_way.begin(4).await;
    until("it is under way", async || metric(&server, "weekahead_http_requests_in_flight").await == 2.0)
        .await;

    let stopping = tokio::spawn(server.shutdown());
    // Load balancers are told at once; what they still send is answered.
    let probe = async |prober: &mut Raw| {
        prober.say("GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n").await;
        prober.answer().await
    };
    let mut told = probe(&mut prober).await;
    while told.2["code"] != "draining" {
        told = probe(&mut prober).await;
    }
    assert_eq!((told.0, &told.2["code"]), (503, &Value::from("draining")));
    prober.say("GET /v1/features HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(prober.answer().await.0, 200);

    assert_eq!(idle.closed().await, "");
    assert_eq!(silent.closed().await, "");
    assert!(tokio::net::TcpStream::connect(addr).await.is_err(), "nothing new is taken");
    assert!(!stopping.is_finished());
    under_way.say("oops").await;
    let (status, head, _) = under_way.answer().await;
    assert_eq!(status, 400);
    assert!(head.contains("connection: close"), "{head}");
    tokio::time::timeout(Duration::from_secs(5), stopping).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_broken_off() {
    let server = served(|settings| settings.limits.drain = Duration::from_millis(300)).await;
    let mut under_way = Raw::connect(&server).await;
    under_way.begin(4).await;
    until("it is under way", async || metric(&server, "weekahead_http_requests_in_flight").await == 2.0)
        .await;
    let started = Instant::now();
    server.shutdown().await;
    assert!((Duration::from_millis(300)..Duration::from_secs(5)).contains(&started.elapsed()));
    assert_eq!(under_way.closed().await, "");
}
