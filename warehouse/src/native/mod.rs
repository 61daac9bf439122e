//! Columns over the wire, in ClickHouse's Native format.

mod blocks;
mod numbers;

pub(crate) use blocks::{Symbols, column, session};
pub(crate) use numbers::{NumberBlock, Numbers};
