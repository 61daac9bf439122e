//! Grows a tree, the most useful leaf first.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Range;

use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::bins::{BINS, BinnedMatrix, LANES};
use super::histogram::{self, Histogram};
use super::pairs::{Pairs, Units};
use super::split::{self, Rules, Split};
use super::tree::{Node, Tree};

/// How far a tree may grow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growth {
    pub(super) max_leaves: usize,
    pub(super) max_depth: usize,
    /// The fewest rows of a leaf, by their share of the weight.
    pub(super) min_rows: usize,
    pub(super) l2: f64,
    pub(super) features: Candidates,
    /// Whether cuts are drawn and not searched for.
    pub(super) random_cuts: bool,
}

/// The features that a node is split by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Candidates {
    /// All of them.
    All,
    /// So many, drawn for each node.
    Drawn(usize),
}

impl Candidates {
    /// A share of so many features, at least one.
    pub(super) fn share(share: f64, features: usize) -> Self {
        let count = (share * features as f64).ceil() as usize;
        if count < features { Self::Drawn(count) } else { Self::All }
    }
}

/// A grown tree whose leaves are still to be given their values.
#[derive(Debug)]
pub(super) struct Grown {
    nodes: Vec<Node>,
    /// Node and rows of each leaf.
    leaves: Vec<(usize, Range<usize>)>,
    order: Vec<u32>,
}

impl Grown {
    /// The leaves' rows, with a place for their value.
    pub(super) fn finish(mut self, value: impl Fn(&[u32]) -> f32, mut each: impl FnMut(&[u32], f32)) -> Tree {
        for (node, rows) in &self.leaves {
            let rows = &self.order[rows.clone()];
            let value = value(rows);
            self.nodes[*node] = Node::Leaf(value);
            each(rows, value);
        }
        Tree { nodes: self.nodes }
    }
}

/// Grows a tree on some rows.
pub(super) fn grow(
    matrix: &BinnedMatrix,
    pairs: &Pairs,
    rows: Vec<u32>,
    growth: Growth,
    rng: &mut ChaCha8Rng,
) -> Grown {
    let whole = rows.iter().fold(0_u64, |sum, row| sum.wrapping_add(pairs.words[*row as usize]));
    let weight = pairs.units().of(whole).1;
    let min_weight = weight * growth.min_rows as f64 / (rows.len().max(1) as f64);
    let rules = Rules { min_weight: min_weight.max(f64::MIN_POSITIVE), l2: growth.l2 };
    let root =
        Leaf { node: 0, rows: 0..rows.len(), depth: 0, whole, histogram: Histogram::new(), split: None };
    let mut grower = Grower {
        matrix,
        pairs,
        growth,
        rules,
        spare: vec![0; rows.len()],
        order: rows,
        nodes: vec![Node::Leaf(0.0)],
        words: Vec::new(),
        pool: Vec::new(),
        rng,
    };
    let leaves = grower.grow(root);
    Grown { nodes: grower.nodes, leaves, order: grower.order }
}

/// A leaf that may be opened.
#[derive(Debug)]
struct Leaf {
    node: usize,
    rows: Range<usize>,
    depth: usize,
    whole: u64,
    /// Kept while the leaf can be opened, where children may be had by subtraction.
    histogram: Histogram,
    split: Option<Split>,
}

struct Grower<'a> {
    matrix: &'a BinnedMatrix,
    pairs: &'a Pairs,
    growth: Growth,
    rules: Rules,
    order: Vec<u32>,
    spare: Vec<u32>,
    nodes: Vec<Node>,
    /// The words of the rows of the leaf at hand.
    words: Vec<u64>,
    /// Histograms that can be used again.
    pool: Vec<Histogram>,
    rng: &'a mut ChaCha8Rng,
}

impl Grower<'_> {
    fn grow(&mut self, mut root: Leaf) -> Vec<(usize, Range<usize>)> {
        self.gather(&root);
        if self.growth.features == Candidates::All {
            root.histogram = self.histogram(&root);
        }
        self.search(&mut root);
        let (mut open, mut leaves) = (BinaryHeap::from([Openable(root)]), Vec::new());
        while let Some(Openable(leaf)) = open.pop() {
            let full = leaves.len() + open.len() + 2 > self.growth.max_leaves;
            match leaf.split.filter(|_| !full) {
                Some(split) => open.extend(self.open(leaf, split).map(Openable)),
                None => {
                    leaves.push((leaf.node, leaf.rows));
                    self.pool.push(leaf.histogram);
                }
            }
        }
        leaves.sort_by_key(|(node, _)| *node);
        leaves
    }

    /// Parts a leaf's rows, and looks at both children.
    fn open(&mut self, leaf: Leaf, split: Split) -> [Leaf; 2] {
        let middle = leaf.rows.start + self.part(&leaf.rows, split);
        let children = self.nodes.len() as u32;
        // Behind the last cut all values go left, and only missing ones right.
        let cut = self.matrix.cuts(split.feature as usize).get(usize::from(split.bin) - 1);
        let threshold = cut.copied().unwrap_or(f32::MAX);
        let Split { feature, missing_left, .. } = split;
        self.nodes[leaf.node] =
            Node::Split { feature, threshold, missing_left, left: children, right: children + 1 };
        self.nodes.extend([Node::Leaf(0.0); 2]);
        let child = |node: u32, rows: Range<usize>| Leaf {
            node: node as usize,
            rows,
            depth: leaf.depth + 1,
            whole: 0,
            histogram: Histogram::new(),
            split: None,
        };
        let (mut left, mut right) =
            (child(children, leaf.rows.start..middle), child(children + 1, middle..leaf.rows.end));
        let left_is_smaller = left.rows.len() <= right.rows.len();
        let (small, large) = if left_is_smaller { (&mut left, &mut right) } else { (&mut right, &mut left) };
        self.look(leaf.histogram, leaf.whole, small, large);
        [left, right]
    }

    /// Sums up both children and finds their splits.
    fn look(&mut self, mut parent: Histogram, whole: u64, small: &mut Leaf, large: &mut Leaf) {
        let may_go_on = self.may_open(small) || self.may_open(large);
        self.gather(small);
        small.whole = self.words.iter().fold(0_u64, |sum, word| sum.wrapping_add(*word));
        large.whole = whole.wrapping_sub(small.whole);
        if may_go_on && self.growth.features == Candidates::All {
            small.histogram = self.histogram(small);
            histogram::subtract(&mut parent, &small.histogram);
            large.histogram = parent;
        } else {
            self.pool.push(parent);
        }
        self.search(small);
        if may_go_on && self.growth.features != Candidates::All {
            self.gather(large);
        }
        self.search(large);
    }

    fn may_open(&self, leaf: &Leaf) -> bool {
        leaf.depth < self.growth.max_depth && leaf.rows.len() >= 2 * self.growth.min_rows.max(1)
    }

    /// All features of a leaf, whose words were gathered.
    fn histogram(&mut self, leaf: &Leaf) -> Histogram {
        let mut histogram = self.pool.pop().unwrap_or_default();
        histogram::of_all(self.matrix, &self.order[leaf.rows.clone()], &self.words, &mut histogram);
        histogram
    }

    fn gather(&mut self, leaf: &Leaf) {
        self.words.clear();
        self.words.extend(self.order[leaf.rows.clone()].iter().map(|row| self.pairs.words[*row as usize]));
    }

    /// Finds the best split of a leaf.
    fn search(&mut self, leaf: &mut Leaf) {
        if !self.may_open(leaf) {
            return;
        }
        leaf.split = match self.growth.features {
            Candidates::All => self.search_all(leaf),
            Candidates::Drawn(count) => self.search_drawn(leaf, count),
        };
    }

    fn search_all(&mut self, leaf: &Leaf) -> Option<Split> {
        let features = self.matrix.features();
        if self.growth.random_cuts {
            let candidates: Vec<u32> = (0..features as u32).collect();
            return self.search_random(leaf.whole, &candidates, &leaf.histogram);
        }
        let (units, rules, whole) = (self.pairs.units(), self.rules, leaf.whole);
        let of_block = |(block, sums): (usize, &[u64])| {
            let lanes = sums.chunks_exact(BINS).enumerate();
            let features =
                lanes.map(|(lane, sums)| (block * LANES + lane, sums)).filter(|(at, _)| *at < features);
            features.filter_map(|(at, sums)| split::best(at as u32, sums, whole, units, rules)).reduce(better)
        };
        let blocks = leaf.histogram.par_chunks_exact(LANES * BINS).enumerate();
        blocks.map(of_block).collect::<Vec<_>>().into_iter().flatten().reduce(better)
    }

    fn search_drawn(&mut self, leaf: &Leaf, count: usize) -> Option<Split> {
        let features = self.matrix.features();
        let drawn = index::sample(self.rng, features, count.clamp(1, features));
        let mut drawn: Vec<u32> = drawn.into_iter().map(|feature| feature as u32).collect();
        drawn.sort_unstable();
        let mut sums = self.pool.pop().unwrap_or_default();
        let rows = &self.order[leaf.rows.clone()];
        histogram::of_some(self.matrix, &drawn, rows, &self.words, &mut sums);
        let found = match self.growth.random_cuts {
            true => self.search_random(leaf.whole, &drawn, &sums),
            false => search_some(leaf.whole, &drawn, &sums, self.pairs.units(), self.rules),
        };
        self.pool.push(sums);
        found
    }

    fn search_random(&mut self, whole: u64, features: &[u32], sums: &[u64]) -> Option<Split> {
        let (units, rules) = (self.pairs.units(), self.rules);
        let mut best: Option<Split> = None;
        for (feature, sums) in features.iter().zip(sums.chunks_exact(BINS)) {
            let found = split::random(self.matrix, *feature, sums, whole, units, rules, self.rng);
            best = match (best, found) {
                (Some(best), Some(found)) => Some(better(best, found)),
                (best, found) => best.or(found),
            };
        }
        best
    }

    /// Moves the rows that go left before those that go right, each in order; returns how many go left.
    fn part(&mut self, rows: &Range<usize>, split: Split) -> usize {
        let (block, lane) = (split.feature as usize / LANES, split.feature as usize % LANES);
        let codes = self.matrix.block(block);
        let order = &mut self.order[rows.clone()];
        let spare = &mut self.spare[..order.len()];
        let (mut left, mut right) = (0, 0);
        for at in 0..order.len() {
            let row = order[at];
            let code = codes[row as usize][lane];
            let goes_left = if code == 0 { split.missing_left } else { code <= split.bin };
            order[left] = row;
            spare[right] = row;
            left += usize::from(goes_left);
            right += usize::from(!goes_left);
        }
        order[left..].copy_from_slice(&spare[..right]);
        left
    }
}

fn search_some(whole: u64, features: &[u32], sums: &[u64], units: Units, rules: Rules) -> Option<Split> {
    let pairs = features.iter().zip(sums.chunks_exact(BINS));
    pairs.filter_map(|(feature, sums)| split::best(*feature, sums, whole, units, rules)).reduce(better)
}

/// The split with the larger gain; of equal ones the first.
fn better(a: Split, b: Split) -> Split {
    if b.gain > a.gain { b } else { a }
}

/// Orders leaves by the gain of their split; of equal ones the older comes first.
struct Openable(Leaf);

impl Openable {
    fn gain(&self) -> f64 {
        self.0.split.map_or(-1.0, |split| split.gain)
    }
}

impl Ord for Openable {
    fn cmp(&self, other: &Self) -> Ordering {
        self.gain().total_cmp(&other.gain()).then(other.0.node.cmp(&self.0.node))
    }
}

impl PartialOrd for Openable {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Openable {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Openable {}
