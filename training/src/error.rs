//! What can go wrong between a warehouse and a champion.

/// Why a training step failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A session, horizon or calendar that is out of range.
    #[error(transparent)]
    Market(#[from] weekahead_market::Error),
    /// Two inputs that must have the same length do not.
    #[error("{what} has {found} entries where {expected} are needed")]
    Shape {
        /// The input that does not fit.
        what: &'static str,
        /// The length it should have.
        expected: usize,
        /// The length it has.
        found: usize,
    },
    /// Too little data for a statement.
    #[error(
        "{what}: {found} are too few, at least {needed} are needed; use a longer history or a smaller setting"
    )]
    TooFew {
        /// What there is too little of.
        what: &'static str,
        /// How many are needed.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// A value that must be a finite number is not.
    #[error("{what} is not finite at row {row}")]
    NotFinite {
        /// The offending input.
        what: &'static str,
        /// The row, from 0.
        row: usize,
    },
    /// A setting outside its range.
    #[error("{setting} = {value} is out of range: use {allowed}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// The values that work.
        allowed: &'static str,
    },
    /// Nothing to learn from.
    #[error(
        "view `{view}` has no rows with realised targets at {as_of}: ingest a longer history, or build the view first"
    )]
    NoRows {
        /// The feature view.
        view: String,
        /// Where the reader stood.
        as_of: weekahead_market::AsOf,
    },
    /// No build made the table of a view, or the columns of this version of it.
    #[error(
        "feature view `{view}` is not built yet, or only an older version of it: run `weekahead features build --view {view}`"
    )]
    NotBuilt {
        /// The feature view.
        view: String,
    },
    /// A view whose table has no rows of this version.
    #[error(
        "the warehouse has no rows of view `{view}` in version {version} at {as_of}: run `weekahead features build --view {view}`, \
         or stand later"
    )]
    NoFeatures {
        /// The feature view.
        view: String,
        /// The version of its definitions.
        version: String,
        /// Where the reader stood.
        as_of: weekahead_market::AsOf,
    },
    /// A feature that the plan needs and the view lacks.
    #[error(
        "view `{view}` has no feature `{feature}`, which the plan needs: add it to the view or name another"
    )]
    UnknownFeature {
        /// The feature.
        feature: String,
        /// The feature view.
        view: String,
    },
    /// The exported model computes other numbers than the native one.
    #[error(
        "the ONNX export of {model} differs from the native model by {point:e} in the point and {quantiles:e} in the quantiles: \
         it is not registered"
    )]
    Parity {
        /// The model.
        model: String,
        /// The largest difference of a point forecast.
        point: f64,
        /// The largest difference of a quantile.
        quantiles: f64,
    },
    /// A picture cannot be drawn.
    #[error("cannot draw `{title}`: {reason}")]
    Plot {
        /// The picture's title.
        title: String,
        /// What the drawing crate says.
        reason: String,
    },
    /// A model cannot be fitted or run.
    #[error(transparent)]
    Model(#[from] weekahead_models::Error),
    /// The features cannot be computed.
    #[error(transparent)]
    Features(#[from] weekahead_features::Error),
    /// The lake failed.
    #[error(transparent)]
    Lake(#[from] weekahead_lake::Error),
    /// The warehouse failed.
    #[error(transparent)]
    Warehouse(#[from] weekahead_warehouse::Error),
    /// The tracker failed.
    #[error(transparent)]
    Tracker(#[from] weekahead_tracker::Error),
    /// A version or alias that the registry does not have.
    #[error("the registry has no version {version} of `{model}`: `weekahead models list` shows those it has")]
    UnknownVersion {
        /// The registered model.
        model: String,
        /// The number or the alias asked for.
        version: String,
    },
    /// A version whose artifact is lost or not what was registered.
    #[error("version {version} of `{model}` cannot answer: {reason}; choose another, or train it again")]
    UnusableVersion {
        /// The registered model.
        model: String,
        /// The version.
        version: u32,
        /// What is wrong with it.
        reason: String,
    },
    /// A promotion that would change nothing.
    #[error("version {version} of `{model}` is champion already")]
    AlreadyChampion {
        /// The registered model.
        model: String,
        /// The version.
        version: u32,
    },
    /// Nobody to go back from.
    #[error("`{model}` never had a champion: `weekahead train` makes one, or `weekahead models promote`")]
    NoChampion {
        /// The registered model.
        model: String,
    },
    /// Nobody to go back to.
    #[error(
        "before version {version} no other version of `{model}` was champion that could be gone back to{skipped}; promote one: \
         `weekahead models promote VERSION --reason ...`"
    )]
    NothingBefore {
        /// The registered model.
        model: String,
        /// The champion.
        version: u32,
        /// Former champions that were skipped, and why.
        skipped: String,
    },
    /// A decision must be the newest when it is made.
    #[error(
        "a decision about `{model}` was made at {decided_at}, which is not before {now}: decide now, without --as-of"
    )]
    LaterDecision {
        /// The registered model.
        model: String,
        /// When the newest decision was made.
        decided_at: jiff::Timestamp,
        /// When this one would be.
        now: jiff::Timestamp,
    },
    /// A reason that says nothing, or too much.
    #[error("a reason of {characters} characters: say why in 1 to {most}")]
    Reason {
        /// Its length.
        characters: usize,
        /// The longest that is taken.
        most: usize,
    },
    /// An imported model that cannot be had.
    #[error("the import `{name}` cannot be used: {reason}")]
    Import {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// A model's computation panicked.
    #[error("{model} panicked: {message}")]
    Panicked {
        /// The model.
        model: String,
        /// What the panic said.
        message: String,
    },
    /// All targets are the same number: there is nothing to forecast.
    #[error(
        "all {rows} targets of view `{view}` are {value}: there is nothing to learn; check the prices of the universe"
    )]
    ConstantTarget {
        /// The feature view.
        view: String,
        /// Rows.
        rows: usize,
        /// The one target.
        value: f64,
    },
    /// Another process works on the same session.
    #[error(
        "another `weekahead train` works on this very session (it holds {lock}): wait for it, or stop it"
    )]
    InUse {
        /// The file that it holds.
        lock: String,
    },
    /// What a session keeps on disk cannot be written or read.
    #[error("cannot keep the session's results at {path}: {reason}; make room, or let this user write there")]
    Keep {
        /// The file or directory.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// A pending session that this program cannot continue.
    #[error("the pending session {path} cannot be continued: {reason}; delete the file to give it up")]
    Pending {
        /// Its file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A computing task was stopped from outside.
    #[error("the backtest was interrupted; run it again")]
    Interrupted,
}

impl Error {
    /// Whether one model is at fault, so that the others can go on without it.
    pub fn is_of_one_model(&self) -> bool {
        matches!(
            self,
            Self::Model(_)
                | Self::Import { .. }
                | Self::Panicked { .. }
                | Self::Parity { .. }
                | Self::Plot { .. }
                | Self::NotFinite { .. }
                | Self::Shape { .. }
                | Self::UnknownFeature { .. }
                | Self::TooFew { .. }
        )
    }

    /// Whether the tracker, or the store of its artifacts, could not be reached: what was computed can be sent later.
    pub fn is_tracker_away(&self) -> bool {
        matches!(self, Self::Tracker(error) if error.is_retryable())
    }

    /// Whether trying the same thing again could succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Lake(error) => error.is_retryable(),
            Self::Warehouse(error) => error.is_retryable(),
            Self::Tracker(error) => error.is_retryable(),
            Self::Interrupted | Self::InUse { .. } => true,
            _ => false,
        }
    }
}

/// Fails unless all values, so many a row, are finite numbers.
pub(crate) fn check_finite(what: &'static str, values: &[f64], width: usize) -> crate::Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(Error::NotFinite { what, row: index / width.max(1) }),
        None => Ok(()),
    }
}

/// Fails unless a length is what it should be.
pub(crate) fn check_length(what: &'static str, expected: usize, found: usize) -> crate::Result<()> {
    if expected == found { Ok(()) } else { Err(Error::Shape { what, expected, found }) }
}
