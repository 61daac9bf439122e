//! Artifacts: the files of runs and models. A location's scheme decides who moves them: `mlflow-artifacts:` goes
//! through the server, any other scheme to the store that was injected for it.

mod http;
mod location;
mod store;
mod transfer;

pub use store::{ArtifactInfo, ArtifactStore, BoxFuture};
