//! Operators: which sets of them a graph uses, and whether ours can stand beside them.

use std::collections::{BTreeMap, BTreeSet};

use super::read::refused;
use super::walk;
use crate::Result;
use crate::onnx::graph::{GraphNeeds, OLDEST_OPSET, OPSET};
use crate::onnx::proto::{ModelProto, NodeProto};

/// The domains that ONNX Runtime knows by itself; the main one is "".
const DOMAINS: [&str; 3] = ["", "ai.onnx.ml", "com.microsoft"];

/// The oldest version from which [`UNCHANGED`] holds.
const OLDEST_LIFTED: i64 = 7;

/// Operators that mean the same of numbers from [`OLDEST_LIFTED`] to [`OPSET`]. Converters of trees stamp a file with the
/// oldest version that has its operators, whatever they were asked for.
///
/// # Source
/// `docs/Changelog.md` of ONNX 1.23.
const UNCHANGED: [&str; 24] = [
    "Abs",
    "Add",
    "Cast",
    "Concat",
    "Constant",
    "Div",
    "Exp",
    "Flatten",
    "Gather",
    "Gemm",
    "Greater",
    "Identity",
    "Less",
    "MatMul",
    "Mul",
    "Neg",
    "Relu",
    "Reshape",
    "Shape",
    "Sigmoid",
    "Sqrt",
    "Sub",
    "Tanh",
    "Transpose",
];

/// What the graph of a model needs of a model around it.
pub(super) fn needs(model: &ModelProto) -> Result<GraphNeeds> {
    check_domains(model)?;
    let mut opsets = imports(model)?;
    let main = main_opset(opsets.get("").copied(), &walk::nodes(model))?;
    opsets.insert(String::new(), main);
    Ok(GraphNeeds { ir_version: model.ir_version(), opsets, functions: model.functions.clone() })
}

/// The main domain has two names.
fn domain(name: &str) -> &str {
    if name == "ai.onnx" { "" } else { name }
}

fn check_domains(model: &ModelProto) -> Result<()> {
    let own: BTreeSet<_> = model.functions.iter().map(|f| (domain(f.domain()), f.name())).collect();
    let stranger = |node: &&NodeProto| {
        let of = domain(node.domain());
        !DOMAINS.contains(&of) && !own.contains(&(of, node.op_type()))
    };
    match walk::nodes(model).into_iter().find(stranger) {
        None => Ok(()),
        Some(node) => Err(refused(format!(
            "its operator {} is of the domain `{}`: only those of ai.onnx, ai.onnx.ml and com.microsoft, and \
             functions that it brings along, can be served",
            node.op_type(),
            node.domain()
        ))),
    }
}

/// Domain to version. Converters write an entry more than once.
fn imports(model: &ModelProto) -> Result<BTreeMap<String, i64>> {
    let mut opsets = BTreeMap::new();
    for import in &model.opset_import {
        let (domain, version) = (domain(import.domain()), import.version());
        match opsets.insert(domain.to_owned(), version) {
            Some(other) if other != version => {
                let reason =
                    format!("it imports the versions {other} and {version} of the domain `{domain}`");
                return Err(refused(format!("{reason}: convert it again with one target_opset")));
            }
            _ => {}
        }
    }
    Ok(opsets)
}

/// The version of the main domain for the whole of an artifact.
fn main_opset(stamped: Option<i64>, nodes: &[&NodeProto]) -> Result<i64> {
    let of_main = || nodes.iter().filter(|node| domain(node.domain()).is_empty());
    let Some(version) = stamped.or_else(|| of_main().next().is_none().then_some(OPSET)) else {
        return Err(refused("it does not say of which opset its operators are".to_owned()));
    };
    if version >= OLDEST_OPSET {
        return Ok(version);
    }
    let changed = of_main().map(|node| node.op_type()).find(|op_type| !UNCHANGED.contains(op_type));
    match changed {
        None if version >= OLDEST_LIFTED => Ok(OPSET),
        changed => Err(refused(format!(
            "it is of opset {version}, and {OLDEST_OPSET} is the oldest that can be taken{}: convert it again with \
             target_opset = {OPSET}, or with onnx.version_converter",
            changed.map(|op_type| format!(" (its operator {op_type} has changed since)")).unwrap_or_default()
        ))),
    }
}
