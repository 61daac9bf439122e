//! Runs of the schedule and claims to its lease come back as they were written, the latest state once.

use jiff::SignedDuration;
use weekahead_market::AsOf;
use weekahead_warehouse::{LeaseEvent, ScheduleRun, ScheduleRunFilter, ScheduleStatus};

use crate::support::{as_of, migrated};

fn run(job: &str, day: &str, status: ScheduleStatus, attempt: u32) -> ScheduleRun {
    let fires_at = as_of(&format!("2013-01-{day}T23:00:00Z")).instant();
    ScheduleRun {
        job: job.to_owned(),
        fires_at,
        status,
        attempt,
        in_past: day < "25",
        holder: "host:1:abc".to_owned(),
        started_at: fires_at,
        finished_at: fires_at + SignedDuration::from_secs(7),
        detail: format!("{status} it's"),
    }
}

#[tokio::test]
async fn a_run_is_its_latest_attempt_whatever_was_written_last() {
    let (engine, warehouse) = migrated().await;
    let read =
        async |at: AsOf, filter: ScheduleRunFilter| warehouse.schedule_runs(at, &filter).await.unwrap();
    let at = as_of("2013-02-01");
    let succeeded = run("a", "25", ScheduleStatus::Succeeded, 2);
    let rows = [
        succeeded.clone(),
        run("a", "24", ScheduleStatus::Succeeded, 1),
        run("b", "25", ScheduleStatus::Skipped, 0),
        // Written late, by an instance that had lost the lease.
        run("a", "25", ScheduleStatus::Running, 1),
        run("a", "25", ScheduleStatus::Interrupted, 1),
        run("a", "25", ScheduleStatus::Running, 2),
    ];
    for row in &rows {
        warehouse.write_schedule_runs(std::slice::from_ref(row)).await.unwrap();
    }
    let all = read(at, ScheduleRunFilter::default()).await;
    assert_eq!(all, [succeeded.clone(), rows[2].clone(), rows[1].clone()]);
    let of_a =
        ScheduleRunFilter { job: Some("a".to_owned()), newest: Some(1), ..ScheduleRunFilter::default() };
    assert_eq!(read(at, of_a).await, [succeeded]);
    let newest = ScheduleRunFilter { newest_of_job: Some(1), ..ScheduleRunFilter::default() };
    assert_eq!(read(at, newest).await.len(), 2);
    let day = rows[1].fires_at;
    let of_day = ScheduleRunFilter { fires: Some((day, day)), ..ScheduleRunFilter::default() };
    assert_eq!(read(at, of_day).await, rows[1..2]);
    assert_eq!(read(as_of("2013-01-24"), ScheduleRunFilter::default()).await, rows[1..2]);
    engine.stop().await;
}

#[tokio::test]
async fn claims_come_in_the_order_of_the_servers_clock() {
    let (engine, warehouse) = migrated().await;
    let minute = SignedDuration::from_secs(60);
    for (holder, event) in [
        ("host:2:b", LeaseEvent::Claim),
        ("host:1:a", LeaseEvent::Claim),
        ("host:2:b", LeaseEvent::Heartbeat),
        ("host:1:a", LeaseEvent::Release),
        ("host:3:c", LeaseEvent::Release),
    ] {
        warehouse.write_lease_event("schedule", holder, "here", event, minute).await.unwrap();
    }
    warehouse.write_lease_event("another", "host:4:d", "", LeaseEvent::Claim, minute).await.unwrap();
    let claims = warehouse.lease_claims("schedule").await.unwrap();
    let holders: Vec<_> = claims.iter().map(|claim| (claim.holder.as_str(), claim.released)).collect();
    assert_eq!(holders, [("host:2:b", false), ("host:1:a", true)]);
    let first = &claims[0];
    assert!(first.claimed_at < first.extended_at && first.extended_at <= first.now);
    assert_eq!(first.longest_gap, first.extended_at.duration_since(first.claimed_at));
    assert_eq!((first.place.as_str(), first.lease), ("here", minute));
    assert!(warehouse.lease_claims("nobody's").await.unwrap().is_empty());
    engine.stop().await;
}
