//! Where a view is named, by an argument or by a setting: a built-in's name or the path of a TOML file.

use anyhow::Context;
use weekahead_features::View;
use weekahead_training::ExperimentPlan;

use crate::settings::{Settings, is_file};

/// The view of that name: a file when it is written as one (`my_view.toml`, `./views/mine.toml`), else a built-in.
pub fn find_view(name: &str) -> anyhow::Result<View> {
    if !is_file(name) {
        return Ok(View::builtin(name)?);
    }
    let text = std::fs::read_to_string(name)
        .with_context(|| format!("cannot read the view file {name}: give its path, or a built-in's name"))?;
    View::parse(&text).with_context(|| format!("{name} is not a view"))
}

/// The view that models are trained on: the one that is named, or that one seen across symbols, with the features as they
/// are that a plan names beside it.
pub fn training_view(settings: &Settings) -> anyhow::Result<View> {
    let view = find_view(&settings.training.view)?;
    Ok(match settings.training.preprocessing.cross_section.op() {
        Some(op) => view.across(op, &ExperimentPlan::default_named_features())?,
        None => view,
    })
}

/// The view that is named, or else the one that models are trained on.
pub fn view_or_training(name: Option<&str>, settings: &Settings) -> anyhow::Result<View> {
    name.map_or_else(|| training_view(settings), find_view)
}

/// The views that a build is for when none is named: those of the settings, or else the one that models are trained on.
pub fn default_views(settings: &Settings) -> anyhow::Result<Vec<View>> {
    match settings.features.views.as_slice() {
        [] => Ok(vec![training_view(settings)?]),
        views => views.iter().map(|name| find_view(name)).collect(),
    }
}

/// Every view that there is a name for: those that come with the program and those of the settings.
pub fn known_views(settings: &Settings) -> anyhow::Result<Vec<View>> {
    let mut views = View::builtins().map(View::builtin).collect::<Result<Vec<_>, _>>()?;
    let named = settings.features.views.iter().chain([&settings.training.view]);
    let mut of_settings =
        named.filter(|name| is_file(name)).map(|name| find_view(name)).collect::<anyhow::Result<Vec<_>>>()?;
    of_settings.push(training_view(settings)?);
    for view in of_settings {
        // A file may redefine a built-in: the settings' definition counts.
        views.retain(|known| known.name() != view.name());
        views.push(view);
    }
    Ok(views)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_a_builtin_or_a_file() {
        assert_eq!(find_view("weekly_core").unwrap().name(), "weekly_core");
        let unknown = find_view("weekly").unwrap_err().to_string();
        assert!(unknown.contains("weekly_core") && unknown.contains("alpha158"), "{unknown}");

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("mine.toml");
        let name = path.to_str().unwrap();
        let missing = find_view(name).unwrap_err().to_string();
        assert!(missing.contains(name), "{missing}");
        std::fs::write(&path, "name = 'mine'\n[[feature]]\nname = 'a'\nexpr = 'Mean(close, 3)'\n").unwrap();
        assert_eq!(find_view(name).unwrap().name(), "mine");
        std::fs::write(&path, "name = 'mine'\n[[feature]]\nname = 'a'\nexpr = 'Meen(close, 3)'\n").unwrap();
        let wrong = format!("{:#}", find_view(name).unwrap_err());
        assert!(wrong.contains(name) && wrong.contains("Meen"), "{wrong}");
    }
}
