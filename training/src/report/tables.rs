//! Tables of metrics and of named values.

use maud::{Markup, html};

use crate::evaluation::Metrics;

const BPS: f64 = 1e4;

/// A heading with its unit, and what is written below it.
type Column = (&'static str, fn(&Metrics) -> Option<String>);

const COLUMNS: [Column; 11] = [
    ("rows", |m| Some(m.rows.to_string())),
    ("MAE (bps)", |m| bps(Some(m.mae))),
    ("RMSE (bps)", |m| bps(Some(m.rmse))),
    ("sMAPE", |m| ratio(Some(m.smape))),
    ("MASE", |m| ratio(m.mase)),
    ("direction (%)", |m| percent(m.directional_accuracy)),
    ("rank IC", |m| ratio(m.rank_ic)),
    ("ICIR", |m| ratio(m.icir)),
    ("pinball (bps)", |m| bps(m.pinball)),
    ("coverage 80 (%)", |m| percent(m.coverage_80)),
    ("width 80 (bps)", |m| bps(m.width_80)),
];

fn bps(value: Option<f64>) -> Option<String> {
    value.map(|value| format!("{:.1}", BPS * value))
}

fn percent(value: Option<f64>) -> Option<String> {
    value.map(|value| format!("{:.1}", 100.0 * value))
}

fn ratio(value: Option<f64>) -> Option<String> {
    value.map(|value| format!("{value:.4}"))
}

/// Metrics by name, one row highlighted; nothing where there are none.
pub(super) fn metrics(
    heading: &str,
    of: &str,
    rows: &[(String, Metrics)],
    highlighted: Option<&str>,
) -> Markup {
    html! {
        @if !rows.is_empty() {
            section {
                h2 { (heading) }
                div.wide {
                    table {
                        thead { tr { th scope="col" { (of) } @for (name, _) in COLUMNS { th.number scope="col" { (name) } } } }
                        tbody {
                            @for (name, metrics) in rows {
                                tr aria-current=[(highlighted == Some(name)).then_some("true")] {
                                    th scope="row" { (name) }
                                    @for (_, text) in COLUMNS { td.number { (text(metrics).as_deref().unwrap_or("n/a")) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Values by name.
pub(super) fn values<'a>(rows: impl IntoIterator<Item = (&'a str, String)>) -> Markup {
    html! {
        dl { @for (name, value) in rows { div { dt { (name) } dd { (value) } } } }
    }
}
