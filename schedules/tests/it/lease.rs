//! The lease against the real engine: who holds it, and how it goes from one to another.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use weekahead_schedules::Error;
use weekahead_schedules::lease::{Access, Holder, Lease, LeaseTimes, holding};
use weekahead_warehouse::{LeaseEvent, Warehouse};

use crate::support::{Engine, listener};

const SETTLE: Duration = Duration::from_millis(500);
const LENGTH: Duration = Duration::from_secs(3);

fn times() -> LeaseTimes {
    LeaseTimes::new(LENGTH, SETTLE).unwrap()
}

async fn take(warehouse: &Warehouse, access: Access) -> weekahead_schedules::Result<Lease> {
    Lease::acquire(warehouse, "schedule", times(), access, &listener().0).await
}

/// Who holds the lease by what is on record.
async fn held_by(warehouse: &Warehouse) -> Option<String> {
    let claims = warehouse.lease_claims("schedule").await.unwrap();
    holding(&claims, SETTLE).map(|claim| claim.holder.clone())
}

/// A sign of life of somebody on another machine.
async fn say(warehouse: &Warehouse, holder: &str, event: LeaseEvent) {
    let length = SignedDuration::try_from(LENGTH).unwrap();
    warehouse.write_lease_event("schedule", holder, "elsewhere", event, length).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_holds_it_and_the_others_follow_one_by_one() {
    let (engine, warehouse) = Engine::migrated().await;
    let claims = (0..6).map(|_| {
        let warehouse = warehouse.clone();
        tokio::spawn(async move { take(&warehouse, Access::Refuse).await })
    });
    let mut leases = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        match claim.await.unwrap() {
            Ok(lease) => leases.push(lease),
            Err(error) => assert!(matches!(error, Error::Held { .. }), "{error}"),
        }
    }
    assert_eq!(leases.len(), 1);
    let lease = leases.remove(0);
    assert_eq!(held_by(&warehouse).await.as_deref(), Some(lease.holder()));

    // It goes on for longer than it counts, and to the next one when it is given back.
    let (tell, told) = listener();
    let waiting = {
        let (warehouse, tell) = (warehouse.clone(), tell.clone());
        tokio::spawn(
            async move { Lease::acquire(&warehouse, "schedule", times(), Access::Wait, &tell).await },
        )
    };
    tokio::time::sleep(LENGTH + SETTLE * 2).await;
    assert!(!waiting.is_finished() && lease.lost().borrow().is_none());
    let holder = lease.holder().to_owned();
    lease.release().await;
    let next = waiting.await.unwrap().unwrap();
    assert_ne!(next.holder(), holder);
    let told = told.lock().unwrap().clone();
    assert!(told.len() == 1 && told[0].starts_with("Waiting") && told[0].contains(&holder), "{told:?}");
    next.release().await;
    assert_eq!(held_by(&warehouse).await, None);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_holder_is_waited_for_or_taken_over_and_notices() {
    let (engine, warehouse) = Engine::migrated().await;
    say(&warehouse, "elsewhere:1:a", LeaseEvent::Claim).await;
    let refused = take(&warehouse, Access::Refuse).await.unwrap_err().to_string();
    for word in ["elsewhere:1:a", "since", "runs out at", "--take-over"] {
        assert!(refused.contains(word), "{refused}");
    }
    let began = Instant::now();
    let lease = take(&warehouse, Access::Wait).await.unwrap();
    assert!(began.elapsed() + Duration::from_millis(500) > LENGTH, "{:?}", began.elapsed());
    // It comes back too late, and is not who holds the lease again.
    say(&warehouse, "elsewhere:1:a", LeaseEvent::Heartbeat).await;
    assert_eq!(held_by(&warehouse).await.as_deref(), Some(lease.holder()));

    let mut lost = lease.lost();
    let other = take(&warehouse, Access::TakeOver).await.unwrap();
    let noticed = tokio::time::timeout(Duration::from_millis(1), lost.wait_for(Option::is_some)).await;
    assert!(noticed.is_ok(), "it has stopped before the other begins");
    assert_eq!(held_by(&warehouse).await.as_deref(), Some(other.holder()));
    drop(lease);
    other.release().await;
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_whose_signs_of_life_do_not_get_through_stops_in_time() {
    let (engine, warehouse) = Engine::migrated().await;
    let lease = take(&warehouse, Access::Refuse).await.unwrap();
    let mut lost = lease.lost();
    warehouse.execute("RENAME TABLE ops.schedule_leases TO ops.away").await.unwrap();
    let began = Instant::now();
    let reason = lost.wait_for(Option::is_some).await.unwrap().clone().unwrap();
    assert!(began.elapsed() < LENGTH + Duration::from_millis(300), "{:?}", began.elapsed());
    assert!(reason.contains("no sign of life"), "{reason}");
    warehouse.execute("RENAME TABLE ops.away TO ops.schedule_leases").await.unwrap();
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_died_on_this_machine_is_not_waited_for() {
    let (engine, warehouse) = Engine::migrated().await;
    let me = Holder::of_this_process();
    if !me.place.is_empty() {
        // The same number, given to a process that started at another time.
        let dead = format!("{}0", me.place);
        let length = SignedDuration::from_secs(3_600);
        let claim = warehouse.write_lease_event("schedule", &me.id, &dead, LeaseEvent::Claim, length);
        claim.await.unwrap();
        let began = Instant::now();
        let lease = take(&warehouse, Access::Refuse).await.unwrap();
        assert!(began.elapsed() < LENGTH, "{:?}", began.elapsed());
        lease.release().await;
    }
    engine.stop().await;
}

#[test]
fn times_that_do_not_go_together_are_refused() {
    let error = |length, settle| {
        LeaseTimes::new(Duration::from_secs(length), Duration::from_secs(settle)).unwrap_err().to_string()
    };
    assert!(error(60, 0).contains("settle_seconds is 0"));
    assert!(error(9, 2).contains("lease_seconds = 9 is not between 5 times settle_seconds (2) and 3600"));
    assert!(error(3_601, 2).contains("3600"));
}
