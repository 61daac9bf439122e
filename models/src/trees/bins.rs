//! Features as bytes: the bin of each value among cuts that were learned on the training rows.

use ndarray::{ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

/// Bins of a feature: one for missing values, 255 for the others.
pub(super) const BINS: usize = 256;

/// Features whose bytes lie side by side, so that a row's gradient is read once for all of them.
pub(super) const LANES: usize = 8;

/// Cuts are learned on so many rows, evenly spaced, at most.
const SAMPLED_ROWS: usize = 200_000;

/// A matrix of bins. Bin 0 is a missing value; a value is in bin `b` when it is above cut `b - 2` and at most cut `b - 1`.
#[derive(Debug)]
pub(super) struct BinnedMatrix {
    rows: usize,
    /// Cuts of each feature, increasing.
    cuts: Vec<Vec<f32>>,
    /// Blocks of [`LANES`] features, each row by row.
    codes: Vec<[u8; LANES]>,
}

impl BinnedMatrix {
    /// Learns cuts on a matrix and applies them to it.
    pub(super) fn learn(x: ArrayView2<'_, f32>) -> Self {
        let blocks: Vec<_> = x.axis_chunks_iter(Axis(1), LANES).collect();
        let learned: Vec<_> = blocks.into_par_iter().map(block).collect();
        let (mut cuts, mut codes) =
            (Vec::with_capacity(x.ncols()), Vec::with_capacity(learned.len() * x.nrows()));
        for (of_block, bytes) in learned {
            cuts.extend(of_block);
            codes.extend(bytes);
        }
        Self { rows: x.nrows(), cuts, codes }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn features(&self) -> usize {
        self.cuts.len()
    }

    /// The cuts of a feature: a split after bin `b` sends values up to `cuts[b - 1]` to the left.
    pub(super) fn cuts(&self, feature: usize) -> &[f32] {
        &self.cuts[feature]
    }

    /// The bytes of a block of features, one entry a row.
    pub(super) fn block(&self, block: usize) -> &[[u8; LANES]] {
        &self.codes[block * self.rows..(block + 1) * self.rows]
    }
}

fn block(x: ArrayView2<'_, f32>) -> (Vec<Vec<f32>>, Vec<[u8; LANES]>) {
    let mut codes = vec![[0; LANES]; x.nrows()];
    let mut cuts = Vec::with_capacity(x.ncols());
    for (lane, column) in x.columns().into_iter().enumerate() {
        let of_column = learn_cuts(column);
        for (code, value) in codes.iter_mut().zip(column) {
            code[lane] = bin(*value, &of_column);
        }
        cuts.push(of_column);
    }
    (cuts, codes)
}

fn bin(value: f32, cuts: &[f32]) -> u8 {
    match value.is_finite() {
        true => (cuts.partition_point(|cut| *cut < value) + 1) as u8,
        false => 0,
    }
}

/// Cuts between bins of about equally many values; equal values share a bin, and few different ones have one each.
fn learn_cuts(column: ArrayView1<'_, f32>) -> Vec<f32> {
    let stride = column.len().div_ceil(SAMPLED_ROWS).max(1);
    let finite = column.iter().step_by(stride).copied().filter(|value| value.is_finite());
    // Zero has two signs, and one meaning.
    let mut keys: Vec<u32> = finite.map(|value| key(value + 0.0)).collect();
    keys.sort_unstable();
    let starts = distinct_starts(&keys);
    let mut cuts = Vec::with_capacity(BINS);
    let mut push = |at: usize| {
        let cut = between(value(keys[at - 1]), value(keys[at]));
        if cuts.last() != Some(&cut) {
            cuts.push(cut);
        }
    };
    match starts {
        Some(starts) => starts.into_iter().for_each(push),
        None => {
            let quantiles = (1..BINS - 1).map(|bin| bin * keys.len() / (BINS - 1));
            quantiles.filter(|at| keys[*at] != keys[at - 1]).for_each(&mut push);
        }
    }
    cuts
}

/// Where the second and each later distinct key starts, if every distinct key can have a bin of its own.
fn distinct_starts(keys: &[u32]) -> Option<Vec<usize>> {
    let mut starts = Vec::new();
    for at in 1..keys.len() {
        if keys[at] != keys[at - 1] {
            starts.push(at);
            if starts.len() > BINS - 2 {
                return None;
            }
        }
    }
    Some(starts)
}

/// A number from `low` up to, but not including, `high`.
fn between(low: f32, high: f32) -> f32 {
    let middle = f64::midpoint(f64::from(low), f64::from(high)) as f32;
    if middle < high { middle } else { low }
}

/// An integer that is ordered as the number is.
fn key(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 0 { bits | 1 << 31 } else { !bits }
}

fn value(key: u32) -> f32 {
    f32::from_bits(if key >> 31 == 1 { key & !(1 << 31) } else { !key })
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn few_values_have_a_bin_each() {
        let x = Array2::from_shape_vec((6, 1), vec![3.0, -1.0, f32::NAN, 2.0, 3.0, f32::INFINITY]).unwrap();
        let binned = BinnedMatrix::learn(x.view());
        assert_eq!(binned.cuts(0), [0.5, 2.5]);
        let codes: Vec<u8> = binned.block(0).iter().map(|row| row[0]).collect();
        assert_eq!(codes, [3, 1, 0, 2, 3, 0]);
    }

    #[test]
    fn many_values_share_bins_evenly() {
        let x = Array2::from_shape_fn((10_000, 9), |(row, column)| {
            ((row * 7919) % 10_000) as f32 - 5_000.0 + column as f32
        });
        let binned = BinnedMatrix::learn(x.view());
        assert_eq!((binned.features(), binned.rows(), binned.cuts(8).len()), (9, 10_000, 254));
        let mut counts = [0_usize; BINS];
        binned.block(1).iter().for_each(|row| counts[usize::from(row[0])] += 1);
        assert_eq!(counts[0], 0);
        assert!(counts[1..].iter().all(|count| (39..=40).contains(count)), "{counts:?}");
    }

    #[test]
    fn neighbouring_floats_are_told_apart() {
        let next = f32::from_bits(1.0_f32.to_bits() + 1);
        assert_eq!(between(1.0, next), 1.0);
        for value_of in [0.0_f32, -0.0, 1.5, -2.5, f32::MIN, f32::MAX] {
            assert_eq!(value(key(value_of)), value_of);
        }
        assert!(key(-2.0) < key(-1.0) && key(-1.0) < key(0.0) && key(0.0) < key(1e-30));
    }
}
