//! Windows of many lengths over the same values, each from the same few partial results.
//!
//! The summary of the last 2^k values is joined from those of the last 2^(k-1) and of the 2^(k-1) before; a window of
//! 20 is the last 16 and the 4 before. So a window of n costs O(log n) joins a session in a block of sessions, the
//! joins of neighbouring sessions fill vector registers, and windows of many lengths share all but a few of them. A
//! single session costs O(n / 4).
//!
//! # Source
//! Doubling as in Blelloch: Prefix sums and their applications (1990), on windows instead of prefixes.

use super::lanes::Lanes;
use super::summary::{Lengths, Summary};

/// Room for partial results, kept from block to block.
pub(crate) type Scratch = Vec<Vec<f64>>;

/// Which partial results some windows need: level k summarises the last 2^k values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    /// Per level, how many sessions before the first row it is needed from, and the join that makes it.
    levels: Vec<(usize, Lengths)>,
    /// The runs that each window is joined from, newest first.
    windows: Vec<(Part, Vec<Part>)>,
}

/// A run of 2^level values that ends `age` sessions before the present one.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Part {
    level: usize,
    age: usize,
    lengths: Lengths,
}

impl Layout {
    /// For windows of 1 value or more each, whose values weigh `decay` times the next one's.
    pub(crate) fn new(windows: &[usize], decay: f64) -> Self {
        let part =
            |(level, age): (usize, usize)| Part { level, age, lengths: Lengths::new(1 << level, age, decay) };
        let parts = |window| {
            let mut parts = runs(window).map(part);
            (parts.next().unwrap_or_else(|| part((0, 0))), parts.collect())
        };
        let reach = reach(windows).into_iter().enumerate();
        Self {
            levels: reach
                .map(|(level, r)| (r, Lengths::new((1 << level) / 2, (1 << level) / 2, decay)))
                .collect(),
            windows: windows.iter().map(|window| parts(*window)).collect(),
        }
    }

    /// Makes the partial results of `rows` sessions, whole registers of them.
    ///
    /// The inputs begin as many sessions before the first row as the longest window reaches back, and have room for a
    /// register behind the last row.
    #[inline(always)]
    pub(crate) fn build<const F: usize, S: Summary<F>>(
        &self,
        summary: &S,
        inputs: [&[f64]; 2],
        rows: usize,
        scratch: &mut Scratch,
    ) {
        self.make_room::<F>(rows, scratch);
        let levels = &mut scratch[2 * F..];
        let count = (self.levels[0].0 + rows).div_ceil(Lanes::COUNT);
        first(summary, inputs.map(|input| registers(input, 0, count)), levels, count);
        for level in 1..self.levels.len() {
            let half = 1 << (level - 1);
            let ((below_reach, _), (reach, lengths)) = (self.levels[level - 1], self.levels[level]);
            let (below, above) = levels.split_at_mut(level * F);
            let (below, ahead) = (&below[(level - 1) * F..], below_reach - reach);
            let count = (reach + rows).div_ceil(Lanes::COUNT);
            let (older, newer) = (planes(below, ahead - half, count), planes(below, ahead, count));
            join(summary, older, newer, &lengths, above, count);
        }
    }

    /// Planes to join windows in, two sets, then those of each level. What is read is written first: only the room matters.
    fn make_room<const F: usize>(&self, rows: usize, scratch: &mut Scratch) {
        let planes = (2 + self.levels.len()) * F;
        if scratch.len() < planes {
            scratch.resize(planes, Vec::new());
        }
        let levels = self.levels.iter().map(|(reach, _)| *reach);
        for (set, reach) in [0, 0].into_iter().chain(levels).enumerate() {
            for plane in &mut scratch[set * F..(set + 1) * F] {
                if plane.len() < reach + rows + Lanes::COUNT {
                    plane.resize(reach + rows + Lanes::COUNT, 0.0);
                }
            }
        }
    }

    /// The summaries of a window at each of `rows` sessions, after [`Layout::build`] of as many.
    #[inline(always)]
    pub(crate) fn window<'a, const F: usize, S: Summary<F>>(
        &self,
        summary: &S,
        window: usize,
        rows: usize,
        scratch: &'a mut Scratch,
    ) -> [&'a [Register]; F] {
        let count = rows / Lanes::COUNT;
        let (joined, levels) = scratch.split_at_mut(2 * F);
        let levels = &*levels;
        let part =
            |part: &Part| planes(&levels[part.level * F..], self.levels[part.level].0 - part.age, count);
        let (newest, older) = &self.windows[window];
        let [next, older @ ..] = older.as_slice() else { return part(newest) };
        let (mut so_far, mut spare) = joined.split_at_mut(F);
        join(summary, part(next), part(newest), &next.lengths, so_far, count);
        for next in older {
            join(summary, part(next), planes(so_far, 0, count), &next.lengths, spare, count);
            std::mem::swap(&mut so_far, &mut spare);
        }
        planes(so_far, 0, count)
    }
}

/// Neighbouring sessions of one number of a summary.
pub(crate) type Register = [f64; Lanes::COUNT];

/// Registers that begin with a value.
#[inline(always)]
fn registers(values: &[f64], from: usize, count: usize) -> &[Register] {
    &values[from..].as_chunks().0[..count]
}

/// Registers of the first planes. All are of the length `count`, so that an index below it needs no look at each of them.
#[inline(always)]
fn planes<const F: usize>(planes: &[Vec<f64>], from: usize, count: usize) -> [&[Register]; F] {
    std::array::from_fn(|plane| registers(&planes[plane], from, count))
}

/// Summaries of single values.
#[inline(always)]
fn first<const F: usize, S: Summary<F>>(
    summary: &S,
    [x, y]: [&[Register]; 2],
    out: &mut [Vec<f64>],
    count: usize,
) {
    let Some(out) = out.first_chunk_mut::<F>() else { return };
    let out = out.each_mut().map(|plane| &mut plane.as_chunks_mut().0[..count]);
    for at in 0..count {
        let values = summary.of(Lanes(x[at]), Lanes(y[at]));
        for plane in 0..F {
            out[plane][at] = values[plane].0;
        }
    }
}

/// Summaries of neighbouring runs joined.
#[inline(always)]
fn join<const F: usize, S: Summary<F>>(
    summary: &S,
    older: [&[Register]; F],
    newer: [&[Register]; F],
    lengths: &Lengths,
    out: &mut [Vec<f64>],
    count: usize,
) {
    let Some(out) = out.first_chunk_mut::<F>() else { return };
    let out = out.each_mut().map(|plane| &mut plane.as_chunks_mut().0[..count]);
    for at in 0..count {
        let joined =
            summary.join(older.map(|plane| Lanes(plane[at])), newer.map(|plane| Lanes(plane[at])), lengths);
        for plane in 0..F {
            out[plane][at] = joined[plane].0;
        }
    }
}

/// How many sessions before the first row each level is needed from.
fn reach(windows: &[usize]) -> Vec<usize> {
    let longest = windows.iter().copied().max().unwrap_or(1);
    let mut reach = vec![0; longest.ilog2() as usize + 1];
    for (level, age) in windows.iter().flat_map(|window| runs(*window)) {
        reach[level] = reach[level].max(age);
    }
    for level in (1..reach.len()).rev() {
        reach[level - 1] = reach[level - 1].max(reach[level] + (1 << (level - 1)));
    }
    reach
}

/// A window as runs of powers of two: level and age of each, newest and longest first.
fn runs(window: usize) -> impl Iterator<Item = (usize, usize)> {
    let levels = (0..usize::BITS as usize).rev().filter(move |level| window >> level & 1 == 1);
    levels.scan(0, |age, level| {
        let begin = *age;
        *age += 1 << level;
        Some((level, begin))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_its_runs() {
        assert_eq!(runs(20).collect::<Vec<_>>(), [(4, 0), (2, 16)]);
        assert_eq!(runs(1).collect::<Vec<_>>(), [(0, 0)]);
        assert_eq!(reach(&[5, 60]), [59, 58, 56, 48, 32, 0]);
    }
}
