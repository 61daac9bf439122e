//! A quote provider on this machine: answers Yahoo's chart API from files of quotes.
//!
//! The demo, the tests and the benchmarks ask it as they would ask Yahoo. Its present is the request's `period2`:
//! prices are adjusted for the splits up to then, later sessions do not exist, so that a virtual clock sees what
//! it would have seen. Faults can be planned for tests.

mod adjust;
mod chart;
mod faults;
mod file;
mod infer;
mod quotes;
mod server;
mod store;

pub use faults::{Fault, FaultPlan, FaultRule};
pub use infer::infer_actions;
pub use quotes::{DayQuote, SymbolQuotes};
pub use server::{ReplayConfig, ReplayHandle, ReplayRequest, serve, serve_store};
pub use store::QuoteStore;
