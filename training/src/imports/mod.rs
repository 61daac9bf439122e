//! Models of other tools in the tracker: put there by hand, found again by sessions.

mod import;
mod model;
mod store;

pub use import::Import;
pub(crate) use model::{ImportedModel, ImportedModels};
pub(crate) use store::Wanted;
pub use store::{ImportStore, Stored};
