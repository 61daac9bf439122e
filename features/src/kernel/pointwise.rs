//! Functions of values of the same session, over a block of sessions.

use super::present;
use crate::expr::{BinaryOp, UnaryOp};

/// Writes `op(input)` to `out`.
pub(crate) fn unary(op: UnaryOp, input: &[f64], out: &mut [f64]) {
    match op {
        UnaryOp::Neg => map(input, out, |x| -x),
        UnaryOp::Abs => map(input, out, f64::abs),
        UnaryOp::Sign => map(input, out, |x| if x == 0.0 { 0.0 } else { x.signum() }),
        UnaryOp::Log => map(input, out, f64::ln),
    }
}

/// Writes `op(left, right)` to `out`.
pub(crate) fn binary(op: BinaryOp, left: &[f64], right: &[f64], out: &mut [f64]) {
    match op {
        BinaryOp::Add => zip(left, right, out, |x, y| x + y),
        BinaryOp::Sub => zip(left, right, out, |x, y| x - y),
        BinaryOp::Mul => zip(left, right, out, |x, y| x * y),
        BinaryOp::Div => zip(left, right, out, |x, y| x / y),
        BinaryOp::Gt => compare(left, right, out, |x, y| x > y),
        BinaryOp::Ge => compare(left, right, out, |x, y| x >= y),
        BinaryOp::Lt => compare(left, right, out, |x, y| x < y),
        BinaryOp::Le => compare(left, right, out, |x, y| x <= y),
        BinaryOp::Eq => compare(left, right, out, |x, y| x == y),
        BinaryOp::Ne => compare(left, right, out, |x, y| x != y),
        BinaryOp::Power => {
            zip(left, right, out, |x, y| if x.is_nan() || y.is_nan() { f64::NAN } else { x.powf(y) })
        }
        BinaryOp::Greater => zip(left, right, out, |x, y| if x > y || x.is_nan() { x } else { y }),
        BinaryOp::Less => zip(left, right, out, |x, y| if x < y || x.is_nan() { x } else { y }),
    }
}

/// Writes `yes` where the condition is not 0, else `no`, to `out`.
pub(crate) fn choose(condition: &[f64], yes: &[f64], no: &[f64], out: &mut [f64]) {
    for (((out, c), yes), no) in out.iter_mut().zip(condition).zip(yes).zip(no) {
        *out = if c.is_nan() {
            f64::NAN
        } else if *c != 0.0 {
            *yes
        } else {
            *no
        };
    }
}

fn map(input: &[f64], out: &mut [f64], f: impl Fn(f64) -> f64) {
    zip(input, input, out, |x, _| f(x));
}

fn zip(left: &[f64], right: &[f64], out: &mut [f64], f: impl Fn(f64, f64) -> f64) {
    // The widest registers that this machine has; the results do not depend on them.
    pulp::Arch::new().dispatch(Zip { left, right, out, f });
}

fn compare(left: &[f64], right: &[f64], out: &mut [f64], f: impl Fn(f64, f64) -> bool) {
    zip(
        left,
        right,
        out,
        |x, y| if x.is_nan() | y.is_nan() { f64::NAN } else { f64::from(u8::from(f(x, y))) },
    );
}

/// A function of two columns, as what is compiled once for each width of registers.
struct Zip<'a, F> {
    left: &'a [f64],
    right: &'a [f64],
    out: &'a mut [f64],
    f: F,
}

impl<F: Fn(f64, f64) -> f64> pulp::WithSimd for Zip<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        for ((out, x), y) in self.out.iter_mut().zip(self.left).zip(self.right) {
            *out = present((self.f)(*x, *y));
        }
    }
}
