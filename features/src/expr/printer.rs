//! Tree to text: the normalised form, with only the parentheses that the tree needs.

use std::fmt;

use super::{BinaryOp, Expr, UnaryOp};

/// How tightly the outermost operator of an expression binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Comparison,
    Sum,
    Product,
    Sign,
    Atom,
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(value) => number(f, *value),
            Self::Field(field) => f.write_str(field.name()),
            Self::Unary(UnaryOp::Neg, input) => {
                f.write_str("-")?;
                operand(f, input, Binding::Sign)
            }
            Self::Unary(op, input) => write!(f, "{}({input})", op.name()),
            Self::Binary(op, left, right) => binary(f, *op, left, right),
            Self::If(condition, yes, no) => write!(f, "If({condition}, {yes}, {no})"),
            Self::Rolling(op, input, window) => write!(f, "{}({input}, {window})", op.name()),
            Self::Quantile(input, window, level) => {
                write!(f, "Quantile({input}, {window}, ")?;
                number(f, *level)?;
                f.write_str(")")
            }
            Self::Pair(op, left, right, window) => write!(f, "{}({left}, {right}, {window})", op.name()),
            Self::CrossSection(op, input) => write!(f, "{}({input})", op.name()),
        }
    }
}

fn binary(f: &mut fmt::Formatter<'_>, op: BinaryOp, left: &Expr, right: &Expr) -> fmt::Result {
    let (own, right_least) = match infix_binding(op) {
        Binding::Comparison => (Binding::Sum, Binding::Sum),
        Binding::Sum => (Binding::Sum, Binding::Product),
        Binding::Product => (Binding::Product, Binding::Sign),
        _ => return write!(f, "{}({left}, {right})", op.name()),
    };
    operand(f, left, own)?;
    write!(f, " {} ", op.name())?;
    operand(f, right, right_least)
}

/// An operand, in parentheses when it binds less than its place needs.
fn operand(f: &mut fmt::Formatter<'_>, expr: &Expr, least: Binding) -> fmt::Result {
    if binding(expr) < least { write!(f, "({expr})") } else { write!(f, "{expr}") }
}

fn binding(expr: &Expr) -> Binding {
    match expr {
        Expr::Binary(op, ..) => infix_binding(*op),
        Expr::Unary(UnaryOp::Neg, _) => Binding::Sign,
        _ => Binding::Atom,
    }
}

fn infix_binding(op: BinaryOp) -> Binding {
    match op {
        BinaryOp::Add | BinaryOp::Sub => Binding::Sum,
        BinaryOp::Mul | BinaryOp::Div => Binding::Product,
        BinaryOp::Power | BinaryOp::Greater | BinaryOp::Less => Binding::Atom,
        _ => Binding::Comparison,
    }
}

/// The shortest digits that read back as the same number.
fn number(f: &mut fmt::Formatter<'_>, value: f64) -> fmt::Result {
    if value == 0.0 || (1e-5..1e15).contains(&value.abs()) {
        write!(f, "{value}")
    } else {
        write!(f, "{value:e}")
    }
}
