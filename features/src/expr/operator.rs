//! The operators, by what they take.

/// A function of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnaryOp {
    /// `-x`
    Neg,
    /// `Abs(x)`: the magnitude.
    Abs,
    /// `Sign(x)`: 1, 0 or -1.
    Sign,
    /// `Log(x)`: the natural logarithm.
    Log,
}

/// A function of two values of the same session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BinaryOp {
    /// `x + y`
    Add,
    /// `x - y`
    Sub,
    /// `x * y`
    Mul,
    /// `x / y`
    Div,
    /// `x > y`: 1 or 0.
    Gt,
    /// `x >= y`: 1 or 0.
    Ge,
    /// `x < y`: 1 or 0.
    Lt,
    /// `x <= y`: 1 or 0.
    Le,
    /// `x == y`: 1 or 0.
    Eq,
    /// `x != y`: 1 or 0.
    Ne,
    /// `Power(x, y)`: x to the power of y.
    Power,
    /// `Greater(x, y)`: the greater one.
    Greater,
    /// `Less(x, y)`: the lesser one.
    Less,
}

/// A function of the last values of one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RollingOp {
    /// `Ref(x, n)`: the value n sessions ago.
    Ref,
    /// `Delta(x, n)`: the change over n sessions.
    Delta,
    /// `Sum(x, n)`: the sum of the last n values.
    Sum,
    /// `Mean(x, n)`: their mean.
    Mean,
    /// `Var(x, n)`: their variance with n - 1 degrees of freedom.
    Var,
    /// `Std(x, n)`: the square root of `Var`.
    Std,
    /// `Max(x, n)`: the greatest.
    Max,
    /// `Min(x, n)`: the least.
    Min,
    /// `EMA(x, n)`: the exponentially weighted mean of span n, cut where the weight left is one millionth.
    Ema,
}

impl UnaryOp {
    /// Those written as a function.
    pub const FUNCTIONS: [Self; 3] = [Self::Abs, Self::Sign, Self::Log];

    /// As written in an expression.
    pub fn name(self) -> &'static str {
        match self {
            Self::Neg => "-",
            Self::Abs => "Abs",
            Self::Sign => "Sign",
            Self::Log => "Log",
        }
    }
}

impl BinaryOp {
    /// Those written as a function.
    pub const FUNCTIONS: [Self; 3] = [Self::Power, Self::Greater, Self::Less];

    /// Those written between their operands.
    pub const INFIX: [Self; 10] = [
        Self::Add,
        Self::Sub,
        Self::Mul,
        Self::Div,
        Self::Gt,
        Self::Ge,
        Self::Lt,
        Self::Le,
        Self::Eq,
        Self::Ne,
    ];

    /// As written in an expression.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Power => "Power",
            Self::Greater => "Greater",
            Self::Less => "Less",
        }
    }
}

impl RollingOp {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Ref,
        Self::Delta,
        Self::Sum,
        Self::Mean,
        Self::Var,
        Self::Std,
        Self::Max,
        Self::Min,
        Self::Ema,
    ];

    /// As written in an expression.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ref => "Ref",
            Self::Delta => "Delta",
            Self::Sum => "Sum",
            Self::Mean => "Mean",
            Self::Var => "Var",
            Self::Std => "Std",
            Self::Max => "Max",
            Self::Min => "Min",
            Self::Ema => "EMA",
        }
    }

    /// The least window that means something.
    pub fn min_window(self) -> usize {
        match self {
            Self::Ref => 0,
            Self::Var | Self::Std => 2,
            _ => 1,
        }
    }
}

/// What a function takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Function {
    Unary(UnaryOp),
    Binary(BinaryOp),
    If,
    Rolling(RollingOp),
}

impl Function {
    pub(super) fn all() -> impl Iterator<Item = (&'static str, Self)> {
        let unary = UnaryOp::FUNCTIONS.into_iter().map(|op| (op.name(), Self::Unary(op)));
        let binary = BinaryOp::FUNCTIONS.into_iter().map(|op| (op.name(), Self::Binary(op)));
        let rolling = RollingOp::ALL.into_iter().map(|op| (op.name(), Self::Rolling(op)));
        unary.chain(binary).chain([("If", Self::If)]).chain(rolling)
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::all().find(|(known, _)| *known == name).map(|(_, function)| function)
    }

    /// How a call is written, for hints.
    pub(super) fn usage(self) -> String {
        match self {
            Self::Unary(op) => format!("{}(x)", op.name()),
            Self::Binary(op) => format!("{}(x, y)", op.name()),
            Self::If => "If(condition, x, y)".to_owned(),
            Self::Rolling(op) => format!("{}(x, sessions)", op.name()),
        }
    }
}
