//! `weekahead models compare`: how two versions differ.

use comfy_table::Table;
use weekahead_market::{AsOf, Calendar, SystemClock};
use weekahead_tracker::ModelSelector;
use weekahead_training::registry::{Paired, PairedLosses, VersionComparison, VersionSummary};

use super::{Of, list};
use crate::progress::thousands;
use crate::settings::Settings;
use crate::{platform, tables};

/// Show how two versions differ, and compare them on the out-of-sample forecasts that both made
#[derive(Debug, clap::Args)]
pub struct Compare {
    /// A version's number, or an alias
    #[arg(value_name = "VERSION|champion")]
    a: ModelSelector,
    /// Another
    #[arg(value_name = "VERSION|champion")]
    b: ModelSelector,
    #[command(flatten)]
    of: Of,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Compare {
    /// Runs it.
    pub async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let registry = platform::model_registry(settings, self.of.model).await?;
        let now = AsOf::now(&SystemClock);
        let comparison = registry.compare(&self.a, &self.b, &Calendar::nyse(), now).await?;
        match self.json {
            true => println!("{}", serde_json::to_string_pretty(&comparison)?),
            false => println!("{}", report(&comparison)),
        }
        Ok(())
    }
}

fn report(comparison: &VersionComparison) -> String {
    let VersionComparison { a, b, .. } = comparison;
    let parameters = parameters(comparison);
    let parameters = match parameters.is_empty() {
        true => "their parameters are the same".to_owned(),
        false => parameters.to_string(),
    };
    let paired = match &comparison.paired {
        Paired::Compared(losses) => on_the_same_rows(losses, &names(a, b)),
        Paired::NotComparable(reason) => format!("not comparable: {reason}"),
    };
    format!("{}\n{}\n\n{parameters}\n\n{}\n\n{paired}", line(a), line(b), metrics(comparison))
}

fn line(version: &VersionSummary) -> String {
    format!(
        "version {}: {}, {}, as of {}",
        version.version,
        tables::or_missing(version.model.as_ref()),
        list::view(version),
        tables::or_missing(version.as_of.as_ref())
    )
}

fn names(a: &VersionSummary, b: &VersionSummary) -> [String; 2] {
    [a, b].map(|version| format!("version {}", version.version))
}

fn parameters(comparison: &VersionComparison) -> Table {
    let [a, b] = names(&comparison.a, &comparison.b);
    let mut table = tables::table(&["parameter", &a, &b]);
    for pair in &comparison.params {
        let (a, b) = (tables::or_missing(pair.a.as_ref()), tables::or_missing(pair.b.as_ref()));
        table.add_row([pair.name.clone(), a, b]);
    }
    table
}

fn metrics(comparison: &VersionComparison) -> Table {
    let [a, b] = names(&comparison.a, &comparison.b);
    let mut table = tables::table(&["metric, each on its own rows", &a, &b, "difference"]);
    for pair in &comparison.metrics {
        let difference = pair.a.zip(pair.b).map(|(a, b)| a - b);
        let values = [pair.a, pair.b, difference].map(|value| tables::or_missing(value.map(tables::figure)));
        table.add_row([vec![pair.name.clone()], values.into()].concat());
    }
    tables::right_align(&mut table, 1);
    table
}

fn on_the_same_rows(losses: &PairedLosses, [a, b]: &[String; 2]) -> String {
    let mut table = tables::table(&["loss, on the same rows", a, b, "difference", "DM", "p"]);
    for pair in &losses.losses {
        let (statistic, p) = (pair.test.map(|test| test.statistic), pair.test.map(|test| test.p_two_sided));
        table.add_row([
            pair.loss.to_owned(),
            format!("{:.6}", pair.a),
            format!("{:.6}", pair.b),
            format!("{:+.6}", pair.a - pair.b),
            tables::or_missing(statistic.map(|value| format!("{value:+.2}"))),
            tables::or_missing(p.map(|value| format!("{value:.4}"))),
        ]);
    }
    tables::right_align(&mut table, 1);
    let rows = |count: usize| thousands(count as u64);
    let mut text = format!(
        "{table}\n{} rows of {} origins from {} to {} that both forecast, {} sessions ahead",
        rows(losses.rows),
        losses.origins,
        losses.first,
        losses.last,
        losses.horizon
    );
    if losses.only_a + losses.only_b > 0 {
        let (only_a, only_b) = (rows(losses.only_a), rows(losses.only_b));
        text.push_str(&format!("; left out are {only_a} rows of {a} alone and {only_b} of {b}"));
    }
    match &losses.untested {
        Some(reason) => text.push_str(&format!("\nno test: {reason}")),
        None => text.push_str(&format!(
            "\nDiebold-Mariano over origins at lag {}, two-sided; a negative difference is in favour of {a}",
            losses.lag
        )),
    }
    text
}

#[cfg(test)]
mod tests {
    use weekahead_market::Horizon;
    use weekahead_training::registry::{LossPair, MetricPair, ParameterPair, Significance};

    use super::*;

    fn comparison(paired: Paired) -> VersionComparison {
        let text = |value: &str| Some(value.to_owned());
        let metric = |name: &str, a, b| MetricPair { name: name.to_owned(), a, b };
        VersionComparison {
            a: list::tests::version(2, "drift(feature=ret_mean_250)", 0.0318),
            b: list::tests::version(1, "random_walk", 0.0319),
            params: vec![
                ParameterPair { name: "feature".to_owned(), a: text("ret_mean_250"), b: None },
                ParameterPair { name: "model".to_owned(), a: text("drift"), b: text("random_walk") },
            ],
            metrics: vec![
                metric("mae", Some(0.0318), Some(0.0319)),
                metric("rank_ic", Some(0.025), None),
                metric("rows", Some(2555.0), Some(2555.0)),
            ],
            paired,
        }
    }

    #[test]
    fn two_versions_side_by_side() {
        let test = Some(Significance { statistic: -0.55, p_two_sided: 0.581 });
        let losses = PairedLosses {
            horizon: Horizon::WEEK,
            rows: 2_550,
            only_a: 5,
            only_b: 0,
            origins: 511,
            first: "2003-03-28".parse().unwrap(),
            last: "2013-01-11".parse().unwrap(),
            lag: 1,
            losses: vec![
                LossPair { loss: "mae", a: 0.0317, b: 0.0318, test },
                LossPair { loss: "mse", a: 0.002, b: 0.001, test },
            ],
            untested: None,
        };
        insta::assert_snapshot!(report(&comparison(Paired::Compared(losses.clone()))));
        let untested = PairedLosses {
            losses: vec![LossPair { loss: "mae", a: 0.0317, b: 0.0318, test: None }],
            untested: Some("3 are too few".to_owned()),
            ..losses
        };
        assert!(report(&comparison(Paired::Compared(untested))).ends_with("no test: 3 are too few"));
    }

    #[test]
    fn what_cannot_be_compared_says_why() {
        let reason = "one forecasts 5 sessions ahead, the other 10".to_owned();
        let mut told = comparison(Paired::NotComparable(reason));
        told.params.clear();
        let text = report(&told);
        assert!(text.ends_with("not comparable: one forecasts 5 sessions ahead, the other 10"), "{text}");
        assert!(text.contains("their parameters are the same"), "{text}");
    }
}
