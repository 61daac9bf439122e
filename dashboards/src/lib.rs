//! The dashboards, as a Superset bundle that this program carries, and their way into a Superset that exists.
//!
//! [`Bundle`] is the folder `dashboards/superset/bundle` as the ZIP that Superset imports; [`Superset`] is a user signed in to
//! a Superset. Everything in the bundle is known by its UUID: importing it twice updates, and never doubles.
//!
//! Invariant: the only crate that knows Superset's REST API; no metric is defined here, all of them are dbt's.

mod bundle;
mod error;
mod superset;

pub use bundle::{Bundle, WarehouseAddress};
pub use error::Error;
pub use superset::{Login, Superset};

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;
