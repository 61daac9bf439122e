//! What a session has computed so far, on disk, so that one that broke off computes it once.
//!
//! `<directory>/<session_key>/<model>/` holds a file a fold and one for the exported model. A file says what it is and
//! carries a checksum; one that is torn, of another program or of another session is as good as none.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use weekahead_models::ModelSpec;

use crate::disk::{keep_error, write_atomically};
use crate::{Artifact, Error, FoldForecasts, Result};

/// The results of one session, held by this process alone.
#[derive(Debug)]
pub struct FoldStore {
    directory: PathBuf,
    session_key: String,
    // Held for its release on drop.
    _lock: File,
}

/// A result with all that tells it from others.
#[derive(Serialize, Deserialize)]
struct Kept<T> {
    program: String,
    session_key: String,
    model: String,
    fold: Option<usize>,
    value: T,
}

const MAGIC: &[u8; 8] = b"WAFOLD01";
const CHECKSUM_BYTES: usize = 32;
/// Newer code may compute other numbers.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");
/// How long results of a session that nobody continues are kept.
const ABANDONED_AFTER: Duration = Duration::from_hours(14 * 24);

impl FoldStore {
    /// Opens the results of a session below a directory, and takes them for this process.
    ///
    /// # Errors
    /// [`Error::InUse`] while another process has them; [`Error::Keep`] when the directory cannot be written.
    pub fn open(directory: &Path, session_key: &str) -> Result<Self> {
        let own = directory.join(session_key);
        fs::create_dir_all(&own).map_err(|error| keep_error(&own, &error))?;
        let path = own.join("lock");
        let lock = File::create(&path).map_err(|error| keep_error(&path, &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { lock: path.display().to_string() }),
            Err(TryLockError::Error(error)) => return Err(keep_error(&path, &error)),
        }
        Ok(Self { directory: own, session_key: session_key.to_owned(), _lock: lock })
    }

    /// The forecasts of a model in a fold, if they are there.
    pub fn fold(&self, spec: &ModelSpec, fold: usize) -> Option<FoldForecasts> {
        self.read(spec, Some(fold))
    }

    /// Keeps the forecasts of a model in a fold.
    ///
    /// # Errors
    /// [`Error::Keep`].
    pub fn keep_fold(&self, spec: &ModelSpec, fold: usize, forecasts: &FoldForecasts) -> Result<()> {
        self.write(spec, Some(fold), forecasts)
    }

    /// A model fitted on all rows and exported, if it is there.
    pub fn artifact(&self, spec: &ModelSpec) -> Option<Artifact> {
        self.read(spec, None)
    }

    /// Keeps an exported model.
    ///
    /// # Errors
    /// [`Error::Keep`].
    pub fn keep_artifact(&self, spec: &ModelSpec, artifact: &Artifact) -> Result<()> {
        self.write(spec, None, artifact)
    }

    /// Removes the results of a session that is recorded.
    ///
    /// # Errors
    /// [`Error::Keep`].
    pub fn remove(self) -> Result<()> {
        fs::remove_dir_all(&self.directory).map_err(|error| keep_error(&self.directory, &error))
    }

    /// Removes the results of sessions that nobody has continued for two weeks, but those that `wanted` names.
    pub fn remove_abandoned(directory: &Path, wanted: &[String]) {
        let Ok(entries) = fs::read_dir(directory) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !wanted.contains(&name) && is_abandoned(&entry.path().join("lock")) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    fn read<T: DeserializeOwned>(&self, spec: &ModelSpec, fold: Option<usize>) -> Option<T> {
        let bytes = fs::read(self.path(spec, fold)).ok()?;
        let (checksum, payload) = bytes.strip_prefix(MAGIC)?.split_at_checked(CHECKSUM_BYTES)?;
        if Sha256::digest(payload)[..] != *checksum {
            return None;
        }
        let kept: Kept<T> = postcard::from_bytes(payload).ok()?;
        let same = kept.program == PROGRAM
            && kept.session_key == self.session_key
            && kept.model == named(spec)
            && kept.fold == fold;
        same.then_some(kept.value)
    }

    fn write<T: Serialize>(&self, spec: &ModelSpec, fold: Option<usize>, value: T) -> Result<()> {
        let path = self.path(spec, fold);
        let kept = Kept {
            program: PROGRAM.to_owned(),
            session_key: self.session_key.clone(),
            model: named(spec),
            fold,
            value,
        };
        let payload = postcard::to_stdvec(&kept).map_err(|error| keep_error(&path, &error))?;
        let checksum = Sha256::digest(&payload);
        write_atomically(&path, &[MAGIC.as_slice(), &checksum[..], &payload].concat())
    }

    fn path(&self, spec: &ModelSpec, fold: Option<usize>) -> PathBuf {
        let digest = Sha256::digest(named(spec).as_bytes());
        let short: String = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        let file = fold.map_or_else(|| "artifact.bin".to_owned(), |fold| format!("fold-{fold:05}.bin"));
        self.directory.join(format!("{}-{short}", spec.kind())).join(file)
    }
}

/// The model with its hyperparameters to the bit.
fn named(spec: &ModelSpec) -> String {
    serde_json::to_string(spec).unwrap_or_else(|_| spec.to_string())
}

/// A lock that is free and has not been taken for long.
fn is_abandoned(lock: &Path) -> bool {
    let taken = fs::metadata(lock).and_then(|found| found.modified()).ok();
    let old = taken.and_then(|taken| taken.elapsed().ok()).is_some_and(|age| age > ABANDONED_AFTER);
    old && File::open(lock).is_ok_and(|file| file.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIDGE: ModelSpec = ModelSpec::Ridge { alpha: 0.1 };

    fn forecasts() -> FoldForecasts {
        FoldForecasts { points: vec![0.1, -0.0, f64::MIN_POSITIVE], quantiles: vec![1.0 / 3.0; 6] }
    }

    #[test]
    fn results_come_back_to_the_bit_and_to_their_own_model_and_fold_alone() {
        let directory = tempfile::tempdir().unwrap();
        let store = FoldStore::open(directory.path(), "abc").unwrap();
        store.keep_fold(&RIDGE, 3, &forecasts()).unwrap();
        let bits = |f: FoldForecasts| f.points.iter().map(|p| p.to_bits()).collect::<Vec<_>>();
        assert_eq!(store.fold(&RIDGE, 3).map(bits), Some(bits(forecasts())));
        assert_eq!(store.fold(&RIDGE, 2), None);
        assert_eq!(store.fold(&ModelSpec::Ridge { alpha: 0.2 }, 3), None);
        let artifact = Artifact {
            bytes: vec![1, 2],
            digest: "d".to_owned(),
            max_abs_diff: 1e-9,
            learned: Some("ridge(alpha=1)".to_owned()),
            example: vec![0.5],
            importances: Vec::new(),
        };
        store.keep_artifact(&RIDGE, &artifact).unwrap();
        assert_eq!(store.artifact(&RIDGE), Some(artifact));
        store.remove().unwrap();
        assert!(!directory.path().join("abc").exists());
    }

    #[test]
    fn torn_and_foreign_files_are_as_good_as_none() {
        let directory = tempfile::tempdir().unwrap();
        let store = FoldStore::open(directory.path(), "abc").unwrap();
        store.keep_fold(&RIDGE, 0, &forecasts()).unwrap();
        let path = store.path(&RIDGE, Some(0));
        let whole = fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        flipped[60] ^= 1;
        for torn in [&whole[..whole.len() / 2], &[], b"something else", &flipped] {
            fs::write(&path, torn).unwrap();
            assert_eq!(store.fold(&RIDGE, 0), None);
        }
        // The file of another fold, or of another session, under this name.
        fs::write(&path, &whole).unwrap();
        fs::copy(&path, store.path(&RIDGE, Some(1))).unwrap();
        assert_eq!(store.fold(&RIDGE, 1), None);
        let other = FoldStore::open(directory.path(), "xyz").unwrap();
        other.keep_fold(&RIDGE, 0, &forecasts()).unwrap();
        fs::copy(other.path(&RIDGE, Some(0)), &path).unwrap();
        assert_eq!(store.fold(&RIDGE, 0), None);
    }

    #[test]
    fn a_session_is_held_by_one_process() {
        let directory = tempfile::tempdir().unwrap();
        let held = FoldStore::open(directory.path(), "abc").unwrap();
        let refused = FoldStore::open(directory.path(), "abc").unwrap_err();
        assert!(matches!(refused, Error::InUse { .. }) && refused.is_retryable(), "{refused}");
        drop(held);
        FoldStore::open(directory.path(), "abc").unwrap();
    }
}
