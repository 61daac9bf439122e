//! Dividends and splits from an adjusted close, for files that have no columns of them.

use weekahead_market::CorporateAction;

/// Larger steps that are near a simple ratio are splits.
const SMALLEST_SPLIT: f64 = 1.2;
/// How near, relatively: an adjusted close of a few digits cannot tell the ratio better.
const SPLIT_TOLERANCE: f64 = 2e-3;
/// How much a step has to exceed the rounding error to be a dividend.
const CERTAINTY: f64 = 1.2;
/// Ratios of the splits that companies make (and, inverted, of reverse splits).
const RATIOS: [f64; 22] = [
    2.0,
    3.0,
    4.0,
    5.0,
    6.0,
    7.0,
    8.0,
    10.0,
    12.0,
    15.0,
    20.0,
    25.0,
    30.0,
    40.0,
    50.0,
    100.0,
    1.25,
    4.0 / 3.0,
    1.5,
    5.0 / 3.0,
    2.5,
    3.5,
];

/// The actions that explain how the adjusted close departs from the close.
///
/// `f_t = (adjusted_t / close_t) / (adjusted_{t-1} / close_{t-1})` is 1 on most days. Near a simple ratio of at
/// least 1.2 (or its inverse) it is a split; otherwise, when `f_t - 1` exceeds 1.2 times the rounding error of the
/// adjusted closes, a dividend of `close_{t-1} * (1 - 1 / f_t)`. A split and a dividend on one day are seen as the
/// split only.
///
/// # Shape
/// One action per close; `close` and `adjusted` have the same length.
///
/// # Missing values
/// NaN, zero or negative values explain nothing: no action that day nor the next.
///
/// ```
/// use weekahead_ingest::replay::infer_actions;
/// let actions = infer_actions(&[100.0, 102.0, 51.0, 50.0], &[49.0, 49.98, 49.98, 50.0]);
/// assert_eq!(actions[2].split, 2.0);
/// assert!((actions[3].dividend - 1.02).abs() < 0.02);
/// ```
pub fn infer_actions(close: &[f64], adjusted: &[f64]) -> Vec<CorporateAction> {
    let half_unit = 0.5 / 10f64.powi(decimals(adjusted));
    let mut actions = vec![CorporateAction::NONE; close.len().min(adjusted.len())];
    for t in 1..actions.len() {
        let (before, now) = (adjusted[t - 1] / close[t - 1], adjusted[t] / close[t]);
        let usable = [before, now].iter().all(|ratio| ratio.is_normal() && *ratio > 0.0);
        if usable {
            let error = half_unit / adjusted[t - 1] + half_unit / adjusted[t] + 1e-9;
            actions[t] = action(now / before, close[t - 1], error);
        }
    }
    actions
}

fn action(step: f64, close_before: f64, error: f64) -> CorporateAction {
    if let Some(split) = split(step) {
        CorporateAction { split, ..CorporateAction::NONE }
    } else if step - 1.0 > CERTAINTY * error {
        CorporateAction { dividend: close_before * (1.0 - 1.0 / step), ..CorporateAction::NONE }
    } else {
        CorporateAction::NONE
    }
}

fn split(step: f64) -> Option<f64> {
    let near = |size: f64| RATIOS.into_iter().find(|ratio| (size / ratio - 1.0).abs() < SPLIT_TOLERANCE);
    match step {
        _ if step >= SMALLEST_SPLIT => near(step),
        _ if 1.0 / step >= SMALLEST_SPLIT => near(1.0 / step).map(|ratio| 1.0 / ratio),
        _ => None,
    }
}

/// Decimals that the values were rounded to: the most that any of them has, up to 12.
fn decimals(values: &[f64]) -> i32 {
    let needed = |value: f64| (0..12).find(|d| (value * 10f64.powi(*d)).fract() == 0.0 || written(value, *d));
    values
        .iter()
        .filter(|value| value.is_finite())
        .map(|value| needed(*value).unwrap_or(12))
        .max()
        .unwrap_or(12)
}

/// Whether a value is the decimal fraction of `decimals` places nearest to it.
fn written(value: f64, decimals: i32) -> bool {
    let scale = 10f64.powi(decimals);
    (value * scale).round() / scale == value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_counted() {
        assert_eq!(decimals(&[100.0, 12.5, 7.25]), 2);
        assert_eq!(decimals(&[4.186662803811]), 12);
        assert_eq!(decimals(&[f64::NAN, 3.0]), 0);
        assert_eq!(decimals(&[]), 12);
    }

    #[test]
    fn rounding_is_no_dividend() {
        // Two-decimal rounding of 0.9 * close, without any action.
        let close: Vec<f64> = (0..200).map(|i| 30.0 + f64::from(i % 17) * 0.37).collect();
        let adjusted: Vec<f64> = close.iter().map(|c| (c * 90.0).round() / 100.0).collect();
        assert!(infer_actions(&close, &adjusted).iter().all(|action| *action == CorporateAction::NONE));
    }

    #[test]
    fn reverse_splits_are_inverse_ratios() {
        let actions = infer_actions(&[2.0, 20.0], &[20.0, 20.0]);
        assert_eq!(actions[1], CorporateAction { dividend: 0.0, split: 0.1 });
    }

    #[test]
    fn missing_values_explain_nothing() {
        let actions = infer_actions(&[10.0, f64::NAN, 0.0, 5.0], &[5.0, 5.0, 5.0, 5.0]);
        assert!(actions.iter().all(|action| *action == CorporateAction::NONE));
    }
}
