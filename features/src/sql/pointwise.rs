//! Functions of values of the same session. What is not finite is missing, and missing is NaN.

use super::nodes::Nodes;
use crate::expr::{BinaryOp, Expr, Field, UnaryOp};

/// How tightly SQL text binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Sum,
    Product,
    Atom,
}

impl Nodes<'_> {
    /// A value, where it is used: a column's name, or how it is computed. Finite or NaN.
    pub(super) fn value(&self, at: usize) -> String {
        let node = self.node(at);
        match node.expr {
            _ if node.is_column => self.name(at),
            Expr::Number(value) => number(*value),
            _ => self.formula(at),
        }
    }

    /// How a value is computed from those of its session.
    pub(super) fn formula(&self, at: usize) -> String {
        let inputs = &self.node(at).inputs;
        let value = |i: usize| self.value(inputs[i]);
        match self.node(at).expr {
            Expr::Number(value) => number(*value),
            Expr::Field(of) => field(*of),
            Expr::Unary(UnaryOp::Neg, _) => format!("negate({})", value(0)),
            Expr::Unary(UnaryOp::Abs, _) => format!("abs({})", value(0)),
            Expr::Unary(UnaryOp::Sign, _) => self.guarded(inputs, &format!("toFloat64(sign({}))", value(0))),
            Expr::Binary(op, ..) if !is_arithmetic(*op) => self.of_two(*op, inputs),
            Expr::If(..) => {
                let [condition, yes, no] = [value(0), value(1), value(2)];
                format!("multiIf(isNaN({condition}), nan, {condition} != 0, {yes}, {no})")
            }
            _ => format!("ifNotFinite({}, nan)", self.unchecked(at).0),
        }
    }

    /// As [`formula`](Self::formula), but what is not finite may be infinite.
    fn unchecked(&self, at: usize) -> (String, Binding) {
        let node = self.node(at);
        let written_here = |input: usize| !self.node(input).is_column;
        let operand = |input: usize, least: Binding| {
            let (text, binding) =
                if written_here(input) { self.unchecked(input) } else { (self.name(input), Binding::Atom) };
            if binding < least { format!("({text})") } else { text }
        };
        match node.expr {
            Expr::Unary(UnaryOp::Log, _) => {
                (format!("log({})", operand(node.inputs[0], Binding::Sum)), Binding::Atom)
            }
            Expr::Binary(op, ..) if is_arithmetic(*op) => {
                let (own, right_least) = match op {
                    BinaryOp::Add | BinaryOp::Sub => (Binding::Sum, Binding::Product),
                    _ => (Binding::Product, Binding::Atom),
                };
                let left = operand(node.inputs[0], own);
                // What is divided by infinity is finite.
                let right = match op {
                    BinaryOp::Div => self.value(node.inputs[1]),
                    _ => operand(node.inputs[1], right_least),
                };
                (format!("{left} {} {right}", op.name()), own)
            }
            _ => (self.value(at), Binding::Atom),
        }
    }

    fn of_two(&self, op: BinaryOp, inputs: &[usize]) -> String {
        let [x, y] = [self.value(inputs[0]), self.value(inputs[1])];
        match op {
            BinaryOp::Power => self.guarded(inputs, &format!("ifNotFinite(pow({x}, {y}), nan)")),
            BinaryOp::Greater => format!("if({x} > {y} OR isNaN({x}), {x}, {y})"),
            BinaryOp::Less => format!("if({x} < {y} OR isNaN({x}), {x}, {y})"),
            _ => {
                let sign = if op == BinaryOp::Eq { "=" } else { op.name() };
                self.guarded(inputs, &format!("toFloat64({x} {sign} {y})"))
            }
        }
    }

    /// Missing where an input is.
    fn guarded(&self, inputs: &[usize], text: &str) -> String {
        let mut missing: Vec<String> = Vec::new();
        for input in inputs.iter().filter(|input| !matches!(self.node(**input).expr, Expr::Number(_))) {
            let guard = format!("isNaN({})", self.value(*input));
            if !missing.contains(&guard) {
                missing.push(guard);
            }
        }
        if missing.is_empty() {
            text.to_owned()
        } else {
            format!("if({}, nan, {text})", missing.join(" OR "))
        }
    }
}

fn is_arithmetic(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div)
}

/// The shortest digits that read back as the same `Float64`.
pub(super) fn number(value: f64) -> String {
    if value.is_finite() { format!("{value:?}") } else { "nan".to_owned() }
}

/// A field from the columns of [`adjust`](super::adjust).
fn field(field: Field) -> String {
    let typical = "(high + low + close) / 3.0";
    let raw = match field {
        Field::Open | Field::RawOpen => "open",
        Field::High | Field::RawHigh => "high",
        Field::Low | Field::RawLow => "low",
        Field::Close | Field::RawClose => "close",
        Field::Vwap | Field::RawVwap => typical,
        Field::Volume | Field::RawVolume => "volume",
        Field::DayOfWeek => return "toFloat64(toDayOfWeek(session))".to_owned(),
        Field::DayOfMonth => return "toFloat64(toDayOfMonth(session))".to_owned(),
        Field::Month => return "toFloat64(toMonth(session))".to_owned(),
        // The last day by adding to the first: functions that give it outright know no day before 1970.
        Field::DaysToMonthEnd => {
            let first = "addDays(session, 1 - toDayOfMonth(session))";
            let last = format!("addDays(addMonths({first}, 1), -1)");
            return format!("toFloat64(toDayOfMonth({last}) - toDayOfMonth(session))");
        }
    };
    match field {
        Field::Open | Field::High | Field::Low | Field::Close | Field::Vwap => {
            format!("ifNotFinite({raw} * _price_factor, nan)")
        }
        Field::Volume => format!("ifNotFinite({raw} / _split_factor, nan)"),
        _ => format!("ifNotFinite({raw}, nan)"),
    }
}
