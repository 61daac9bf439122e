//! The expression language: text to tree and back.
//!
//! | written | meaning |
//! |---|---|
//! | `open high low close vwap` | prices of the session, chained forward over splits and dividends |
//! | `volume` | shares traded, in shares of before the splits |
//! | `raw_open` ... `raw_volume` | the same as traded |
//! | `day_of_week day_of_month month days_to_month_end` | of the session's date |
//! | `+ - * /`, unary `-`, `> >= < <= == !=` | arithmetic; comparisons yield 1 or 0 |
//! | `Abs(x) Sign(x) Log(x) Power(x, y) Greater(x, y) Less(x, y) If(c, x, y)` | in the session itself |
//! | `Ref(x, n)` | `x` of `n` sessions ago |
//! | `Delta(x, n)` | `x - Ref(x, n)` |
//! | `Sum Mean Var Std Skew Kurt Max Min IdxMax IdxMin Med Mad Rank Count Slope Rsquare Resi WMA EMA` of `(x, n)` | over the last `n` values of `x`, the present one included |
//! | `Quantile(x, n, level)` | the same, with a level in 0..=1 |
//! | `Corr(x, y, n) Cov(x, y, n)` | over the last `n` values of `x` and `y` |
//! | `CsRank(x) CsZscore(x)` | over all symbols of the session |
//!
//! A `$` before a field, as in Qlib, changes nothing. Windows count the sessions in which the symbol traded.
//!
//! # Missing values
//! NaN is missing, and so is every result that is not finite (`Log(0)`, `1 / 0`). A missing input makes the
//! result missing; a window with a missing value in it, or that is not full yet, has a missing result. `If` looks
//! only at the branch it takes.
//!
//! # Source
//! Qlib's expression engine (`qlib/data/ops.py`). It differs where Qlib fills windows that are not full
//! (`min_periods=1`), compares with missing values as false, and lets `Ref` look ahead: none of that exists here.

mod ast;
mod field;
mod lexer;
mod operator;
mod parse_error;
mod parser;
mod printer;

pub use ast::Expr;
pub(crate) use ast::reach;
pub use field::Field;
pub use operator::{BinaryOp, CrossSectionOp, PairOp, RollingOp, UnaryOp};
pub use parse_error::ParseError;
pub(crate) use parser::{Fault, parse};
