//! Sums of trees as one operator of ONNX.

use super::graph::{GraphBuilder, floats, int, ints, strings};
use crate::TreeModel;
use crate::trees::Node;

/// The domain that trees are defined in, with the version that they are written for; what they say means the same in every
/// version that has them.
const ML: (&str, i64) = ("ai.onnx.ml", 3);

/// From the input `x` to the forecast `y`; infinite values are made missing first.
pub(super) fn add_trees(graph: &mut GraphBuilder, model: &TreeModel, prefix: &str, y: &str) {
    let name = |part: &str| format!("{prefix}{part}");
    graph.scalar(&name("nan"), f32::NAN);
    graph.node("IsInf", &["x"], &name("infinite"));
    graph.node("Where", &[&name("infinite"), &name("nan"), "x"], &name("finite"));
    let table = Table::of(model);
    let attributes = vec![
        floats("base_values", vec![model.base]),
        int("n_targets", 1),
        ints("nodes_falsenodeids", table.right),
        ints("nodes_featureids", table.feature),
        ints("nodes_missing_value_tracks_true", table.missing_left),
        strings("nodes_modes", table.mode),
        ints("nodes_nodeids", table.node),
        ints("nodes_treeids", table.tree),
        ints("nodes_truenodeids", table.left),
        floats("nodes_values", table.threshold),
        ints("target_ids", vec![0; table.target_node.len()]),
        ints("target_nodeids", table.target_node),
        ints("target_treeids", table.target_tree),
        floats("target_weights", table.target_weight),
    ];
    graph.node_of(ML, "TreeEnsembleRegressor", &[&name("finite")], y, attributes);
}

/// All nodes of all trees, column by column.
#[derive(Default)]
struct Table {
    tree: Vec<i64>,
    node: Vec<i64>,
    feature: Vec<i64>,
    threshold: Vec<f32>,
    mode: Vec<Vec<u8>>,
    left: Vec<i64>,
    right: Vec<i64>,
    missing_left: Vec<i64>,
    target_tree: Vec<i64>,
    target_node: Vec<i64>,
    target_weight: Vec<f32>,
}

impl Table {
    fn of(model: &TreeModel) -> Self {
        let mut table = Self::default();
        for (tree, of_tree) in model.trees.iter().enumerate() {
            for (at, node) in of_tree.nodes.iter().enumerate() {
                table.push(tree as i64, at as i64, node);
            }
        }
        table
    }

    fn push(&mut self, tree: i64, at: i64, node: &Node) {
        let (feature, threshold, mode, left, right, missing_left) = match *node {
            Node::Split { feature, threshold, missing_left, left, right } => {
                (i64::from(feature), threshold, "BRANCH_LEQ", i64::from(left), i64::from(right), missing_left)
            }
            Node::Leaf(value) => {
                self.target_tree.push(tree);
                self.target_node.push(at);
                self.target_weight.push(value);
                (0, 0.0, "LEAF", 0, 0, false)
            }
        };
        self.tree.push(tree);
        self.node.push(at);
        self.feature.push(feature);
        self.threshold.push(threshold);
        self.mode.push(mode.as_bytes().to_vec());
        self.left.push(left);
        self.right.push(right);
        self.missing_left.push(i64::from(missing_left));
    }
}
