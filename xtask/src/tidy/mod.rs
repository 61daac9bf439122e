//! The checks, one a file: each takes the repository and returns what is to be mended.

mod architecture;
mod docs;
mod finding;
mod headers;
mod layers;
mod lints;
mod marks;
mod repository;
mod runner;
mod sizes;

pub use runner::run;
