//! The platform as its users run it: the real binary, the real engine, real MLflow, real dbt, real quotes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod crash;
mod demo;
mod faults;
mod features;
mod flaky;
mod imported;
mod load;
mod marts;
mod mlflow;
mod models;
mod native;
mod outages;
mod page;
mod platform;
mod schedule;
mod services;
mod simulate;
mod training;
mod write_back;
