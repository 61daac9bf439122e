//! Leakage stories: scripts that are read from top to bottom, and told against the real engine.
//!
//! `scripts/` holds them; `story.rs` says which commands there are. A script is its own expectation: after a change that
//! is meant, `UPDATE_GOLDENFILES=1` writes the outputs anew, and each of them is then checked by hand. After the last
//! command of every script `promises.rs` checks what must hold whatever was told.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

#[path = "../support/bar_version.rs"]
mod bar_version;
mod clock;
mod feed;
mod joining;
#[path = "../support/platform.rs"]
mod platform;
mod promises;
mod reading;
mod story;
mod table;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use story::Story;

/// A test for each script, so that each is run, and fails, under its own name.
macro_rules! stories {
    ($($name:ident)*) => {
        const TOLD: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                tell(&scripts().join(concat!(stringify!($name), ".txt")));
            }
        )*
    };
}

stories! { late_bar restatement split_after_the_fact delisting holiday_week }

#[test]
fn every_script_is_told() {
    let files = std::fs::read_dir(scripts()).unwrap().map(|file| file.unwrap().path());
    let mut found: Vec<String> =
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let mut told = TOLD.to_vec();
    found.sort_unstable();
    told.sort_unstable();
    assert_eq!(found, told);
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories/scripts")
}

/// A difference is a panic: the engine is ended all the same.
fn tell(script: &Path) {
    let mut story = Story::start();
    let told = catch_unwind(AssertUnwindSafe(|| goldenscript::run(&mut story, script)));
    story.stop();
    match told {
        Ok(told) => told.unwrap(),
        Err(panic) => resume_unwind(panic),
    }
}
