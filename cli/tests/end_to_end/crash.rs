//! Kill anything at any point: the next run finishes with the same tables as an undisturbed one.

use nix::sys::signal::{Signal, kill, killpg};

use crate::platform::{Platform, Running};

/// A shorter demo: two symbols, seven years.
const DEMO: [&str; 6] = ["demo", "--stay", "--symbols", "IBM,MSFT", "--since", "2006-01-03"];

/// After which line of the demo what is killed: the demo itself or one of its services.
const CRASHES: [(&str, &str); 12] = [
    ("starting lake, warehouse", "demo"),
    ("asking the provider", "demo"),
    ("asking the provider", "lake"),
    ("building and testing dbt models", "warehouse"),
    ("computing feature views", "demo"),
    ("computing feature views", "warehouse"),
    ("backtesting models", "mlflow"),
    ("backtesting models", "demo"),
    ("forecasting the week ahead", "warehouse"),
    ("the week ending 2013-02-08", "replay-provider"),
    ("the week ending 2013-02-22", "demo"),
    ("starting the HTTP API", "demo"),
];

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_step_it_ends_with_the_same_tables() {
    let undisturbed = Platform::new();
    let expected = finish(&undisturbed).await;

    let disturbed = Platform::new();
    for (line, victim) in CRASHES {
        let mut demo = Running::start(disturbed.weekahead(&DEMO));
        demo.until(line).await;
        match victim {
            "demo" => demo.signal(Signal::SIGKILL),
            // MLflow's workers are a group; killing the leader alone would leave them to the next start.
            "mlflow" => killpg(disturbed.pid_of(victim), Signal::SIGKILL).unwrap(),
            service => kill(disturbed.pid_of(service), Signal::SIGKILL).unwrap(),
        }
        let (code, said) = demo.end().await;
        if victim != "demo" {
            assert_eq!(code, Some(2), "{victim} was killed after `{line}`:\n{said}");
            assert!(said.lines().last().is_some_and(|last| last.starts_with("error: ")), "{said}");
        }
    }
    assert_eq!(finish(&disturbed).await, expected);
}

/// Runs the demo to its end and says what the tables hold.
async fn finish(platform: &Platform) -> Vec<(String, String)> {
    let mut demo = Running::start(platform.weekahead(&DEMO));
    demo.until("the HTTP API answers").await;
    let digests = platform.digests().await;
    demo.signal(Signal::SIGTERM);
    demo.end().await;
    platform.until_silent().await;
    digests
}
