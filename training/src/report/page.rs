//! The page: no script, no remote resource, all text escaped.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::ReportInput;
use super::tables::{metrics, values};

const STYLE: &str = include_str!("style.css");

/// A report as one HTML page that can be mailed, kept and printed.
///
/// Void elements are closed as XML wants it, so that the page can be parsed as either.
pub fn html(input: &ReportInput<'_>) -> String {
    let title = format!("{} on {}@{}", input.model, input.view, input.view_version);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                (PreEscaped(r#"<meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>"#))
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main {
                h1 { (title) }
                (head(input))
                (decision(input))
                (metrics("Models of the session", "model", input.models, Some(input.model)))
                (pictures(input))
                (metrics("By fold", "fold", input.by_fold, None))
                (metrics("By regime", "regime", input.by_regime, None))
                (metrics("By symbol", "symbol", input.by_symbol, None))
                (made_of(input))
            } }
        }
    };
    page.into_string()
}

fn head(input: &ReportInput<'_>) -> Markup {
    let (first, last) = input.tested;
    values([
        ("universe", format!("{} symbols", input.symbols)),
        ("known at", input.as_of.to_string()),
        ("horizon", format!("{} sessions", input.horizon)),
        ("rows", input.rows.to_string()),
        ("folds", input.by_fold.len().to_string()),
        ("tested", format!("{} origins, {first} to {last}", input.tested_origins)),
    ])
}

fn decision(input: &ReportInput<'_>) -> Markup {
    html! {
        section.decision {
            h2 { "Decision" }
            p { strong {
                @match input.promoted {
                    Some(model) => { (model) " was made champion." }
                    None => { "The alias champion was not moved." }
                }
            } }
            p { (input.reason) }
        }
    }
}

/// A picture's SVG was made by this program, its texts escaped there.
fn pictures(input: &ReportInput<'_>) -> Markup {
    html! {
        @if !input.pictures.is_empty() {
            section {
                h2 { "Pictures" }
                @for picture in input.pictures {
                    figure role="img" aria-label=(picture.title) { (PreEscaped(&picture.svg)) }
                }
            }
        }
    }
}

fn made_of(input: &ReportInput<'_>) -> Markup {
    let data = [
        ("digest of the rows", input.digest.to_owned()),
        ("loads", input.loads.to_string()),
        ("objects in the lake", input.objects.to_string()),
    ];
    let parameters = input.hyperparameters.iter().map(|(name, value)| (name.as_str(), value.clone()));
    html! {
        section { h2 { "Data set" } (values(data)) }
        section { h2 { "Parameters" } (values(parameters)) }
    }
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;
    use quick_xml::events::Event;
    use weekahead_market::Horizon;

    use super::*;
    use crate::evaluation::Metrics;
    use crate::plots::Picture;

    fn figures(mae: f64, rank_ic: Option<f64>) -> Metrics {
        Metrics {
            rows: 4,
            mae,
            rmse: 0.04,
            smape: mae,
            mase: Some(mae / 0.03),
            directional_accuracy: Some(0.5),
            rank_ic,
            icir: rank_ic.map(|ic| 10.0 * ic),
            pinball: Some(0.01),
            coverage_80: Some(0.75),
            width_80: None,
        }
    }

    fn page(pictures: &[Picture]) -> String {
        let named = |name: &str, mae, ic| (name.to_owned(), figures(mae, ic));
        let models = [named("ridge(alpha=1)", 0.029, Some(0.0312)), named("random_walk", 0.03, None)];
        html(&ReportInput {
            model: "ridge(alpha=1)",
            view: "weekly_core",
            view_version: "0123abcd",
            symbols: 2,
            as_of: "2013-02-01".parse().unwrap(),
            horizon: Horizon::WEEK,
            rows: 8,
            tested_origins: 2,
            tested: ("2013-01-18".parse().unwrap(), "2013-01-25".parse().unwrap()),
            models: &models,
            by_fold: &[named("0", 0.028, None), named("1", 0.03, Some(-0.5))],
            by_symbol: &[named("<b>&\"'", 0.028, None)],
            by_regime: &[],
            pictures,
            promoted: None,
            reason: "random_walk stays champion: p = 0.3 > 0.05 & too few <origins>",
            digest: "00ff",
            loads: 3,
            objects: 4,
            hyperparameters: &[("alpha".to_owned(), "1".to_owned())],
        })
    }

    /// Every element is closed, by its own end.
    fn assert_balanced(page: &str) {
        let (mut reader, mut depth) = (Reader::from_str(page), 0);
        loop {
            match reader.read_event().unwrap() {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Eof => break,
                _ => (),
            }
        }
        assert_eq!(depth, 0);
    }

    #[test]
    fn a_small_report() {
        let page = page(&[]);
        assert_balanced(&page);
        // Nothing is fetched and nothing runs.
        for reference in ["http", "//", "src=", "href=", "url(", "@import", "<script"] {
            assert!(!page.contains(reference), "{reference}");
        }
        assert!(!page.contains("<b>"), "texts are escaped");
        let (head, body) = page.split_once("<style>").unwrap();
        let body = body.split_once("</style>").unwrap().1;
        let lines = format!("{head}{body}").replace("><", ">\n<");
        insta::assert_snapshot!(lines);
    }

    #[test]
    fn pictures_are_on_the_page_itself() {
        let svg = "<svg><text>calibration</text></svg>".to_owned();
        let page = page(&[Picture { name: "calibration", title: "a & b".to_owned(), svg }]);
        assert_balanced(&page);
        assert!(page.contains(r#"aria-label="a &amp; b"><svg><text>calibration</text></svg></figure>"#));
    }
}
