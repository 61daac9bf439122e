//! View files: what is accepted, what is refused, and what changes a version.

use weekahead_features::{Error, View};

fn view(name: &str, features: &[(&str, &str)]) -> String {
    let line = |(name, expr): &(&str, &str)| format!("[[feature]]\nname = \"{name}\"\nexpr = \"{expr}\"\n");
    format!("name = \"{name}\"\n{}", features.iter().map(line).collect::<String>())
}

fn version(name: &str, features: &[(&str, &str)]) -> String {
    View::parse(&view(name, features)).unwrap().version().to_owned()
}

#[test]
fn weekly_core_is_what_the_models_expect() {
    let view = View::builtin("weekly_core").unwrap();
    let lines: Vec<String> = view.definitions().iter().map(|f| format!("{} = {}", f.name, f.expr)).collect();
    let head = format!("{} {} look_back {}\n", view.name(), view.version(), view.look_back());
    insta::assert_snapshot!(head + &lines.join("\n"));
    assert!(view.position("ret_mean_250").is_some() && view.position("vol_20").is_some());
}

#[test]
fn a_version_is_of_the_meaning() {
    let plain = version("v", &[("a", "Mean(close, 5)"), ("b", "open")]);
    assert_eq!(plain, version("v", &[("a", "(Mean($close,5.0))"), ("b", "$open")]));
    let others = [
        version("w", &[("a", "Mean(close, 5)"), ("b", "open")]),
        version("v", &[("b", "open"), ("a", "Mean(close, 5)")]),
        version("v", &[("a", "Mean(close, 6)"), ("b", "open")]),
        version("v", &[("c", "Mean(close, 5)"), ("b", "open")]),
    ];
    assert!(others.iter().all(|other| *other != plain));
}

#[test]
fn files_that_are_no_views_are_refused_with_a_reason() {
    let many: Vec<(String, &str)> = (0..2001).map(|i| (format!("f{i}"), "close")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, expr)| (name.as_str(), *expr)).collect();
    let files = [
        "name = 3".to_owned(),
        "name = \"v\"\nfeatures = []".to_owned(),
        view("v", &[]),
        view("v", &many),
        view("9v", &[("a", "close")]),
        view("v", &[("a b", "close")]),
        view("v", &[("a", "close"), ("a", "open")]),
        view("v", &[("symbol", "close")]),
        view("v", &[("a", "Mean(close, 20) / Meen(close, 5)")]),
        view("v", &[("a", "b + 1"), ("b", "c * 2"), ("c", "Ref(a, 1)")]),
        view("v", &[("a", "Mean(close, 0)"), ("b", "a + 1")]),
        view("v", &[("b", "a + 1"), ("a", "Mean(close, -5)")]),
        view("v", &[("a", "Mean(close, 5, 6)")]),
        view("v", &[("a", "Mean(closing, 5)")]),
        view("v", &[("a", "Ref(close, -1)")]),
        view("v", &[("a", "Mean(Mean(Mean(close, 2500), 2500), 2500)")]),
    ];
    let shown: Vec<String> = files.iter().map(|file| View::parse(file).unwrap_err().to_string()).collect();
    insta::assert_snapshot!(shown.join("\n\n"));
    let unknown = View::builtin("weekly").unwrap_err();
    assert_eq!(unknown.to_string(), "there is no built-in view `weekly`: use one of alpha158 weekly_core");
    assert!(!unknown.is_retryable());
}

#[test]
fn features_are_written_in_terms_of_others() {
    let written =
        view("v", &[("fast", "Mean(close, 5)"), ("ratio", "fast / slow"), ("slow", "Mean(close, 20)")]);
    let view = View::parse(&written).unwrap();
    let exprs: Vec<String> = view.definitions().iter().map(|feature| feature.expr.to_string()).collect();
    assert_eq!(exprs, ["Mean(close, 5)", "Mean(close, 5) / Mean(close, 20)", "Mean(close, 20)"]);
}

#[test]
fn a_fault_is_told_where_it_is_in_a_text_of_many_lines() {
    let place = |toml: &str| match View::parse(toml).unwrap_err() {
        Error::Feature { line, column, .. } => (line, column),
        other => panic!("{other}"),
    };
    let head = "name = 'v'\n[[feature]]\nname = 'x'\n";
    assert_eq!(place(&format!("{head}expr = 'close + Meen(close, 5)'")), (4, 17));
    assert_eq!(place(&format!("{head}expr = '''\nclose\n  + Meen(close, 5)'''")), (6, 5));
    assert_eq!(place(&format!("{head}expr = \"\"\"close\n  + Meen(close, 5)\"\"\"")), (5, 5));
    // Spelled with an escape: the beginning of the text.
    assert_eq!(place(&format!("{head}expr = \"close \\u002B Meen(close, 5)\"")), (4, 9));
}
