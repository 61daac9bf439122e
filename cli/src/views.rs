//! Feature views by name or by file.

use std::path::Path;

use anyhow::{Context, anyhow, bail};
use weekahead_features::View;

use crate::settings::Settings;

/// A built-in view by its name, or a view of one's own by the path of its file, which ends in `.toml`.
pub fn resolve(name: &str) -> anyhow::Result<View> {
    if !Path::new(name).extension().is_some_and(|extension| extension == "toml") {
        return View::builtin(name)
            .with_context(|| format!("for a view of your own, name its file: {name}.toml"));
    }
    let text = std::fs::read_to_string(name).with_context(|| format!("cannot read the view file {name}"))?;
    let view = View::parse(&text).map_err(|error| anyhow!("{name}: {error}"))?;
    if View::builtins().any(|builtin| builtin == view.name()) {
        bail!("{name}: the view `{}` is built in: give yours another name", view.name());
    }
    Ok(view)
}

/// The views that are built when none is named: the one that models are trained on, and those of the setting
/// `features.views`.
pub fn of_settings(settings: &Settings) -> anyhow::Result<Vec<View>> {
    let mut views = vec![resolve(&settings.training.view)?];
    for name in &settings.features.views {
        let view = resolve(name)?;
        match views.iter().find(|known| known.name() == view.name()) {
            Some(known) if known.version() != view.version() => {
                bail!("two views are named `{}`: rename one in its file", view.name());
            }
            Some(_) => {}
            None => views.push(view),
        }
    }
    Ok(views)
}

/// Every view that can be named: the built-in ones and those of the settings.
pub fn known(settings: &Settings) -> anyhow::Result<Vec<View>> {
    let mut views = View::builtins().map(View::builtin).collect::<Result<Vec<_>, _>>()?;
    views.extend(of_settings(settings)?);
    let mut names = std::collections::BTreeSet::new();
    views.retain(|view| names.insert(view.name().to_owned()));
    Ok(views)
}
