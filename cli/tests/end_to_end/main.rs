//! The platform as its users run it: the real binary, the real engine, real MLflow, real dbt, real quotes.

mod crash;
mod demo;
mod faults;
mod platform;
