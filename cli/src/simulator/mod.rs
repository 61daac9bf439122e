//! Lives through the weeks of a simulation with the steps of the live platform.

mod crash;
mod ground;
mod life;
mod told;

pub use ground::Ground;
pub use life::Life;
pub use told::{Spent, Told};

/// The experiment of a simulated week.
pub const MODELS: &str = include_str!("models.toml");
