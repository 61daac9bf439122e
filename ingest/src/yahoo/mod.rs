//! Yahoo's chart API (v8): asking, reading the answer, undoing its split adjustment.
//!
//! `GET /v8/finance/chart/{symbol}?period1=..&period2=..&interval=1d&events=div,split`. Nothing of it is
//! documented by Yahoo; the shapes here are those of captured answers.

mod actions;
mod answer;
mod client;
mod columns;
mod config;
mod exchange;
mod parse;
mod refusal;
mod unadjust;

pub use client::{Asked, ChartRequest, RawAnswer, Yahoo};
pub use config::YahooConfig;
pub use exchange::Exchanges;
pub(crate) use parse::PARTIAL;
pub use parse::{ParsedChart, Quote, Reject, parse_chart};
