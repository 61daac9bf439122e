//! What is done to features before a linear model sees them: filling, scaling, clipping.
//!
//! A [`PreprocessingSpec`] is what a plan declares, a [`Preprocessing`] the constants that were learned for it on the training
//! rows. The constants become nodes of the exported graph, so that they travel with the model.

mod fitted;
mod spec;

pub(crate) use fitted::median;

pub use fitted::Preprocessing;
pub use spec::{Fill, PreprocessingSpec, Scale};
