//! When an exchange trades: [`Calendar`] counts sessions, [`nyse`] knows the rules.

mod count;
pub mod nyse;

pub use count::Calendar;
