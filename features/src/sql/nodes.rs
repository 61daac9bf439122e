//! The distinct subexpressions of a view, and which of them become columns.

use std::collections::HashMap;

use crate::View;
use crate::expr::{BinaryOp, Expr, UnaryOp};

/// A distinct subexpression.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) expr: &'a Expr,
    pub(super) inputs: Vec<usize>,
    /// How many window functions lie above one another in it: those of one level are one `SELECT`.
    pub(super) level: usize,
    /// Whether it is a column; else it is written where it is used.
    pub(super) is_column: bool,
}

/// The distinct subexpressions of a view, inputs first.
#[derive(Debug)]
pub(super) struct Nodes<'a> {
    nodes: Vec<Node<'a>>,
    /// The node of each feature.
    pub(super) outputs: Vec<usize>,
}

impl<'a> Nodes<'a> {
    pub(super) fn of(view: &'a View) -> Self {
        let mut builder = Builder::default();
        let exprs = view.definitions().iter().map(|feature| &feature.expr);
        let outputs: Vec<usize> = exprs.map(|expr| builder.add(expr)).collect();
        let mut nodes = builder.nodes;
        let mut uses = vec![0; nodes.len()];
        outputs.iter().for_each(|at| uses[*at] += 1);
        for at in 0..nodes.len() {
            for (place, input) in nodes[at].inputs.clone().into_iter().enumerate() {
                uses[input] += 1;
                nodes[input].is_column |= needs_column(nodes[at].expr, place, nodes[input].expr);
            }
        }
        for (node, uses) in nodes.iter_mut().zip(uses) {
            let is_leaf = matches!(node.expr, Expr::Number(_));
            node.is_column |=
                is_window(node.expr) || matches!(node.expr, Expr::Field(_)) || (uses > 1 && !is_leaf);
        }
        Self { nodes, outputs }
    }

    pub(super) fn node(&self, at: usize) -> &Node<'a> {
        &self.nodes[at]
    }

    /// The columns that a level adds, inputs first.
    pub(super) fn columns(&self, level: usize) -> impl Iterator<Item = usize> {
        (0..self.nodes.len()).filter(move |at| self.nodes[*at].is_column && self.nodes[*at].level == level)
    }

    /// The last level that has a column.
    pub(super) fn last_level(&self) -> usize {
        self.nodes.iter().filter(|node| node.is_column).map(|node| node.level).max().unwrap_or(0)
    }

    /// The name of a column. Names of features begin with a letter, so the two never meet.
    pub(super) fn name(&self, at: usize) -> String {
        match self.nodes[at].expr {
            Expr::Field(field) => format!("_{}", field.name()),
            _ => format!("_s{at}"),
        }
    }
}

/// Whether it is a function of several rows.
pub(super) fn is_window(expr: &Expr) -> bool {
    matches!(expr, Expr::Rolling(..) | Expr::Quantile(..) | Expr::Pair(..) | Expr::CrossSection(..))
}

/// Whether the SQL of an expression names this input more than once, or in a window. Numbers may be repeated.
fn needs_column(expr: &Expr, place: usize, input: &Expr) -> bool {
    use BinaryOp::{Add, Div, Mul, Sub};
    let is_repeated = match expr {
        Expr::Binary(op, ..) => !matches!(op, Add | Sub | Mul | Div),
        Expr::Unary(op, _) => *op == UnaryOp::Sign,
        Expr::If(..) => place == 0,
        _ => false,
    };
    is_window(expr) || (is_repeated && !matches!(input, Expr::Number(_)))
}

#[derive(Default)]
struct Builder<'a> {
    nodes: Vec<Node<'a>>,
    by_text: HashMap<String, usize>,
}

impl<'a> Builder<'a> {
    fn add(&mut self, expr: &'a Expr) -> usize {
        let text = expr.to_string();
        if let Some(at) = self.by_text.get(&text) {
            return *at;
        }
        let inputs: Vec<usize> = expr.inputs().map(|input| self.add(input)).collect();
        let below = inputs.iter().map(|input| self.nodes[*input].level).max().unwrap_or(0);
        let level = below + usize::from(is_window(expr));
        self.nodes.push(Node { expr, inputs, level, is_column: false });
        self.by_text.insert(text, self.nodes.len() - 1);
        self.nodes.len() - 1
    }
}
