//! One tree: its nodes, and the way of a row through them.

use ndarray::ArrayView1;

/// A node of a tree; children stand behind their parent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Node {
    /// A question about a feature.
    Split {
        /// The feature, from 0.
        feature: u32,
        /// Values up to this go left.
        threshold: f32,
        /// Whether missing values go left.
        missing_left: bool,
        /// The left child.
        left: u32,
        /// The right child.
        right: u32,
    },
    /// An answer.
    Leaf(f32),
}

/// A tree; the first node is its root.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
}

impl Tree {
    /// The answer for a row.
    pub(crate) fn answer(&self, row: ArrayView1<'_, f32>) -> f32 {
        let mut at = 0;
        loop {
            match self.nodes[at] {
                Node::Leaf(value) => return value,
                Node::Split { feature, threshold, missing_left, left, right } => {
                    let value = row[feature as usize];
                    let goes_left = if value.is_finite() { value <= threshold } else { missing_left };
                    at = if goes_left { left } else { right } as usize;
                }
            }
        }
    }
}
