//! Operators that share their work: windows of any length over the same inputs.

use std::ops::Range;

use super::lanes::{Lanes, padded};
use super::moments::{Shape, Spread};
use super::order::{Place, Sorted, mean_deviation};
use super::pair::Pair;
use super::peak::{Extreme, Peak};
use super::summary::Summary;
use super::total::{Present, Total};
use super::trend::Trend;
use super::weighted::{Ema, Linear};
use super::window::{Layout, Register, Scratch};
use super::{WindowOp, present};
use crate::expr::RollingOp;

/// What a group keeps of its windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Lag,
    Total,
    Present,
    Spread,
    Shape,
    Trend,
    Max,
    Min,
    MaxPlace,
    MinPlace,
    Linear,
    Ema(usize),
    Pair,
    Order,
    Deviation,
}

impl Kind {
    pub(crate) fn of(op: WindowOp, window: usize) -> Self {
        let op = match op {
            WindowOp::Rolling(op) => op,
            WindowOp::Quantile(_) => return Self::Order,
            WindowOp::Pair(_) => return Self::Pair,
        };
        match op {
            RollingOp::Ref | RollingOp::Delta => Self::Lag,
            RollingOp::Sum | RollingOp::Mean => Self::Total,
            RollingOp::Count => Self::Present,
            RollingOp::Var | RollingOp::Std => Self::Spread,
            RollingOp::Skew | RollingOp::Kurt => Self::Shape,
            RollingOp::Slope | RollingOp::Rsquare | RollingOp::Resi => Self::Trend,
            RollingOp::Max => Self::Max,
            RollingOp::Min => Self::Min,
            RollingOp::IdxMax => Self::MaxPlace,
            RollingOp::IdxMin => Self::MinPlace,
            RollingOp::Wma => Self::Linear,
            RollingOp::Ema => Self::Ema(window),
            RollingOp::Med | RollingOp::Rank => Self::Order,
            RollingOp::Mad => Self::Deviation,
        }
    }
}

/// An operator of a group, and how many values before the present one it reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Member {
    pub(crate) op: WindowOp,
    pub(crate) reach: usize,
}

/// Operators of one kind over the same inputs, in order of reach.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    kind: Kind,
    members: Vec<Member>,
    /// The distinct windows, and the members of each.
    windows: Vec<usize>,
    of_window: Vec<Range<usize>>,
    layout: Layout,
}

/// Where the members of a group write to: one buffer each, from a place on.
#[derive(Debug)]
pub(crate) struct Outs<'a> {
    pub(crate) buffers: &'a mut [Vec<f64>],
    pub(crate) begins: &'a [usize],
}

impl Outs<'_> {
    fn rows(&mut self, member: usize, rows: usize) -> &mut [f64] {
        &mut self.buffers[member][self.begins[member]..][..rows]
    }

    fn several(&mut self, members: Range<usize>, rows: usize) -> Vec<&mut [f64]> {
        let buffers = self.buffers[members.clone()].iter_mut().zip(&self.begins[members]);
        buffers.map(|(buffer, begin)| &mut buffer[*begin..][..rows]).collect()
    }

    #[inline(always)]
    fn registers(&mut self, member: usize, rows: usize) -> &mut [Register] {
        self.rows(member, rows).as_chunks_mut().0
    }
}

/// An operator's values of windows of n values.
#[inline(always)]
fn finish<const F: usize, S: Summary<F>>(
    summary: &S,
    op: WindowOp,
    n: f64,
    windows: [&[Register]; F],
    out: &mut [Register],
) {
    let windows = windows.map(|plane| &plane[..out.len()]);
    for (at, out) in out.iter_mut().enumerate() {
        let window = windows.map(|plane| Lanes(plane[at]));
        *out = summary.finish(op, n, window).map(present).0;
    }
}

impl Group {
    /// `members` in order of reach.
    pub(crate) fn new(kind: Kind, members: Vec<Member>) -> Self {
        let mut windows: Vec<usize> = members.iter().map(|member| member.reach + 1).collect();
        windows.dedup();
        let at = |window: usize| members.partition_point(|member| member.reach + 1 < window);
        let of_window = windows.iter().map(|window| at(*window)..at(*window + 1)).collect();
        let decay = if let Kind::Ema(span) = kind { Ema::new(span).decay() } else { 1.0 };
        Self { layout: Layout::new(&windows, decay), kind, windows, of_window, members }
    }

    /// How many values before the present one it reads.
    pub(crate) fn reach(&self) -> usize {
        self.members.last().map_or(0, |member| member.reach)
    }

    /// Computes `rows` sessions of every member. The inputs begin [`Group::reach`] sessions before the first row; inputs
    /// and outputs have room for a register beyond the last one.
    pub(crate) fn run(
        &self,
        inputs: [&[f64]; 2],
        rows: usize,
        scratch: &mut Scratch,
        sorted: &mut Sorted,
        outs: Outs<'_>,
    ) {
        let mut work = Work { group: self, inputs, rows, scratch, outs };
        match self.kind {
            Kind::Lag => work.lag(),
            Kind::Order => pulp::Arch::new().dispatch(Order { work, sorted }),
            Kind::Deviation => work.deviation(),
            Kind::Total => work.fold(&Total),
            Kind::Present => work.fold(&Present),
            Kind::Spread => work.fold(&Spread),
            Kind::Shape => work.fold(&Shape),
            Kind::Trend => work.fold(&Trend),
            Kind::Max => work.fold(&Extreme::<true>),
            Kind::Min => work.fold(&Extreme::<false>),
            Kind::MaxPlace => work.fold(&Peak::<true>),
            Kind::MinPlace => work.fold(&Peak::<false>),
            Kind::Linear => work.fold(&Linear),
            Kind::Ema(span) => work.fold(&Ema::new(span)),
            Kind::Pair => work.fold(&Pair),
        }
    }
}

/// One run of a group.
struct Work<'a> {
    group: &'a Group,
    inputs: [&'a [f64]; 2],
    rows: usize,
    scratch: &'a mut Scratch,
    outs: Outs<'a>,
}

impl Work<'_> {
    /// Runs with the widest registers that this machine has; the results do not depend on them.
    fn fold<const F: usize, S: Summary<F>>(&mut self, summary: &S) {
        pulp::Arch::new().dispatch(Fold { work: self, summary });
    }

    #[inline(always)]
    fn fold_windows<const F: usize, S: Summary<F>>(&mut self, summary: &S) {
        let (group, rows) = (self.group, padded(self.rows));
        group.layout.build(summary, self.inputs, rows, self.scratch);
        for (window, length) in group.windows.iter().enumerate() {
            let summaries = group.layout.window(summary, window, rows, self.scratch);
            for member in group.of_window[window].clone() {
                let out = self.outs.registers(member, rows);
                finish(summary, group.members[member].op, *length as f64, summaries, out);
            }
        }
    }

    fn lag(&mut self) {
        let (x, reach) = (self.inputs[0], self.group.reach());
        for (at, member) in self.group.members.iter().enumerate() {
            let out = self.outs.rows(at, self.rows);
            let then = &x[reach - member.reach..][..self.rows];
            if member.op == WindowOp::Rolling(RollingOp::Ref) {
                out.copy_from_slice(then);
            } else {
                for ((out, now), then) in out.iter_mut().zip(&x[reach..]).zip(then) {
                    *out = present(now - then);
                }
            }
        }
    }

    #[inline(always)]
    fn order(&mut self, sorted: &mut Sorted) {
        let (x, reach, rows) = (self.inputs[0], self.group.reach(), self.rows);
        for (window, members) in self.group.windows.iter().zip(&self.group.of_window) {
            let places: Vec<Option<Place>> = members.clone().map(|at| self.place(at, *window)).collect();
            let mut outs = self.outs.several(members.clone(), rows);
            let oldest = &x[reach + 1 - window..];
            sorted.fill(&oldest[..*window]);
            for row in 0..rows {
                if row > 0 {
                    sorted.slide(oldest[row - 1], x[reach + row]);
                }
                for (out, place) in outs.iter_mut().zip(&places) {
                    out[row] = match place {
                        Some(place) => sorted.at(*place),
                        None => sorted.rank(),
                    };
                }
            }
        }
    }

    /// Where the quantile lies that a member is; none for a rank.
    fn place(&self, member: usize, window: usize) -> Option<Place> {
        match self.group.members[member].op {
            WindowOp::Quantile(level) => Some(Place::of(level, window)),
            WindowOp::Rolling(RollingOp::Med) => Some(Place::of(0.5, window)),
            _ => None,
        }
    }

    fn deviation(&mut self) {
        let (x, reach) = (self.inputs[0], self.group.reach());
        for (at, member) in self.group.members.iter().enumerate() {
            for (row, out) in self.outs.rows(at, self.rows).iter_mut().enumerate() {
                *out = present(mean_deviation(&x[reach + row - member.reach..=reach + row]));
            }
        }
    }
}

/// [`Work::fold_windows`] as what is compiled once for each width of registers.
struct Fold<'a, 'b, const F: usize, S: Summary<F>> {
    work: &'b mut Work<'a>,
    summary: &'b S,
}

impl<const F: usize, S: Summary<F>> pulp::WithSimd for Fold<'_, '_, F, S> {
    type Output = ();

    #[inline(always)]
    fn with_simd<V: pulp::Simd>(self, _: V) {
        self.work.fold_windows(self.summary);
    }
}

/// [`Work::order`], likewise.
struct Order<'a, 'b> {
    work: Work<'a>,
    sorted: &'b mut Sorted,
}

impl pulp::WithSimd for Order<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<V: pulp::Simd>(mut self, _: V) {
        self.work.order(self.sorted);
    }
}
