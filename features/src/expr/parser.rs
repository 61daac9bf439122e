//! Tokens to tree, by recursive descent.

use std::ops::Range;

use super::lexer::{self, Kind, Token};
use super::operator::Function;
use super::{BinaryOp, Expr, Field, PairOp, ParseError, RollingOp, UnaryOp};
use crate::nearest;

/// How deep parentheses and calls may nest, and how many operators one expression may have: both keep the
/// recursion over a tree within any thread's stack.
const MAX_NESTING: usize = 64;
const MAX_OPERATORS: usize = 500;
/// Ten years of sessions.
const MAX_WINDOW: usize = 2_520;

const COMPARISONS: [BinaryOp; 6] =
    [BinaryOp::Gt, BinaryOp::Ge, BinaryOp::Lt, BinaryOp::Le, BinaryOp::Eq, BinaryOp::Ne];

/// What a name that is no field stands for: the expression of another feature, or why it cannot be had.
pub(crate) type Lookup<'a> = dyn FnMut(&str) -> Option<Result<Expr, Fault>> + 'a;

/// Why a name cannot be looked up: what is wrong and what to do.
pub(crate) struct Fault {
    pub message: String,
    pub hint: String,
}

/// Reads one expression, all of the text.
pub(crate) fn parse(text: &str, lookup: &mut Lookup<'_>) -> Result<Expr, ParseError> {
    let mut parser = Parser { text, tokens: lexer::tokens(text)?, at: 0, nesting: 0, operators: 0, lookup };
    let expr = parser.comparison()?;
    match parser.peek().kind {
        Kind::End => Ok(expr),
        Kind::Sign(")") => {
            Err(parser.error_here("this `)` closes nothing", "remove it, or open a `(` before"))
        }
        Kind::Sign(sign @ (">" | ">=" | "<" | "<=" | "==" | "!=")) => Err(parser.error_here(
            format!("a second comparison `{sign}`"),
            "comparisons do not chain: add parentheses",
        )),
        _ => Err(parser.error_here(
            "an operator is missing before this",
            "write + - * / or a comparison between two values",
        )),
    }
}

struct Parser<'a, 'b> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
    nesting: usize,
    operators: usize,
    lookup: &'b mut Lookup<'b>,
}

impl<'a> Parser<'a, '_> {
    fn comparison(&mut self) -> Result<Expr, ParseError> {
        let left = self.chain(&[BinaryOp::Add, BinaryOp::Sub])?;
        let Some(op) = self.take_infix(&COMPARISONS) else { return Ok(left) };
        self.count_operator()?;
        let right = self.chain(&[BinaryOp::Add, BinaryOp::Sub])?;
        Ok(Expr::Binary(op, left.into(), right.into()))
    }

    /// Left-associative operators of one precedence; `+ -` binds less than `* /`.
    fn chain(&mut self, ops: &[BinaryOp]) -> Result<Expr, ParseError> {
        let product = [BinaryOp::Mul, BinaryOp::Div];
        let is_sum = ops[0] == BinaryOp::Add;
        let operand = |parser: &mut Self| if is_sum { parser.chain(&product) } else { parser.unary() };
        let mut left = operand(self)?;
        while let Some(op) = self.take_infix(ops) {
            self.count_operator()?;
            left = Expr::Binary(op, left.into(), operand(self)?.into());
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, ParseError> {
        self.nest(|parser| {
            if parser.take_sign("-") {
                parser.count_operator()?;
                return Ok(Expr::Unary(UnaryOp::Neg, parser.unary()?.into()));
            }
            parser.primary()
        })
    }

    fn primary(&mut self) -> Result<Expr, ParseError> {
        let token = self.next();
        match token.kind {
            Kind::Number(value) => Ok(Expr::Number(value)),
            Kind::Name(name) if self.peek().kind == Kind::Sign("(") => self.call(name, token.span),
            Kind::Name(name) | Kind::Dollar(name) => self.field(name, token.span),
            Kind::Sign("(") => {
                let inner = self.comparison()?;
                self.expect(")", "close the parenthesis")?;
                Ok(inner)
            }
            Kind::End => Err(self.error(
                token.span,
                "the expression ends here",
                "a value is missing: a field, a number or an operator",
            )),
            Kind::Sign(sign) => {
                let hint = "a value belongs here: a field, a number or an operator";
                Err(self.error(token.span, format!("unexpected `{sign}`"), hint))
            }
        }
    }

    fn field(&mut self, name: &str, span: Range<usize>) -> Result<Expr, ParseError> {
        if let Some(field) = Field::named(name) {
            return Ok(Expr::Field(field));
        }
        if let Some(found) = (self.lookup)(name) {
            let expr = found.map_err(|fault| self.error(span, fault.message, fault.hint))?;
            self.count_operators(expr.operators())?;
            return Ok(expr);
        }
        let (message, hint) = match Function::named(name) {
            Some(function) => (format!("`{name}` is an operator"), format!("write `{}`", function.usage())),
            None => {
                (format!("unknown field `{name}`"), suggestion(name, Field::ALL.iter().map(|f| f.name())))
            }
        };
        Err(self.error(span, message, hint))
    }

    fn call(&mut self, name: &str, span: Range<usize>) -> Result<Expr, ParseError> {
        let Some(function) = Function::named(name) else {
            return Err(self.unknown_operator(name, span));
        };
        self.count_operator()?;
        self.next();
        let usage = format!("write `{}`", function.usage());
        let expr = match function {
            Function::Unary(op) => Expr::Unary(op, self.argument()?),
            Function::Binary(op) => Expr::Binary(op, self.argument_then_comma(&usage)?, self.argument()?),
            Function::If => {
                let condition = self.argument_then_comma(&usage)?;
                Expr::If(condition, self.argument_then_comma(&usage)?, self.argument()?)
            }
            Function::Rolling(op) => {
                let input = self.argument_then_comma(&usage)?;
                let looks_back = matches!(op, RollingOp::Ref | RollingOp::Delta);
                Expr::Rolling(op, input, self.window(name, op.min_window(), looks_back)?)
            }
            Function::Quantile => {
                let input = self.argument_then_comma(&usage)?;
                let window = self.window(name, 1, false)?;
                self.expect(",", &usage)?;
                Expr::Quantile(input, window, self.level()?)
            }
            Function::Pair(op) => {
                let left = self.argument_then_comma(&usage)?;
                let right = self.argument_then_comma(&usage)?;
                Expr::Pair(op, left, right, self.window(name, PairOp::MIN_WINDOW, false)?)
            }
            Function::CrossSection(op) => Expr::CrossSection(op, self.argument()?),
        };
        self.expect(")", &usage)?;
        Ok(expr)
    }

    fn unknown_operator(&self, name: &str, span: Range<usize>) -> ParseError {
        if Field::named(name).is_some() {
            return self.error(span, format!("`{name}` is a field"), "write an operator between it and `(`");
        }
        let hint = suggestion(name, Function::all().map(|(known, _)| known));
        self.error(span, format!("unknown operator `{name}`"), hint)
    }

    fn argument(&mut self) -> Result<Box<Expr>, ParseError> {
        Ok(self.comparison()?.into())
    }

    fn argument_then_comma(&mut self, usage: &str) -> Result<Box<Expr>, ParseError> {
        let argument = self.argument()?;
        self.expect(",", usage)?;
        Ok(argument)
    }

    /// A number of sessions; `looks_back` says that a negative one would reach into the future.
    fn window(&mut self, name: &str, least: usize, looks_back: bool) -> Result<usize, ParseError> {
        let (value, span) = self.number(name, "window", "write how many sessions, such as 20")?;
        if value < 0.0 && looks_back {
            let hint = format!("use {least} or more: an expression reaches only to the past");
            return Err(self.error(span, format!("`{name}` cannot look into the future"), hint));
        }
        if value.fract() != 0.0 || value < least as f64 || value > MAX_WINDOW as f64 {
            let hint = format!("use a whole number of sessions, {least} to {MAX_WINDOW}");
            return Err(self.error(span, format!("{value} is no window of `{name}`"), hint));
        }
        Ok(value as usize)
    }

    fn level(&mut self) -> Result<f64, ParseError> {
        let (value, span) = self.number("Quantile", "level", "write a share, such as 0.8")?;
        if (0.0..=1.0).contains(&value) {
            return Ok(value);
        }
        Err(self.error(span, format!("{value} is no level of `Quantile`"), "use a share from 0 to 1"))
    }

    /// A literal number, with its sign, and its place.
    fn number(&mut self, name: &str, what: &str, hint: &str) -> Result<(f64, Range<usize>), ParseError> {
        let start = self.peek().span.start;
        let negative = self.take_sign("-");
        let token = self.next();
        let span = start..token.span.end;
        match token.kind {
            Kind::Number(value) if negative && value != 0.0 => Ok((-value, span)),
            Kind::Number(value) => Ok((value, span)),
            _ => Err(self.error(span, format!("the {what} of `{name}` is not a number"), hint)),
        }
    }

    fn nest<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, ParseError>) -> Result<T, ParseError> {
        if self.nesting == MAX_NESTING {
            let message = format!("nested more than {MAX_NESTING} deep");
            return Err(self.error_here(message, "split it into simpler features"));
        }
        self.nesting += 1;
        let result = inner(self);
        self.nesting -= 1;
        result
    }

    fn count_operator(&mut self) -> Result<(), ParseError> {
        self.count_operators(1)
    }

    fn count_operators(&mut self, more: usize) -> Result<(), ParseError> {
        self.operators += more;
        if self.operators <= MAX_OPERATORS {
            return Ok(());
        }
        Err(self.error_here(format!("more than {MAX_OPERATORS} operators"), "split it into simpler features"))
    }

    fn take_infix(&mut self, ops: &[BinaryOp]) -> Option<BinaryOp> {
        let Kind::Sign(sign) = self.peek().kind else { return None };
        let op = ops.iter().copied().find(|op| op.name() == sign)?;
        self.next();
        Some(op)
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek().kind, Kind::Sign(here) if here == sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str, hint: &str) -> Result<(), ParseError> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.error_here(format!("expected `{sign}`"), hint)) }
    }

    fn peek(&self) -> &Token<'a> {
        &self.tokens[self.at]
    }

    /// The `End` is never passed.
    fn next(&mut self) -> Token<'a> {
        let token = self.peek().clone();
        self.at += usize::from(token.kind != Kind::End);
        token
    }

    fn error_here(&self, message: impl Into<String>, hint: impl Into<String>) -> ParseError {
        self.error(self.peek().span.clone(), message, hint)
    }

    fn error(&self, span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) -> ParseError {
        ParseError::new(self.text, span, message, hint)
    }
}

/// The nearest known word, or all of them.
fn suggestion(word: &str, known: impl Iterator<Item = &'static str>) -> String {
    let known: Vec<_> = known.collect();
    match nearest(word, known.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("there are {}", known.join(" ")),
    }
}
