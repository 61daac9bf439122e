//! The points of a grid of hyperparameters.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::{Error, ModelSpec, Result};

/// More points than this are a mistake: draw some of them.
const MOST_POINTS: usize = 10_000;

/// The model at every point of a grid, the last name changing fastest; or at some of them, drawn without replacement and kept
/// in order.
///
/// # Errors
/// [`Error::Grid`] for a name that the model does not have, a value that it cannot take, a name without values, no
/// draws, or too many points.
pub(crate) fn candidates(
    model: &ModelSpec,
    grid: &BTreeMap<String, Vec<Value>>,
    draws: Option<usize>,
    seed: u64,
) -> Result<Vec<ModelSpec>> {
    let fault = |reason: String| Error::Grid { model: model.kind(), reason };
    if let Some((name, _)) = grid.iter().find(|(_, values)| values.is_empty()) {
        return Err(fault(format!("{name} has no values: list some")));
    }
    let points = grid.values().try_fold(1_usize, |points, values| points.checked_mul(values.len()));
    let points = points.filter(|points| draws.is_some() || *points <= MOST_POINTS);
    let points = points.ok_or_else(|| fault(format!("it has more than {MOST_POINTS} points: set draws")))?;
    let chosen: Vec<usize> = match draws {
        Some(0) => return Err(fault("draws is 0: draw at least 1".to_owned())),
        Some(draws) if draws < points => {
            let drawn = index::sample(&mut ChaCha8Rng::seed_from_u64(seed), points, draws);
            let mut drawn = drawn.into_vec();
            drawn.sort_unstable();
            drawn
        }
        _ => (0..points).collect(),
    };
    chosen.into_iter().map(|point| at(model, grid, point).map_err(fault)).collect()
}

/// The model at one point, its number read as digits of mixed base.
fn at(
    model: &ModelSpec,
    grid: &BTreeMap<String, Vec<Value>>,
    mut point: usize,
) -> std::result::Result<ModelSpec, String> {
    let mut fields = serde_json::to_value(model).map_err(|e| e.to_string())?;
    for (name, values) in grid.iter().rev() {
        let known = fields.get_mut(name).filter(|_| name != "kind");
        *known.ok_or_else(|| format!("it has no hyperparameter `{name}`"))? =
            values[point % values.len()].clone();
        point /= values.len();
    }
    serde_json::from_value(fields).map_err(|e| format!("a value of the grid does not fit: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> BTreeMap<String, Vec<Value>> {
        BTreeMap::from([
            ("alpha".to_owned(), vec![1.0.into(), 2.0.into(), 3.0.into()]),
            ("l1_ratio".to_owned(), vec![0.5.into(), 1.0.into()]),
        ])
    }

    const NET: ModelSpec = ModelSpec::ElasticNet { alpha: 9.0, l1_ratio: 0.9 };

    #[test]
    fn all_points_in_order() {
        let all = candidates(&NET, &grid(), None, 0).unwrap();
        assert_eq!(all.len(), 6);
        assert_eq!(all[1], ModelSpec::ElasticNet { alpha: 1.0, l1_ratio: 1.0 });
        assert_eq!(all[4], ModelSpec::ElasticNet { alpha: 3.0, l1_ratio: 0.5 });
        assert_eq!(candidates(&NET, &BTreeMap::new(), None, 0).unwrap(), [NET]);
    }

    #[test]
    fn draws_are_seeded_and_distinct() {
        let drawn = |seed| candidates(&NET, &grid(), Some(3), seed).unwrap();
        assert_eq!(drawn(1), drawn(1));
        assert!((0..20).any(|seed| drawn(seed) != drawn(1)));
        let mut names: Vec<String> = drawn(1).iter().map(ToString::to_string).collect();
        names.dedup();
        assert_eq!(names.len(), 3);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let told = |name: &str, values: Vec<Value>| {
            candidates(&NET, &BTreeMap::from([(name.to_owned(), values)]), None, 0).unwrap_err().to_string()
        };
        assert!(told("beta", vec![1.0.into()]).contains("`beta`"));
        assert!(told("kind", vec!["ridge".into()]).contains("`kind`"));
        assert!(told("alpha", vec!["high".into()]).contains("does not fit"));
        assert!(told("alpha", Vec::new()).contains("no values"));
        assert!(candidates(&NET, &grid(), Some(0), 0).is_err());
    }
}
