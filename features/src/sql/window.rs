//! Functions of several rows: windows over the sessions of a chain, and over the symbols of a session.
//!
//! Every window is computed from its rows: by aggregate functions that are numerically stable, or by arrays of the
//! window's values. A value counts only when as many values in a row are there as the window is long.

use super::level::Level;
use super::nodes::Nodes;
use super::pointwise::number;
use crate::expr::{CrossSectionOp, Expr, PairOp, RollingOp};
use crate::kernel::Ema;

impl Nodes<'_> {
    /// Adds the columns of a function of several rows to its level, and gives its formula.
    pub(super) fn window(&self, at: usize, level: &mut Level) -> String {
        let node = self.node(at);
        let window = |input: usize, length: usize| Window { nodes: self, input: node.inputs[input], length };
        match node.expr {
            Expr::Rolling(RollingOp::Ref, _, n) => window(0, *n).lag(level),
            Expr::Rolling(RollingOp::Delta, _, n) => {
                format!("ifNotFinite({} - {}, nan)", self.value(node.inputs[0]), window(0, *n).lag(level))
            }
            Expr::Rolling(RollingOp::Count, _, n) => {
                let of = window(0, *n);
                format!("if(_row >= {n}, toFloat64(countIf(NOT isNaN({})) {}), nan)", of.x(), level.last(*n))
            }
            Expr::Rolling(RollingOp::Ema, _, span) => window(0, Ema::length(*span)).exponential(level, *span),
            Expr::Rolling(op, _, n) => {
                let of = window(0, *n);
                let text = of.rolling(level, *op);
                of.full(level, &text)
            }
            Expr::Quantile(_, n, share) => {
                let of = window(0, *n);
                let text = of.aggregate(level, &format!("quantileExactInclusive({})", number(*share)));
                of.full(level, &text)
            }
            Expr::Pair(op, _, _, n) => pair(*op, &window(0, *n), &window(1, *n), level),
            Expr::CrossSection(op, _) => cross_section(*op, &self.value(node.inputs[0]), level),
            _ => self.formula(at),
        }
    }
}

/// The last values of a node.
struct Window<'a> {
    nodes: &'a Nodes<'a>,
    input: usize,
    length: usize,
}

impl Window<'_> {
    fn x(&self) -> String {
        self.nodes.value(self.input)
    }

    fn lag(&self, level: &mut Level) -> String {
        match self.length {
            0 => self.x(),
            n => format!("lagInFrame({}, {n}, nan) {}", self.x(), level.history()),
        }
    }

    fn rolling(&self, level: &mut Level, op: RollingOp) -> String {
        let (x, n) = (self.x(), self.length);
        match op {
            RollingOp::Sum => self.aggregate(level, "sum"),
            RollingOp::Mean => self.aggregate(level, "avg"),
            RollingOp::Var => self.aggregate(level, "varSampStable"),
            RollingOp::Std => self.aggregate(level, "stddevSampStable"),
            RollingOp::Max => self.aggregate(level, "max"),
            RollingOp::Min => self.aggregate(level, "min"),
            RollingOp::IdxMax | RollingOp::IdxMin => {
                let extreme = self.aggregate(level, if op == RollingOp::IdxMax { "max" } else { "min" });
                format!("toFloat64(indexOf({}, {extreme}))", self.values(level))
            }
            RollingOp::Med => self.aggregate(level, "quantileExactInclusive(0.5)"),
            // The mean rank of equal values: each counts where it is below, and where it is not above.
            RollingOp::Rank => {
                format!("(arraySum(v -> (v < {x}) + (v <= {x}), {}) + 1) / {}", self.values(level), 2 * n)
            }
            RollingOp::Slope => {
                format!("{} * {}", self.with_time(level, "covarSampStable"), ratio(12, n * (n + 1)))
            }
            RollingOp::Rsquare => format!("pow({}, 2)", self.with_time(level, "corrStable")),
            RollingOp::Resi => {
                let mean = self.aggregate(level, "avg");
                let covariance = self.with_time(level, "covarSampStable");
                format!("{x} - {mean} - {covariance} * {}", ratio(6 * (n - 1), n * (n + 1)))
            }
            // Qlib's mean of values whose weights add up to 1 already: over n once more.
            RollingOp::Wma => {
                let values = format!("arrayResize({}, {n}, 0.0)", self.values(level));
                format!("arrayDotProduct({values}, range(1, {})) / {}", n + 1, n * n * (n + 1) / 2)
            }
            RollingOp::Mad => self.deviation(level),
            RollingOp::Skew => self.skewness(level),
            _ => self.kurtosis(level),
        }
    }

    /// Weights of an exponential mean: the present value's is 1, one session earlier the decay's share of it.
    fn exponential(&self, level: &mut Level, span: usize) -> String {
        let (n, decay) = (self.length, number(1.0 - 2.0 / (span as f64 + 1.0)));
        let values = format!("arrayResize({}, {n}, 0.0)", self.values(level));
        let weights = format!("arrayMap(age -> pow({decay}, age), range({n}))");
        let text = format!("arrayDotProduct(arrayReverse({values}), {weights}) / arraySum({weights})");
        self.full(level, &text)
    }

    fn deviation(&self, level: &mut Level) -> String {
        let (off, mean) = self.differences(level);
        format!("arrayAvg(d -> abs(d - {mean}), {off})")
    }

    /// n sqrt(n - 1) / (n - 2) * M3 / M2^1.5
    fn skewness(&self, level: &mut Level) -> String {
        let (n, n_float) = (self.length, self.length as f64);
        let factor = number(n_float * (n_float - 1.0).sqrt());
        let [second, third] = [2, 3].map(|power| self.moment(level, power));
        format!("{factor} / {} * {third} / pow({second}, 1.5)", n - 2)
    }

    /// (n - 1) / ((n - 2) (n - 3)) * (n (n + 1) M4 / M2^2 - 3 (n - 1))
    fn kurtosis(&self, level: &mut Level) -> String {
        let n = self.length;
        let [second, fourth] = [2, 4].map(|power| self.moment(level, power));
        let factor = ratio(n - 1, (n - 2) * (n - 3));
        format!("{factor} * ({} * {fourth} / pow({second}, 2) - {})", n * (n + 1), 3 * (n - 1))
    }

    /// The sum of a power of the distances from the mean.
    fn moment(&self, level: &mut Level, power: usize) -> String {
        let (off, mean) = self.differences(level);
        let product = vec![format!("(d - {mean})"); power].join(" * ");
        format!("arraySum(d -> {product}, {off})")
    }

    /// The differences of the window's values from the present one, and their mean: equal values give zeros, to the bit.
    fn differences(&self, level: &mut Level) -> (String, String) {
        let place = format!("{}_{}", self.input, self.length);
        let (x, values) = (self.x(), self.values(level));
        let off = level.column(format!("_off{place}"), |_| format!("arrayMap(v -> v - {x}, {values})"), "");
        let mean = level.column(format!("_mean{place}"), |_| format!("arrayAvg({off})"), "");
        (off, mean)
    }

    /// The window's values, oldest first.
    fn values(&self, level: &mut Level) -> String {
        let name = format!("_values{}_{}", self.input, self.length);
        level.column(name, |level| self.aggregate(level, "groupArray"), "")
    }

    fn aggregate(&self, level: &mut Level, function: &str) -> String {
        format!("{function}({}) {}", self.x(), level.last(self.length))
    }

    fn with_time(&self, level: &mut Level, function: &str) -> String {
        format!("{function}(_row, {}) {}", self.x(), level.last(self.length))
    }

    /// A value where the window is full, with no value missing.
    fn full(&self, level: &mut Level, text: &str) -> String {
        format!("if({} >= {}, ifNotFinite({text}, nan), nan)", self.run(level), self.length)
    }

    /// How many values in a row there are up to the present one.
    fn run(&self, level: &mut Level) -> String {
        let text =
            |level: &mut Level| format!("_row - max(if(isNaN({}), _row, 0)) {}", self.x(), level.history());
        level.column(format!("_run{}", self.input), text, "")
    }
}

fn pair(op: PairOp, x: &Window<'_>, y: &Window<'_>, level: &mut Level) -> String {
    let function = match op {
        PairOp::Corr => "corrStable",
        PairOp::Cov => "covarSampStable",
    };
    let (run_x, run_y) = (x.run(level), y.run(level));
    let text = format!("{function}({}, {}) {}", x.x(), y.x(), level.last(x.length));
    format!("if(least({run_x}, {run_y}) >= {}, ifNotFinite({text}, nan), nan)", x.length)
}

fn cross_section(op: CrossSectionOp, x: &str, level: &mut Level) -> String {
    let there = format!("countIf(NOT isNaN({x})) {}", level.session());
    match op {
        CrossSectionOp::Rank => {
            // Up to the present value, equal ones included; what is missing sorts last.
            let order = format!("OVER (PARTITION BY session ORDER BY {x})");
            format!("if(isNaN({x}), nan, (rank() {order} + count() {order}) / 2 / {there})")
        }
        CrossSectionOp::Zscore => {
            let of_all = |function: &str, level: &mut Level| {
                format!("{function}If({x}, NOT isNaN({x})) {}", level.session())
            };
            let (mean, deviation) = (of_all("avg", level), of_all("stddevSampStable", level));
            format!("if({there} > 1, ifNotFinite(({x} - {mean}) / {deviation}, nan), nan)")
        }
    }
}

/// A constant as the quotient it is.
fn ratio(of: usize, by: usize) -> String {
    format!("({of} / {by})")
}
