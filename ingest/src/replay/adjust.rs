//! The factors that Yahoo multiplies by: as traded into adjusted.

use super::DayQuote;

/// Per day, what as-traded values are divided or multiplied by at the present that ends `days`.
#[derive(Debug)]
pub(super) struct Factors {
    /// New shares for one share of that day: the product of the later splits.
    pub split: Vec<f64>,
    /// What the later dividends leave of a price.
    pub dividend: Vec<f64>,
}

impl Factors {
    /// `split_t = prod_{s>t} ratio_s`, `dividend_t = prod_{s>t} (1 - amount_s / close_{s-1})`.
    pub fn of(days: &[DayQuote]) -> Self {
        let mut factors = Self { split: vec![1.0; days.len()], dividend: vec![1.0; days.len()] };
        for t in (0..days.len().saturating_sub(1)).rev() {
            let next = &days[t + 1].action;
            let paid = next.dividend / days[t].bar.close;
            factors.split[t] = factors.split[t + 1] * next.split;
            factors.dividend[t] = factors.dividend[t + 1] * (1.0 - if paid.is_finite() { paid } else { 0.0 });
        }
        factors
    }
}
