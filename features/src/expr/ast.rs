//! The tree of an expression, and how far to the left it reaches.

use super::{BinaryOp, CrossSectionOp, Field, PairOp, ParseError, RollingOp, UnaryOp, parser};
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
    /// `Quantile(x, n, level)`: the quantile of the last values, interpolated linearly; the level is in 0..=1.
    Quantile(Box<Expr>, usize, f64),
    /// A function of the last values of two inputs; the number is its window, in sessions.
    Pair(PairOp, Box<Expr>, Box<Expr>, usize),
    /// A function of the values of all symbols in the session.
    CrossSection(CrossSectionOp, Box<Expr>),
}

impl Expr {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`ParseError`], with the place and a hint.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parser::parse(text, &mut |_| None)
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
            Self::Rolling(op, input, window) => input.look_back() + reach(*op, *window),
            Self::Quantile(input, window, _) => input.look_back() + window - 1,
            Self::Pair(_, left, right, window) => left.look_back().max(right.look_back()) + window - 1,
            _ => self.inputs().map(Self::look_back).max().unwrap_or(1),
        }
    }

    /// The expressions that it is a function of, left to right.
    pub fn inputs(&self) -> impl Iterator<Item = &Self> {
        let inputs = match self {
            Self::Number(_) | Self::Field(_) => [None, None, None],
            Self::Unary(_, x)
            | Self::Rolling(_, x, _)
            | Self::Quantile(x, _, _)
            | Self::CrossSection(_, x) => [Some(x), None, None],
            Self::Binary(_, x, y) | Self::Pair(_, x, y, _) => [Some(x), Some(y), None],
            Self::If(condition, yes, no) => [Some(condition), Some(yes), Some(no)],
        };
        inputs.into_iter().flatten().map(AsRef::as_ref)
    }

    /// How many operators it has.
    pub fn operators(&self) -> usize {
        let own = usize::from(!matches!(self, Self::Number(_) | Self::Field(_)));
        own + self.inputs().map(Self::operators).sum::<usize>()
    }

    /// Whether no bar counts in it: it follows from dates alone.
    ///
    /// ```
    /// use weekahead_features::expr::Expr;
    /// let is_of_dates = |text: &str| Expr::parse(text).unwrap().is_of_dates();
    /// assert!(is_of_dates("month == 1"));
    /// assert!(!is_of_dates("If(month == 1, volume, 0)"));
    /// ```
    pub fn is_of_dates(&self) -> bool {
        match self {
            Self::Field(field) => field.is_of_date(),
            _ => self.inputs().all(Self::is_of_dates),
        }
    }

    /// Whether its value depends on other symbols.
    pub fn is_cross_sectional(&self) -> bool {
        matches!(self, Self::CrossSection(..)) || self.inputs().any(Self::is_cross_sectional)
    }
}

/// How many sessions before the present one an operator reads of its input.
pub(crate) fn reach(op: RollingOp, window: usize) -> usize {
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
