//! Sixteen weeks of 2012, with one of every event and fault, and the same weeks with nothing going wrong: the tables are the same.

use std::path::Path;

use serde_json::Value;

use crate::platform::{Platform, repository};

/// The range, and nothing of FB, which is not traded yet.
const WEEKS: [&str; 9] = [
    "simulate",
    "--from",
    "2012-01-02",
    "--to",
    "2012-04-20",
    "--since",
    "2007-01-03",
    "--symbols",
    "AAPL,GOOG,IBM,MSFT",
];

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_weeks_end_alike_with_and_without_faults() {
    let (calm, stormy) = (Platform::new(), Platform::new());
    let plan = repository().join("simulation/plans/sixteen_weeks.toml").display().to_string();
    let (calm_file, stormy_file) = (calm.home().join("hashes.json"), stormy.home().join("hashes.json"));
    let (calm_file, stormy_file) = (calm_file.display().to_string(), stormy_file.display().to_string());
    let undisturbed = [&WEEKS[..], &["--faults", &plan, "--undisturbed", "--write", &calm_file]].concat();
    let disturbed = [&WEEKS[..], &["--faults", &plan, "--write", &stormy_file]].concat();
    let (calm_end, stormy_end) = tokio::join!(calm.run(&undisturbed), stormy.run(&disturbed));
    assert_eq!(calm_end.0, 0, "{}", calm_end.2);
    assert_eq!(stormy_end.0, 0, "{}", stormy_end.2);

    let told = stormy_end.2;
    for fault in [
        "`ingest` killed at",
        "`features build` killed at",
        "`train` killed at",
        "`forecast` killed at",
        "4 symbols not answered for",
        "waits for AAPL 2012-01-17 and",
        "made up for 2012-02-17",
        "waits for IBM 2012-01-13",
    ] {
        assert!(told.contains(fault), "it never said `{fault}`:\n{told}");
    }
    assert!(!calm_end.2.contains("killed"), "{}", calm_end.2);

    let (calm_tables, stormy_tables) = (tables(&calm_file), tables(&stormy_file));
    for (name, held) in calm_tables.as_object().unwrap() {
        assert!(held["rows"].as_u64().unwrap() > 0, "{name} is empty");
        assert_eq!(Some(held), stormy_tables.get(name), "{name} differs");
    }
    assert_eq!(calm_tables, stormy_tables);

    another_life_is_refused(&calm, &plan).await;
}

/// A home has one life.
async fn another_life_is_refused(platform: &Platform, plan: &str) {
    let other = [&WEEKS[..], &["--faults", plan, "--seed", "7"]].concat();
    let (code, _, said) = platform.run(&other).await;
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("another simulation lives in") && said.contains("--home"), "{said}");
}

#[tokio::test]
async fn what_cannot_be_simulated_is_told_before_anything_is_started() {
    let platform = Platform::new();
    let refused = async |more: &[&str], why: &str| {
        let (code, _, said) = platform.run(&[&["simulate"], more].concat()).await;
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(why), "{said}");
    };
    refused(
        &["--from", "2012-01-02", "--to", "2014-01-03"],
        "the quotes reach from 2006-12-29 to 2013-03-01",
    )
    .await;
    refused(&["--from", "2000-06-01", "--to", "2001-01-05"], "a year before the first week is needed").await;
    refused(&["--from", "2012-01-03", "--to", "2012-01-05"], "no week ends between").await;
    refused(&["--from", "2012-01-03", "--to", "2012-02-03", "--symbols", "NOPE"], "no quotes of NOPE").await;
    let plan = platform.home().join("plan.toml");
    let range = [
        "--from",
        "2012-01-03",
        "--to",
        "2012-02-03",
        "--symbols",
        "IBM",
        "--faults",
        plan.to_str().unwrap(),
    ];
    let text =
        "[[events]]\nkind = 'split'\nsymbol = 'IBM'\nsession = '2012-01-18'\nratio = 2.0\nweeks_later = 9\n";
    std::fs::write(&plan, text).unwrap();
    refused(&range, "weeks_later must be 1 or 2").await;
    std::fs::write(&plan, "[seeded]\nfaults = 1000\n").unwrap();
    refused(&range, "of 1000 faults fit beside each other").await;
    std::fs::write(&plan, "[[fault]]\n").unwrap();
    refused(&range, "no plan of a simulation").await;
    assert!(!platform.home().join("run").exists(), "something was started");
}

fn tables(file: impl AsRef<Path>) -> Value {
    let all: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    all["tables"].clone()
}
