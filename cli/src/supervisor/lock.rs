//! One supervisor a home directory.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::{Context, bail};

/// Held while a process owns a home directory; the system releases it however the process ends.
#[derive(Debug)]
pub struct InstanceLock {
    // Held open: closing releases the lock.
    _file: File,
}

impl InstanceLock {
    /// Takes the directory, making it when it is new.
    pub fn take(home: &Path) -> anyhow::Result<Self> {
        let path = home.join("run").join("lock");
        std::fs::create_dir_all(home.join("run"))
            .with_context(|| format!("cannot make {}", home.display()))?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => bail!(
                "another weekahead runs in {}: stop it, or give this one a directory of its own with --home",
                home.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }
}
