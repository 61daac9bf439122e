//! The expression language: what is read, how it is printed, and what its errors say.

use proptest::prelude::*;
use weekahead_features::expr::{BinaryOp, Expr, Field, RollingOp, UnaryOp};

use crate::series::cases;

fn normal(text: &str) -> String {
    Expr::parse(text).unwrap().to_string()
}

#[test]
fn one_meaning_has_one_spelling() {
    assert_eq!(normal("(($close))"), "close");
    assert_eq!(normal("Mean( $close ,5 )/$close"), "Mean(close, 5) / close");
    assert_eq!(normal("(high-low)/(open*2.50)"), "(high - low) / (open * 2.5)");
    assert_eq!(normal("(open+high)+(low+close)"), "open + high + (low + close)");
    assert_eq!(normal("-(open+1)*-2"), "-(open + 1) * -2");
    assert_eq!(normal("(open>low)*1e-12"), "(open > low) * 1e-12");
    assert_eq!(normal("If(close>=Ref(close,1),volume,\n0)"), "If(close >= Ref(close, 1), volume, 0)");
    assert_eq!(normal("open-(high-low)-(close/(open/low))"), "open - (high - low) - close / (open / low)");
}

#[test]
fn qlib_lines_are_read_as_they_are() {
    for text in [
        "($close-$open)/($high-$low+1e-12)",
        "($high-Greater($open, $close))/$open",
        "Mean(Greater($close-Ref($close, 1), 0), 5)/(Sum(Abs($close-Ref($close, 1)), 5)+1e-12)",
        "Std($volume, 60)/($volume+1e-12)",
        "Std(Abs($close/Ref($close, 1)-1)*$volume, 5)/(Mean(Abs($close/Ref($close, 1)-1)*$volume, 5)+1e-12)",
        "(EMA($close, 12) - EMA($close, 26))/$close",
    ] {
        assert!(Expr::parse(text).is_ok(), "{text}");
    }
}

#[test]
fn errors_point_at_the_place_and_say_what_to_do() {
    let deep = format!("{}close{}", "(".repeat(80), ")".repeat(80));
    let long = format!("close{}", " + 1".repeat(600));
    let texts = [
        "",
        "close +",
        "Meen(close, 20) / close",
        "close / clsoe",
        "price",
        "Quantum(close, 3)",
        "Mean / close",
        "close(3)",
        "Ref(close, -5)",
        "Delta(close, -1)",
        "Mean(close, -1)",
        "Mean(close, 0)",
        "Mean(close, 2.5)",
        "Mean(close, 99999)",
        "Std(close, 1)",
        "Mean(close, volume)",
        "Mean(close)",
        "Mean(close, 5",
        "Mean(close, 5, 6)",
        "Abs(close, 5)",
        "If(close > open, 1)",
        "close open",
        "(close",
        "close)",
        "1 < close < 2",
        "close * / open",
        "close # open",
        "1.2.3 * close",
        "1e999",
        "$",
        "close +\n  Meen(open, 3)",
        "\u{e9}t\u{e9}",
        &deep,
        &long,
    ];
    let shown = |text: &&str| {
        format!("{:?}\n{}\n", text.chars().take(40).collect::<String>(), Expr::parse(text).unwrap_err())
    };
    insta::assert_snapshot!(texts.iter().map(shown).collect::<Vec<_>>().join("\n"));
}

fn any_expr() -> impl Strategy<Value = Expr> {
    let number = prop_oneof![0.0..1e3_f64, 1e-30..1e-10_f64, 1e16..1e30_f64, (0u8..9).prop_map(f64::from)];
    let leaf = prop_oneof![
        number.prop_map(Expr::Number),
        prop::sample::select(Field::ALL.to_vec()).prop_map(Expr::Field),
    ];
    let unary = [vec![UnaryOp::Neg], UnaryOp::FUNCTIONS.to_vec()].concat();
    let binary = [BinaryOp::INFIX.to_vec(), BinaryOp::FUNCTIONS.to_vec()].concat();
    leaf.prop_recursive(5, 40, 3, move |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            (prop::sample::select(unary.clone()), boxed()).prop_map(|(op, x)| Expr::Unary(op, x)),
            (prop::sample::select(binary.clone()), boxed(), boxed())
                .prop_map(|(op, x, y)| Expr::Binary(op, x, y)),
            (boxed(), boxed(), boxed()).prop_map(|(c, x, y)| Expr::If(c, x, y)),
            (prop::sample::select(RollingOp::ALL.to_vec()), boxed(), 2usize..300)
                .prop_map(|(op, x, window)| Expr::Rolling(op, x, window)),
        ]
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn what_is_printed_reads_back(expr in any_expr()) {
        let text = expr.to_string();
        prop_assert_eq!(Expr::parse(&text), Ok(expr), "{}", text);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        if let Err(error) = Expr::parse(&text) {
            prop_assert!(error.column() <= text.len() + 1 && !error.to_string().is_empty());
        }
    }

    #[test]
    fn no_mixture_of_words_panics(words in prop::collection::vec(prop::sample::select(vec![
        "Mean", "Ref", "If", "(", ")", ",", "close", "$", "$open", "5", "-", "+", "*", "<", "<=", "1e", " ", "\n", "é",
    ]), 0..30)) {
        let text = words.concat();
        if let Err(error) = Expr::parse(&text) {
            prop_assert!(error.column() <= text.len() + 1 && !error.to_string().is_empty());
        }
    }
}
