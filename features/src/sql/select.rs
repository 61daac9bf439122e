//! The query of a view.

use super::adjust::adjusted;
use super::level::Level;
use super::nodes::{Nodes, is_window};
use crate::View;
use crate::expr::Expr;

/// One ClickHouse `SELECT` that computes a view: `symbol`, `session`, `knowledge_time` and a `Float32` column a feature.
///
/// `bars` is what stands behind `FROM`: a relation, or a subquery in parentheses, with the columns `symbol`, `session`,
/// `open`, `high`, `low`, `close`, `volume`, `dividend`, `split` and `knowledge_time`, one row a symbol and session, raw
/// prices. Rows come in no order.
///
/// Each function over windows is computed from the window's rows alone; subexpressions that occur twice are columns
/// named once (`_s12`), and functions of functions are subqueries of one another. Functions over all symbols
/// (`CsRank`) see the symbols of the relation.
///
/// # Missing values
/// NaN, where the kernels have it.
///
/// ```
/// use weekahead_features::{View, sql};
/// let view = View::parse("name = 'tiny'\n[[feature]]\nname = 'ma_2'\nexpr = 'Mean(close, 2) / close'").unwrap();
/// let query = sql::select(&view, "marts.bars_latest");
/// assert!(query.contains("avg(_close) OVER w2"));
/// assert!(query.contains("toFloat32(ifNotFinite(_s1 / _close, nan)) AS ma_2"));
/// ```
pub fn select(view: &View, bars: &str) -> String {
    let nodes = Nodes::of(view);
    let mut tables = vec![adjusted(bars, view.look_back(), view.is_cross_sectional())];
    let (mut level, mut from) = (Level::default(), "adjusted".to_owned());
    for depth in 0..=nodes.last_level() {
        level = level.above();
        for at in nodes.columns(depth) {
            add(&nodes, at, &mut level);
        }
        let name = format!("level_{depth}");
        tables.push(level.render(&name, &from));
        from = name;
    }
    let features: String = features(view, &nodes).map(|line| format!(",\n    {line}")).collect();
    format!(
        "WITH\n{}\nSELECT\n    symbol,\n    session,\n    _known AS knowledge_time{features}\nFROM {from}",
        tables.join(",\n")
    )
}

fn add(nodes: &Nodes<'_>, at: usize, level: &mut Level) {
    let expr = nodes.node(at).expr;
    let text = if is_window(expr) { nodes.window(at, level) } else { nodes.formula(at) };
    let comment =
        if matches!(expr, Expr::Field(_) | Expr::Number(_)) { String::new() } else { expr.to_string() };
    level.column(nodes.name(at), |_| text, &comment);
}

fn features<'a>(view: &'a View, nodes: &'a Nodes<'_>) -> impl Iterator<Item = String> + 'a {
    let columns = view.definitions().iter().zip(&nodes.outputs);
    columns.map(|(feature, at)| format!("toFloat32({}) AS {}", nodes.value(*at), feature.name))
}
