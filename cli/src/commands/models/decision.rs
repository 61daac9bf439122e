//! What a decision by hand changed, in words.

use weekahead_training::registry::Change;

/// Who is champion now, who was before, and what was remarkable about it.
pub fn report(change: &Change) -> String {
    let mut lines = Vec::new();
    if let Some(disagreement) = change.before.disagreement() {
        lines.push(format!("before: {disagreement}"));
    }
    for skipped in &change.skipped {
        lines.push(format!("skipped version {}: {}", skipped.version, skipped.reason));
    }
    let Change { model, version, spec, .. } = change;
    let before = match change.from.filter(|from| from != version) {
        Some(from) => format!("; before it was version {from}"),
        None => String::new(),
    };
    lines.push(format!("version {version} of {model}, {spec}, is champion{before}"));
    if !change.recorded {
        lines
            .push("that was on record already: the alias follows it, and nothing new is recorded".to_owned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use weekahead_training::registry::{Skipped, Standing};

    use super::*;

    fn change() -> Change {
        Change {
            model: "weekly".to_owned(),
            version: 1,
            spec: "random_walk".to_owned(),
            from: Some(3),
            recorded: true,
            before: Standing { recorded: Some(3), alias: Some(3) },
            skipped: vec![Skipped { version: 2, reason: "the registry has lost it".to_owned() }],
        }
    }

    #[test]
    fn a_change_names_both_and_the_skipped() {
        insta::assert_snapshot!(report(&change()), @r"
        skipped version 2: the registry has lost it
        version 1 of weekly, random_walk, is champion; before it was version 3
        ");
    }

    #[test]
    fn a_repaired_alias_is_no_new_decision() {
        let repaired = Change {
            from: Some(1),
            recorded: false,
            before: Standing { recorded: Some(1), alias: Some(3) },
            skipped: Vec::new(),
            ..change()
        };
        insta::assert_snapshot!(report(&repaired), @r"
        before: MLflow's alias `champion` is at version 3, but by ops.promotions version 1 is champion; the record counts
        version 1 of weekly, random_walk, is champion
        that was on record already: the alias follows it, and nothing new is recorded
        ");
    }
}
