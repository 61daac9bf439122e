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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// `Skew(x, n)`: their skewness, corrected for bias.
    Skew,
    /// `Kurt(x, n)`: their excess kurtosis, corrected for bias.
    Kurt,
    /// `Max(x, n)`: the greatest.
    Max,
    /// `Min(x, n)`: the least.
    Min,
    /// `IdxMax(x, n)`: the place of the first greatest one, 1 (oldest) to n (present).
    IdxMax,
    /// `IdxMin(x, n)`: the place of the first least one, 1 (oldest) to n (present).
    IdxMin,
    /// `Med(x, n)`: the median.
    Med,
    /// `Mad(x, n)`: the mean absolute deviation from the mean.
    Mad,
    /// `Rank(x, n)`: the present value's rank as a share of n; ties share the mean of their ranks.
    Rank,
    /// `Count(x, n)`: how many of the last n values are there.
    Count,
    /// `Slope(x, n)`: the slope of the least-squares line over the last n values, per session.
    Slope,
    /// `Rsquare(x, n)`: that line's coefficient of determination.
    Rsquare,
    /// `Resi(x, n)`: the present value's distance from that line.
    Resi,
    /// `WMA(x, n)`: the mean with weights 1 (oldest) to n (present).
    Wma,
    /// `EMA(x, n)`: the exponentially weighted mean of span n, cut where the weight left is one millionth.
    Ema,
}

/// A function of the last values of two inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PairOp {
    /// `Corr(x, y, n)`: the correlation of the last n values.
    Corr,
    /// `Cov(x, y, n)`: their covariance with n - 1 degrees of freedom.
    Cov,
}

/// A function of the values that all symbols have in the same session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CrossSectionOp {
    /// `CsRank(x)`: the symbol's rank as a share of the symbols that have a value; ties share the mean of their ranks.
    Rank,
    /// `CsZscore(x)`: the distance from the session's mean in standard deviations, n - 1 degrees of freedom.
    Zscore,
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
    pub const ALL: [Self; 21] = [
        Self::Ref,
        Self::Delta,
        Self::Sum,
        Self::Mean,
        Self::Var,
        Self::Std,
        Self::Skew,
        Self::Kurt,
        Self::Max,
        Self::Min,
        Self::IdxMax,
        Self::IdxMin,
        Self::Med,
        Self::Mad,
        Self::Rank,
        Self::Count,
        Self::Slope,
        Self::Rsquare,
        Self::Resi,
        Self::Wma,
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
            Self::Skew => "Skew",
            Self::Kurt => "Kurt",
            Self::Max => "Max",
            Self::Min => "Min",
            Self::IdxMax => "IdxMax",
            Self::IdxMin => "IdxMin",
            Self::Med => "Med",
            Self::Mad => "Mad",
            Self::Rank => "Rank",
            Self::Count => "Count",
            Self::Slope => "Slope",
            Self::Rsquare => "Rsquare",
            Self::Resi => "Resi",
            Self::Wma => "WMA",
            Self::Ema => "EMA",
        }
    }

    /// The least window that means something.
    pub fn min_window(self) -> usize {
        match self {
            Self::Ref => 0,
            Self::Var | Self::Std | Self::Slope | Self::Rsquare | Self::Resi => 2,
            Self::Skew => 3,
            Self::Kurt => 4,
            _ => 1,
        }
    }
}

impl PairOp {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Corr, Self::Cov];

    /// As written in an expression.
    pub fn name(self) -> &'static str {
        match self {
            Self::Corr => "Corr",
            Self::Cov => "Cov",
        }
    }

    /// The least window that means something.
    pub const MIN_WINDOW: usize = 2;
}

impl CrossSectionOp {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Rank, Self::Zscore];

    /// As written in an expression.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rank => "CsRank",
            Self::Zscore => "CsZscore",
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
    Quantile,
    Pair(PairOp),
    CrossSection(CrossSectionOp),
}

impl Function {
    pub(super) fn all() -> impl Iterator<Item = (&'static str, Self)> {
        let unary = UnaryOp::FUNCTIONS.into_iter().map(|op| (op.name(), Self::Unary(op)));
        let binary = BinaryOp::FUNCTIONS.into_iter().map(|op| (op.name(), Self::Binary(op)));
        let rolling = RollingOp::ALL.into_iter().map(|op| (op.name(), Self::Rolling(op)));
        let pair = PairOp::ALL.into_iter().map(|op| (op.name(), Self::Pair(op)));
        let cross = CrossSectionOp::ALL.into_iter().map(|op| (op.name(), Self::CrossSection(op)));
        let single = [("If", Self::If), ("Quantile", Self::Quantile)];
        unary.chain(binary).chain(single).chain(rolling).chain(pair).chain(cross)
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
            Self::Quantile => "Quantile(x, sessions, level)".to_owned(),
            Self::Pair(op) => format!("{}(x, y, sessions)", op.name()),
            Self::CrossSection(op) => format!("{}(x)", op.name()),
        }
    }
}
