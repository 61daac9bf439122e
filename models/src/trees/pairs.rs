//! Gradients and weights as integers, two in a word.

/// A gradient and a weight for each row, whose sums over any rows are exact.
///
/// The upper half of a word holds the gradient, with its sign, and the lower half the weight: adding words adds both. Units
/// are chosen so that no sum overflows its half. A gradient is rounded to about one in `2^30 / rows` of the mean
/// absolute gradient.
#[derive(Debug, Clone)]
pub(super) struct Pairs {
    pub(super) words: Vec<u64>,
    units: Units,
}

/// What one step of each half means.
#[derive(Debug, Clone, Copy)]
pub(super) struct Units {
    gradient: f64,
    weight: f64,
}

/// Half of what a half can hold: sampling with replacement may draw heavy rows more often than once.
const ROOM: f64 = (1_u64 << 30) as f64;

impl Pairs {
    /// Packs gradients, which are weighted already, and weights; without weights all rows weigh 1.
    pub(super) fn new(gradients: &[f64], weights: Option<&[f64]>) -> Self {
        let rows = gradients.len() as f64;
        let total = gradients.iter().map(|gradient| gradient.abs()).sum::<f64>();
        let gradient = if total > 0.0 { total / (ROOM - rows) } else { 1.0 };
        let weight = weights.map_or(1.0, |weights| weights.iter().sum::<f64>() / (ROOM - rows));
        let word = |at: usize| {
            let steps = (gradients[at] / gradient).round() as i64;
            let weight = weights.map_or(1, |weights| (weights[at] / weight).round() as u64);
            ((steps << 32) as u64).wrapping_add(weight)
        };
        let words = (0..gradients.len()).map(word).collect();
        Self { words, units: Units { gradient, weight } }
    }

    pub(super) fn units(&self) -> Units {
        self.units
    }

    /// The same pairs, each so many times.
    pub(super) fn times(&self, counts: &[u32]) -> Self {
        let words = self.words.iter().zip(counts).map(|(word, count)| word.wrapping_mul(u64::from(*count)));
        Self { words: words.collect(), units: self.units }
    }
}

impl Units {
    /// The gradient and the weight that a sum of words stands for.
    #[inline(always)]
    pub(super) fn of(self, word: u64) -> (f64, f64) {
        let weight = word & 0xffff_ffff;
        let gradient = (word.wrapping_sub(weight) as i64) >> 32;
        (gradient as f64 * self.gradient, weight as f64 * self.weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_words_are_sums_of_both() {
        let (gradients, weights) = ([0.5, -0.25, -1.0, 0.125], [1.0, 2.0, 0.0, 0.5]);
        let pairs = Pairs::new(&gradients, Some(&weights));
        let sum = pairs.words.iter().fold(0_u64, |sum, word| sum.wrapping_add(*word));
        let (gradient, weight) = pairs.units().of(sum);
        assert!((gradient + 0.625).abs() < 1e-8 && (weight - 3.5).abs() < 1e-8, "{gradient} {weight}");
        let tripled = pairs.times(&[0, 3, 0, 0]);
        let (gradient, weight) = tripled.units().of(tripled.words[1]);
        assert!((gradient + 0.75).abs() < 1e-8 && (weight - 6.0).abs() < 1e-8, "{gradient} {weight}");
    }

    #[test]
    fn rows_without_weights_are_counted() {
        let pairs = Pairs::new(&[0.0, 0.0, 0.0], None);
        assert_eq!(pairs.words, [1, 1, 1]);
    }
}
