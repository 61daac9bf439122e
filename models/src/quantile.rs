//! A quantile of weighted values.

/// The least value up to which at least a share of the weight lies; 0 without weight.
///
/// Where the weight up to a value is the share exactly, the mean of it and the next value is taken, so that the median of
/// evenly many equal weights is the ordinary one.
pub(crate) fn weighted_quantile(mut values: Vec<(f64, f64)>, share: f64) -> f64 {
    /// Sums of weights are rounded; shares such as 0.1 are no binary fractions.
    const SLACK: f64 = 1e-9;
    values.retain(|(_, weight)| *weight > 0.0);
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let whole = values.iter().map(|(_, weight)| weight).sum::<f64>();
    let (mut below, wanted) = (0.0, share * whole);
    for (at, (value, weight)) in values.iter().enumerate() {
        below += weight;
        if below >= wanted - SLACK * whole {
            let next = values.get(at + 1).filter(|_| below <= wanted + SLACK * whole);
            return next.map_or(*value, |(next, _)| f64::midpoint(*value, *next));
        }
    }
    values.last().map_or(0.0, |(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_weights_give_ordinary_quantiles() {
        let equal = |values: &[f64]| values.iter().map(|value| (*value, 2.0)).collect::<Vec<_>>();
        assert_eq!(weighted_quantile(equal(&[3.0, 1.0, 2.0]), 0.5), 2.0);
        assert_eq!(weighted_quantile(equal(&[4.0, 1.0, 2.0, 3.0]), 0.5), 2.5);
        assert_eq!(weighted_quantile(equal(&[4.0, 1.0, 2.0, 3.0]), 0.9), 4.0);
        assert_eq!(weighted_quantile(Vec::new(), 0.5), 0.0);
    }

    #[test]
    fn heavy_values_count_more() {
        assert_eq!(weighted_quantile(vec![(1.0, 1.0), (2.0, 5.0), (3.0, 1.0)], 0.8), 2.0);
        assert_eq!(weighted_quantile(vec![(1.0, 1.0), (9.0, 0.0)], 0.99), 1.0);
    }
}
