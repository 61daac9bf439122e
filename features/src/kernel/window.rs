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

    /// Makes the partial results of `rows` sessions.
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
        if scratch.len() < self.levels.len() * F {
            scratch.resize(self.levels.len() * F, Vec::new());
        }
        for (level, (reach, _)) in self.levels.iter().enumerate() {
            for plane in &mut scratch[level * F..(level + 1) * F] {
                // What is read is written first: only the room matters.
                if plane.len() < reach + rows + Lanes::COUNT {
                    plane.resize(reach + rows + Lanes::COUNT, 0.0);
                }
            }
        }
        self.build_first::<F, S>(summary, inputs, rows, scratch);
        for level in 1..self.levels.len() {
            self.build_level::<F, S>(summary, level, rows, scratch);
        }
    }

    #[inline(always)]
    fn build_first<const F: usize, S: Summary<F>>(
        &self,
        summary: &S,
        [x, y]: [&[f64]; 2],
        rows: usize,
        scratch: &mut Scratch,
    ) {
        let planes = &mut scratch[..F];
        for at in steps(self.levels[0].0 + rows) {
            let values = summary.of(Lanes::load(x, at), Lanes::load(y, at));
            for (plane, value) in planes.iter_mut().zip(values) {
                value.store(plane, at);
            }
        }
    }

    #[inline(always)]
    fn build_level<const F: usize, S: Summary<F>>(
        &self,
        summary: &S,
        level: usize,
        rows: usize,
        scratch: &mut Scratch,
    ) {
        let half = 1 << (level - 1);
        let ((below_reach, _), (reach, lengths)) = (self.levels[level - 1], self.levels[level]);
        let (below, above) = scratch.split_at_mut(level * F);
        let (below, above) = (&below[(level - 1) * F..], &mut above[..F]);
        let ahead = below_reach - reach;
        for at in steps(reach + rows) {
            let (newer, older) = (load(below, at + ahead), load(below, at + ahead - half));
            let joined: [Lanes; F] = summary.join(older, newer, &lengths);
            for (value, plane) in joined.into_iter().zip(above.iter_mut()) {
                value.store(plane, at);
            }
        }
    }

    /// The summaries of a window in a register of rows.
    #[inline(always)]
    pub(crate) fn join<const F: usize, S: Summary<F>>(
        &self,
        summary: &S,
        scratch: &Scratch,
        window: usize,
        row: usize,
    ) -> [Lanes; F] {
        let (first, rest) = &self.windows[window];
        let mut joined = self.part(scratch, first, row);
        for part in rest {
            joined = summary.join(self.part(scratch, part, row), joined, &part.lengths);
        }
        joined
    }

    #[inline(always)]
    fn part<const F: usize>(&self, scratch: &Scratch, part: &Part, row: usize) -> [Lanes; F] {
        load(&scratch[part.level * F..], self.levels[part.level].0 + row - part.age)
    }
}

/// A register of each of the first planes.
#[inline(always)]
fn load<const F: usize>(planes: &[Vec<f64>], at: usize) -> [Lanes; F] {
    let mut lanes = [Lanes::splat(0.0); F];
    for (lanes, plane) in lanes.iter_mut().zip(planes) {
        *lanes = Lanes::load(plane, at);
    }
    lanes
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

/// Where registers begin that cover `0..whole`: the last one may reach beyond, into the padding.
#[inline(always)]
fn steps(whole: usize) -> impl Iterator<Item = usize> {
    (0..whole).step_by(Lanes::COUNT)
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
