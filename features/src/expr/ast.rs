//! The tree of an expression, and how far to the left it reaches.

use super::{BinaryOp, Field, ParseError, RollingOp, UnaryOp, parser};
use crate::kernel::Ema;

/// An expression over the bars of one symbol: one value a session.
///
/// Its `Display` is the normalised form: one spelling for all texts that mean the same tree.
///
/// ```
/// use weekahead_features::expr::Expr;
/// let expr: Expr = "( Mean($close,20) )/$close".parse().unwrap();
/// assert_eq!(expr.to_string(), "Mean(close, 20) / close");
/// assert_eq!(expr.look_back(), 20);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Expr {
    /// A constant.
    Number(f64),
    /// A value of the session.
    Field(Field),
    /// A function of one value of the same session.
    Unary(UnaryOp, Box<Expr>),
    /// A function of two values of the same session.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// The second where the first is not 0, else the third.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A function of the last values; the number is its window, in sessions.
    Rolling(RollingOp, Box<Expr>, usize),
}

impl Expr {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`ParseError`], with the place and a hint.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parser::parse(text)
    }

    /// How many sessions one value needs, its own included.
    ///
    /// ```
    /// use weekahead_features::expr::Expr;
    /// let look_back = |text: &str| Expr::parse(text).unwrap().look_back();
    /// assert_eq!(look_back("close"), 1);
    /// assert_eq!(look_back("Ref(close, 5)"), 6);
    /// assert_eq!(look_back("Std(close / Ref(close, 1), 20)"), 21);
    /// ```
    pub fn look_back(&self) -> usize {
        match self {
            Self::Number(_) | Self::Field(_) => 1,
            Self::Unary(_, input) => input.look_back(),
            Self::Binary(_, left, right) => left.look_back().max(right.look_back()),
            Self::If(condition, yes, no) => condition.look_back().max(yes.look_back()).max(no.look_back()),
            Self::Rolling(op, input, window) => input.look_back() + reach(*op, *window),
        }
    }
}

/// How many sessions before the present one an operator reads of its input.
fn reach(op: RollingOp, window: usize) -> usize {
    match op {
        RollingOp::Ref | RollingOp::Delta => window,
        RollingOp::Ema => Ema::length(window) - 1,
        _ => window - 1,
    }
}

impl std::str::FromStr for Expr {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}
