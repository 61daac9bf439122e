//! Artifact locations and the paths below them.

use crate::{Error, Result};

/// The scheme of a location: `s3` of `s3://lake/mlflow`; empty for a bare path.
pub(crate) fn scheme(uri: &str) -> &str {
    uri.split_once(':').map_or("", |(scheme, _)| scheme)
}

/// A file's location: `root` and a checked relative path.
pub(crate) fn join(root: &str, path: &str) -> Result<String> {
    check_path(path)?;
    Ok(format!("{}/{path}", root.trim_end_matches('/')))
}

/// Accepts only paths that stay below their folder, on every platform.
pub(crate) fn check_path(path: &str) -> Result<()> {
    let is_plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']);
    if path.split('/').all(is_plain) {
        return Ok(());
    }
    Err(Error::ArtifactPath { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_join_with_one_slash() {
        assert_eq!(join("s3://lake/mlflow/", "model/MLmodel").unwrap(), "s3://lake/mlflow/model/MLmodel");
        assert_eq!(scheme("mlflow-artifacts:/1/a"), "mlflow-artifacts");
        assert_eq!(scheme("/var/mlruns"), "");
    }

    #[test]
    fn paths_cannot_leave_their_folder() {
        for path in ["", "/etc/passwd", "a/../b", "..", "a//b", "a/", "./a", "a\\b"] {
            assert!(matches!(join("s3://lake", path), Err(Error::ArtifactPath { .. })), "{path}");
        }
    }
}
