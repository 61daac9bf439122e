//! Which features are wanted: `view:feature,feature,...`.

use weekahead_features::{View, nearest};

use crate::{Error, Result};

/// Features of one or more views, in the order asked for.
///
/// ```
/// use weekahead_features::View;
/// use weekahead_materialize::Selection;
/// let views = [View::builtin("weekly_core").unwrap()];
/// let selection = Selection::parse("weekly_core:ret_1,ret_5", &views).unwrap();
/// assert_eq!(selection.len(), 2);
/// assert!(Selection::parse("weekly_core:ret_1,weekly_core:ret_1", &views).is_err());
/// ```
#[derive(Debug, Clone)]
pub struct Selection {
    /// Each view once, with its features.
    pub(super) views: Vec<(View, Vec<String>)>,
    /// The features in the order asked for: place of the view, place among its features.
    pub(super) order: Vec<(usize, usize)>,
}

impl Selection {
    /// Reads a list such as `alpha158:MA20,KMID,weekly_core:ret_5`: a feature without a view is of the view named last,
    /// and `alpha158:*` are all features of the view.
    ///
    /// # Errors
    /// [`Error::Selection`] for a view or a feature that is not there, a name that is missing, and a feature that is
    /// asked for twice.
    pub fn parse(text: &str, views: &[View]) -> Result<Self> {
        let mut selection = Self { views: Vec::new(), order: Vec::new() };
        let mut current = None;
        for word in text.split(',').map(str::trim) {
            let feature = match word.split_once(':') {
                Some((view, feature)) => {
                    current = Some(selection.view(find(view.trim(), views)?));
                    feature.trim()
                }
                None => word,
            };
            let view = current.ok_or_else(|| no_view(word, views))?;
            selection.add(view, feature)?;
        }
        Ok(selection)
    }

    /// Number of features.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether no feature is wanted; never so for one that was parsed.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The place of a view, which gets one if it has none yet.
    fn view(&mut self, view: &View) -> usize {
        let known = self.views.iter().position(|(known, _)| known.name() == view.name());
        known.unwrap_or_else(|| {
            self.views.push((view.clone(), Vec::new()));
            self.views.len() - 1
        })
    }

    fn add(&mut self, at: usize, feature: &str) -> Result<()> {
        let (view, names) = &mut self.views[at];
        let wanted: &[String] = match (feature, view.position(feature)) {
            ("*", _) => view.features(),
            (_, Some(place)) => &view.features()[place..=place],
            ("", None) => {
                return Err(refused(format!("a feature's name is missing after `{}:`", view.name())));
            }
            (_, None) => return Err(unknown_feature(view, feature)),
        };
        for name in wanted {
            if names.contains(name) {
                let view = view.name();
                return Err(refused(format!("`{view}:{name}` is asked for twice: name each feature once")));
            }
            names.push(name.clone());
            self.order.push((at, names.len() - 1));
        }
        Ok(())
    }
}

fn find<'a>(name: &str, views: &'a [View]) -> Result<&'a View> {
    views.iter().find(|view| view.name() == name).ok_or_else(|| {
        let hint = suggestion(name, views.iter().map(View::name));
        refused(format!("there is no feature view `{name}`: {hint}, and `weekahead features list` tells all"))
    })
}

fn no_view(word: &str, views: &[View]) -> Error {
    let example = views.first().map_or("view", View::name);
    refused(format!("`{word}` names no view: write `view:feature`, such as `{example}:{word}`"))
}

fn unknown_feature(view: &View, feature: &str) -> Error {
    let hint = suggestion(feature, view.features().iter().map(String::as_str));
    let view = view.name();
    refused(format!(
        "view `{view}` has no feature `{feature}`: {hint}, and `weekahead features show {view}` tells all"
    ))
}

fn refused(problem: String) -> Error {
    Error::Selection { problem }
}

/// The nearest known word; the first few when none is near.
fn suggestion<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    match nearest(word, known.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("there is {}", known.iter().take(3).copied().collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn views() -> Vec<View> {
        let view = |name: &str, features: &[&str]| {
            let lines = features.iter().map(|f| format!("[[feature]]\nname = \"{f}\"\nexpr = \"close\"\n"));
            View::parse(&format!("name = \"{name}\"\n{}", lines.collect::<String>())).unwrap()
        };
        vec![view("alpha158", &["KMID", "MA5", "MA20"]), view("weekly_core", &["ret_1", "ret_5"])]
    }

    fn parsed(text: &str) -> Vec<String> {
        let selection = Selection::parse(text, &views()).unwrap();
        let name = |(view, feature): &(usize, usize)| {
            let (view, names) = &selection.views[*view];
            format!("{}:{}", view.name(), names[*feature])
        };
        selection.order.iter().map(name).collect()
    }

    #[test]
    fn a_feature_without_a_view_is_of_the_view_before() {
        assert_eq!(parsed("alpha158:MA20,KMID"), ["alpha158:MA20", "alpha158:KMID"]);
        assert_eq!(
            parsed(" alpha158:MA20, weekly_core:ret_5,ret_1, alpha158:KMID "),
            ["alpha158:MA20", "weekly_core:ret_5", "weekly_core:ret_1", "alpha158:KMID"]
        );
        assert_eq!(parsed("weekly_core:*"), ["weekly_core:ret_1", "weekly_core:ret_5"]);
    }

    #[test]
    fn what_is_not_there_is_refused_with_a_way_out() {
        let texts = [
            "alpha158:ma_20",
            "alpha158:volatility",
            "alpha518:MA20",
            "nonsense:MA20",
            "MA20",
            "",
            "alpha158:",
            "alpha158:MA20,,KMID",
            "alpha158:MA20,weekly_core:ret_1,alpha158:MA20",
            "alpha158:MA20,alpha158:*",
        ];
        let said = texts.map(|text| format!("{text:?}: {}", Selection::parse(text, &views()).unwrap_err()));
        insta::assert_snapshot!(said.join("\n"));
    }
}
