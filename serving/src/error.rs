//! What can keep a forecast from being made.

use weekahead_market::AsOf;

/// Why there is no forecast.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No model was champion at that instant.
    #[error(
        "no version of `{model}` was champion at {as_of}: run `weekahead train` first, or ask for a later as_of"
    )]
    NoChampion {
        /// The registered model.
        model: String,
        /// Where the reader stood.
        as_of: AsOf,
    },
    /// No version could be loaded yet.
    #[error(
        "no version of `{model}` is loaded yet: the registry does not answer, or its champion cannot be served; the log says why"
    )]
    NotLive {
        /// The registered model.
        model: String,
    },
    /// The run of the model ended without a word.
    #[error("the model was broken off while it ran: the log says why")]
    Unanswered,
    /// Counting what came true ended without a word.
    #[error("the outcomes of earlier forecasts were not counted to the end: the log says why")]
    Outcomes,
    /// The artifact is not the one that was registered.
    #[error(
        "the artifact of `{model}` version {version} has digest {found}, but {registered} was registered: \
         it was changed in the store; promote another version"
    )]
    Digest {
        /// The registered model.
        model: String,
        /// The version.
        version: u32,
        /// The digest of the bytes that were read.
        found: String,
        /// The digest that was registered.
        registered: String,
    },
    /// A forecast is asked about that another registered model made.
    #[error(
        "it is a forecast of `{of}`, and `{model}` is followed here: ask with `training.model` set to it"
    )]
    OtherModel {
        /// The registered model that is followed.
        model: String,
        /// The one that made the forecast.
        of: String,
    },
    /// The champion was trained on other features than this process computes.
    #[error(
        "the model needs {model}, and this server computes {held}: serve the view that the model was trained on"
    )]
    OtherView {
        /// The view of the model, with its version.
        model: String,
        /// The view that is computed here.
        held: String,
    },
    /// The model cannot be run.
    #[error(transparent)]
    Model(#[from] weekahead_models::Error),
    /// The view cannot be held online.
    #[error(transparent)]
    Features(#[from] weekahead_features::Error),
    /// The computation of features was broken off.
    #[error("the features of view `{view}` were not computed to the end: the log says why")]
    Interrupted {
        /// The view.
        view: String,
    },
    /// The warehouse failed.
    #[error(transparent)]
    Warehouse(#[from] weekahead_warehouse::Error),
    /// The tracker failed.
    #[error(transparent)]
    Tracker(#[from] weekahead_tracker::Error),
    /// A word of the vocabulary is wrong.
    #[error(transparent)]
    Market(#[from] weekahead_market::Error),
    /// A setting of the server cannot be used.
    #[error("{setting} cannot be used: {reason}")]
    Settings {
        /// The setting.
        setting: &'static str,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: {source}; choose another with `serving.addr`")]
    Listen {
        /// The address.
        addr: std::net::SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
}

impl Error {
    /// Whether trying the same thing again could succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Warehouse(error) => error.is_retryable(),
            Self::Tracker(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// Why the registry is not followed, for everybody: what stores say of themselves is for the log.
    pub(crate) fn public_reason(&self) -> String {
        match self {
            Self::NoChampion { .. } | Self::Digest { .. } => self.to_string(),
            Self::Model(_) => "its champion cannot be run: the log says why".to_owned(),
            error if error.is_retryable() => "it, or the store of its artifacts, does not answer".to_owned(),
            _ => "what it answers cannot be used: the log says why".to_owned(),
        }
    }
}
