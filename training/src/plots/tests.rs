//! All pictures of a small backtest: they can be drawn, parsed, and say what they show.

use ndarray::{Array1, Array2};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use weekahead_market::{AsOf, Calendar, Horizon, Session, Symbol};
use weekahead_models::ModelSpec;

use super::{Picture, importance, of_backtest};
use crate::{Backtest, Dataset, Importance, PlanSettings, RowKey, backtest, folds};

const SYMBOLS: [&str; 6] = ["AAPL", "GE", "GOOG", "IBM", "KO", "MSFT"];
const RIDGE: ModelSpec = ModelSpec::Ridge { alpha: 1.0 };

/// Weekly rows of some symbols; the first is not traded in the first weeks. One feature foretells a little, one is a
/// daily volatility, the others are noise.
fn dataset(calendar: &Calendar) -> Dataset {
    let session = |text: &str| text.parse::<Session>().unwrap();
    let origins = calendar.weekly_origins(session("2009-01-05"), session("2014-01-03"));
    let of_origin = |(week, origin): (usize, &Session)| {
        let (origin, realised) = (*origin, calendar.offset(*origin, Horizon::WEEK.get() as i64).unwrap());
        let known_at = calendar.close(realised).unwrap().as_microsecond();
        let traded = SYMBOLS.iter().skip(usize::from(week < 8));
        traded
            .map(move |name| RowKey { origin, symbol: Symbol::new(name).unwrap(), realised, known_at })
            .collect::<Vec<_>>()
    };
    let keys: Vec<RowKey> = origins.iter().enumerate().flat_map(of_origin).collect();
    let mut random = ChaCha8Rng::seed_from_u64(7);
    // The sum of twelve uniform numbers less six is nearly normal.
    let mut normal = || (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
    let mut x = Array2::zeros((keys.len(), 4));
    let mut y = Array1::zeros(keys.len());
    for row in 0..keys.len() {
        let volatility = 0.012 * (0.4 * normal()).exp();
        let values = [normal(), normal(), volatility, normal()];
        x.row_mut(row).iter_mut().zip(values).for_each(|(to, value)| *to = value as f32);
        y[row] = volatility * 5f64.sqrt() * (0.15 * values[0] + normal());
    }
    Dataset {
        view: "made_up".to_owned(),
        view_version: "0".to_owned(),
        features: ["signal", "noise", "vol_20", "more_noise"].map(str::to_owned).to_vec(),
        horizon: Horizon::WEEK,
        as_of: "2014-02-01".parse::<AsOf>().unwrap(),
        keys,
        x,
        y,
        closes: crate::CloseHistory::default(),
    }
}

struct Walked {
    dataset: Dataset,
    settings: PlanSettings,
    baseline: Backtest,
    ridge: Backtest,
}

fn walked() -> Walked {
    let calendar = Calendar::nyse();
    let (dataset, settings) = (
        dataset(&calendar),
        PlanSettings { warm_up_origins: 120, calibration_origins: 52, ..PlanSettings::default() },
    );
    let folds = folds(&dataset, &calendar, &settings).unwrap();
    let of = |spec| backtest(&dataset, &folds, &spec, &settings).unwrap();
    let (baseline, ridge) = (of(ModelSpec::RandomWalk), of(RIDGE));
    Walked { dataset, settings, baseline, ridge }
}

/// The texts of a picture, in the order in which they are drawn.
fn texts(picture: &Picture) -> Vec<String> {
    let (mut reader, mut texts) = (quick_xml::Reader::from_str(&picture.svg), Vec::new());
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Text(text) => texts.push(text.decode().unwrap().trim().to_owned()),
            quick_xml::events::Event::Eof => break,
            _ => (),
        }
    }
    texts.retain(|text| !text.is_empty());
    texts
}

#[test]
fn every_picture_says_which_model_and_which_unit() {
    let Walked { dataset, settings, baseline, ridge } = walked();
    let pictures = of_backtest(&ridge, &baseline.losses, &dataset, &settings).unwrap();
    let names: Vec<_> = pictures.iter().map(Picture::artifact_path).collect();
    let expected = ["cumulative_skill", "cumulative_rank_ic", "forecast_fan", "calibration", "residuals"];
    assert_eq!(names, expected.map(|name| format!("plots/{name}.svg")));
    for picture in &pictures {
        let texts = texts(picture);
        assert_eq!(texts[0], picture.title);
        assert!(picture.title.starts_with("ridge(alpha=1): "), "{}", picture.title);
    }
    let axis = |picture: usize, label: &str| {
        let texts = texts(&pictures[picture]);
        assert!(texts.iter().any(|text| text == label), "{label}: {texts:?}");
    };
    axis(0, "sum of leads (bps)");
    axis(1, "sum of rank correlations");
    axis(2, "log return over 5 sessions (bps)");
    axis(3, "share of targets at or below it");
    axis(4, "residual (bps)");
    // AAPL has fewer rows than the others, but none fewer to be tested.
    assert_eq!(pictures[2].title, "ridge(alpha=1): forecasts of AAPL, the last 60 origins");
}

#[test]
fn the_random_walk_is_gray() {
    let Walked { dataset, settings, baseline, ridge } = walked();
    let accent = "#1F68C1";
    for picture in of_backtest(&baseline, &baseline.losses, &dataset, &settings).unwrap() {
        assert!(!picture.svg.contains(accent), "{}", picture.name);
    }
    for picture in of_backtest(&ridge, &baseline.losses, &dataset, &settings).unwrap() {
        assert!(picture.svg.contains(accent), "{}", picture.name);
    }
}

#[test]
fn a_backtest_without_levels_or_correlations_is_drawn_too() {
    let Walked { dataset, settings, baseline, .. } = walked();
    let pointwise = Backtest { quantiles: Vec::new(), ..baseline.clone() };
    let settings = PlanSettings { levels: Vec::new(), ..settings };
    let pictures = of_backtest(&pointwise, &baseline.losses, &dataset, &settings).unwrap();
    assert_eq!(texts(&pictures[2])[1], "line: forecast; dots: what came true; gray: random walk");
    assert!(texts(&pictures[1])[1].starts_with("no origin has a rank correlation"));
    let empty = Backtest {
        rows: Vec::new(),
        folds: Vec::new(),
        points: Vec::new(),
        losses: Default::default(),
        ..pointwise
    };
    assert!(of_backtest(&empty, &baseline.losses, &dataset, &settings).is_ok());
}

#[test]
fn the_twenty_most_important_features_are_shown() {
    let feature = |rank: usize| Importance {
        feature: format!("feature_{rank}_with_a_long_name"),
        mean_increase: 2e-4 * 0.8_f64.powi(rank as i32) - 2e-6,
        standard_deviation: 4e-6,
    };
    let picture = importance(&RIDGE, &(0..25).map(feature).collect::<Vec<_>>()).unwrap();
    let texts = texts(&picture);
    let names = texts.iter().filter(|text| text.starts_with("feature_")).count();
    assert_eq!(names, 20);
    assert!(texts[1].starts_with("the 20 most important of 25 features"));
    assert!(texts.iter().any(|text| text == "increase of the mean absolute error (bps)"));
    assert!(importance(&RIDGE, &[]).is_ok());
}
