//! What the values of a feature look like, and how far they have drifted.

mod drift;
mod sample;

pub use drift::population_stability_index;
pub use sample::Sample;
