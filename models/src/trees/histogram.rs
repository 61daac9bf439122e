//! A node's gradients and weights, summed by bin.

use rayon::prelude::*;

use super::bins::{BINS, BinnedMatrix, LANES};

/// Sums of words by feature and bin: [`BINS`] entries for each of the features it was asked for.
pub(super) type Histogram = Vec<u64>;

/// Below so many additions a node is summed by one thread: handing it out would cost more.
const SHARED_ABOVE: usize = 1 << 15;

/// Sums all features over some rows; `words` has one entry for each of `rows`.
pub(super) fn of_all(matrix: &BinnedMatrix, rows: &[u32], words: &[u64], out: &mut Histogram) {
    out.clear();
    out.resize(matrix.features().next_multiple_of(LANES) * BINS, 0);
    let blocks = out.chunks_exact_mut(LANES * BINS).enumerate();
    let sum = |(block, sums): (usize, &mut [u64])| sum_block(matrix.block(block), rows, words, sums);
    match rows.len() * matrix.features() > SHARED_ABOVE {
        true => blocks.collect::<Vec<_>>().into_par_iter().for_each(sum),
        false => blocks.for_each(sum),
    }
}

/// Sums some features over some rows.
pub(super) fn of_some(
    matrix: &BinnedMatrix,
    features: &[u32],
    rows: &[u32],
    words: &[u64],
    out: &mut Histogram,
) {
    out.clear();
    out.resize(features.len() * BINS, 0);
    for (feature, sums) in features.iter().zip(out.chunks_exact_mut(BINS)) {
        let (block, lane) = (*feature as usize / LANES, *feature as usize % LANES);
        let codes = matrix.block(block);
        for (row, word) in rows.iter().zip(words) {
            let sum = &mut sums[usize::from(codes[*row as usize][lane])];
            *sum = sum.wrapping_add(*word);
        }
    }
}

/// Takes a child's sums from its parent's: what is left is the other child's.
pub(super) fn subtract(parent: &mut Histogram, child: &Histogram) {
    parent.iter_mut().zip(child).for_each(|(parent, child)| *parent = parent.wrapping_sub(*child));
}

fn sum_block(codes: &[[u8; LANES]], rows: &[u32], words: &[u64], sums: &mut [u64]) {
    let (lanes, _) = sums.as_chunks_mut::<BINS>();
    let Ok(lanes) = <&mut [[u64; BINS]; LANES]>::try_from(lanes) else { return };
    let mut add = |code: &[u8; LANES], word: u64| {
        for (lane, sums) in lanes.iter_mut().enumerate() {
            let sum = &mut sums[usize::from(code[lane])];
            *sum = sum.wrapping_add(word);
        }
    };
    match rows.len() == codes.len() {
        true => codes.iter().zip(words).for_each(|(code, word)| add(code, *word)),
        false => rows.iter().zip(words).for_each(|(row, word)| add(&codes[*row as usize], *word)),
    }
}
