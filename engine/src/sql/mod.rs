//! Reading SQL as the engine's own lexer reads it: enough to split statements from data and to see what they touch.

mod insert;
mod lexer;
mod script;

pub(crate) use insert::{InsertHead, Scan, scan_insert};
pub(crate) use lexer::{Kind, Lexer, Token};
pub(crate) use script::Script;
