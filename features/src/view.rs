//! A feature view: named expressions over the bars of a symbol, read from a TOML file.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use crate::expr::Expr;
use crate::plan::Plan;
use crate::{Error, Result, view_file};

/// The views that come with the crate, by name.
const BUILTIN: [(&str, &str); 2] = [
    ("alpha158", include_str!("../views/alpha158.toml")),
    ("weekly_core", include_str!("../views/weekly_core.toml")),
];

/// Counts up when an operator or a field changes its meaning, so that the version of every view changes with it.
const SEMANTICS: u32 = 2;

/// Columns that every feature table has beside its features.
const TAKEN: [&str; 6] = ["symbol", "session", "knowledge_time", "view_version", "ingested_at", "row_digest"];

const MAX_NAME_BYTES: usize = 64;

/// A named feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// The column it goes to.
    pub name: String,
    /// What it is.
    pub expr: Expr,
}

/// A feature view: what is computed, in which order, under which version. Cheap to clone.
///
/// The file has the view's `name` and one `[[feature]]` table a feature:
///
/// ```
/// use weekahead_features::View;
/// let view = View::parse(
///     r#"
///     name = "tiny"
///     [[feature]]
///     name = "ma_20"
///     expr = "Mean(close, 20) / close"
///     "#,
/// )
/// .unwrap();
/// assert_eq!(view.features(), ["ma_20"]);
/// assert_eq!((view.look_back(), view.warm_up()), (20, 19));
/// ```
#[derive(Clone)]
pub struct View {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    names: Vec<String>,
    definitions: Vec<Feature>,
    version: String,
    look_back: usize,
    plan: Arc<Plan>,
}

impl View {
    /// The most features that one view may have.
    pub const MAX_FEATURES: usize = 2_000;
    /// The most sessions that a feature may look back on: twenty years.
    pub const MAX_LOOK_BACK: usize = 5_040;

    /// Reads a view file.
    ///
    /// # Errors
    /// [`Error::ViewFile`] when it is not one, [`Error::Feature`] for an expression that does not parse, and those
    /// of [`View::new`].
    pub fn parse(toml: &str) -> Result<Self> {
        let file = view_file::read(toml)?;
        Self::new(&file.name, file.features)
    }

    /// A view that comes with the crate; see [`View::builtins`].
    ///
    /// # Errors
    /// [`Error::UnknownView`] when there is none of that name.
    pub fn builtin(name: &str) -> Result<Self> {
        let known = || Self::builtins().collect::<Vec<_>>().join(" ");
        let found = BUILTIN.iter().find(|(builtin, _)| *builtin == name);
        let (_, toml) = found.ok_or_else(|| Error::UnknownView { name: name.to_owned(), known: known() })?;
        Self::parse(toml)
    }

    /// The names of the views that come with the crate.
    pub fn builtins() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().map(|(name, _)| *name)
    }

    /// A view of features that are parsed already.
    ///
    /// # Errors
    /// [`Error::Name`] for a name that cannot be a table's or a column's or that is there twice,
    /// [`Error::FeatureCount`] and [`Error::LookBack`] beyond the limits.
    pub fn new(name: &str, definitions: Vec<Feature>) -> Result<Self> {
        check_name(name, "view")?;
        if definitions.is_empty() || definitions.len() > Self::MAX_FEATURES {
            return Err(Error::FeatureCount { view: name.to_owned(), count: definitions.len() });
        }
        check_features(name, &definitions)?;
        let inner = Inner {
            version: version(name, &definitions),
            look_back: definitions.iter().map(|feature| feature.expr.look_back()).max().unwrap_or(1),
            plan: Arc::new(Plan::new(definitions.iter().map(|feature| &feature.expr))),
            names: definitions.iter().map(|feature| feature.name.clone()).collect(),
            name: name.to_owned(),
            definitions,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Its name: a table's.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// What it computes, in 16 hexadecimal digits: XXH3 over the name and the normalised definitions in order. The
    /// same on every machine; spaces, `$` and needless parentheses do not change it.
    pub fn version(&self) -> &str {
        &self.inner.version
    }

    /// The names of its features, in order: a table's columns.
    pub fn features(&self) -> &[String] {
        &self.inner.names
    }

    /// Its features with their expressions, in order.
    pub fn definitions(&self) -> &[Feature] {
        &self.inner.definitions
    }

    /// The place of a feature.
    pub fn position(&self, feature: &str) -> Option<usize> {
        self.features().iter().position(|name| name == feature)
    }

    /// How many sessions a row needs, its own included: the most of its features.
    pub fn look_back(&self) -> usize {
        self.inner.look_back
    }

    /// How many rows at the start of a history lack some feature.
    pub fn warm_up(&self) -> usize {
        self.inner.look_back - 1
    }

    /// Whether some feature depends on other symbols: such a view is computed over a whole panel.
    pub fn is_cross_sectional(&self) -> bool {
        !self.inner.plan.crosses.is_empty()
    }

    pub(crate) fn plan(&self) -> &Arc<Plan> {
        &self.inner.plan
    }
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "View({} {}, {} features)", self.name(), self.version(), self.features().len())
    }
}

fn check_features(view: &str, definitions: &[Feature]) -> Result<()> {
    let mut seen = HashSet::new();
    for Feature { name, expr } in definitions {
        check_name(name, "feature")?;
        if !seen.insert(name) {
            return Err(bad_name(name, "feature", "the view has two of that name: rename one"));
        }
        if TAKEN.contains(&name.as_str()) {
            return Err(bad_name(
                name,
                "feature",
                "every feature table has a column of that name: choose another",
            ));
        }
        if expr.look_back() > View::MAX_LOOK_BACK {
            let (view, feature) = (view.to_owned(), name.clone());
            return Err(Error::LookBack { view, feature, look_back: expr.look_back() });
        }
    }
    Ok(())
}

fn check_name(name: &str, what: &'static str) -> Result<()> {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if starts_well && plain && name.len() <= MAX_NAME_BYTES {
        return Ok(());
    }
    let problem = format!("use a letter, then letters, digits and `_`, at most {MAX_NAME_BYTES}");
    Err(bad_name(name, what, &problem))
}

fn bad_name(name: &str, what: &'static str, problem: &str) -> Error {
    Error::Name { name: name.to_owned(), what, problem: problem.to_owned() }
}

fn version(name: &str, definitions: &[Feature]) -> String {
    let lines = definitions.iter().map(|feature| format!("{} = {}\n", feature.name, feature.expr));
    let text = format!("semantics {SEMANTICS}\n{name}\n{}", lines.collect::<String>());
    format!("{:016x}", xxh3_64(text.as_bytes()))
}
