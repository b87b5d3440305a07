//! The directory that holds everything the demo keeps. Every start is a fresh world, so what an earlier demo left is deleted then.

use crate::cli::out;
use anyhow::{Context as _, Result, ensure};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Where it is.
pub(super) const DIRECTORY: &str = "syncline-demo";
/// Held by the demo that owns the directory, for as long as it runs.
const LOCK: &str = "demo.lock";
/// Held by the hub of an older demo, or by a hub that somebody started over its files.
const LOCK_OF_HUB: &str = "syncline.lock";

/// The demo's configuration file.
#[must_use]
pub fn config_file() -> PathBuf {
    Path::new(DIRECTORY).join("syncline.toml")
}

/// The directory, owned.
#[derive(Debug)]
pub(super) struct Place {
    /// Let go when the demo ends, however it ends.
    _lock: File,
}

impl Place {
    /// Deletes what an earlier demo left, and owns an empty directory.
    ///
    /// # Errors
    /// When a demo or its hub runs there, or somebody else's files are there.
    pub(super) fn take() -> Result<Self> {
        let directory = Path::new(DIRECTORY);
        forbid_while_running(directory)?;
        if directory.exists() {
            ensure!(
                config_file().is_file() || is_empty(directory),
                "./{DIRECTORY} is there and was not made by a demo: move it away, or start the demo in another directory"
            );
            std::fs::remove_dir_all(directory).with_context(|| format!("cannot delete ./{DIRECTORY}"))?;
        }
        std::fs::create_dir_all(directory).with_context(|| format!("cannot make ./{DIRECTORY}"))?;
        let lock =
            File::create(directory.join(LOCK)).with_context(|| format!("cannot write in ./{DIRECTORY}"))?;
        ensure!(lock.try_lock().is_ok(), "another demo has just started in ./{DIRECTORY}");
        Ok(Self { _lock: lock })
    }

    /// Writes the configuration.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub(super) fn configure(&self, text: &str) -> Result<()> {
        Ok(crate::config::write_new(&config_file(), text, true)?)
    }

    /// Where the hub's log goes.
    pub(super) fn log_file(&self) -> PathBuf {
        Path::new(DIRECTORY).join("hub.log")
    }

    /// Deletes everything, or leaves it for whoever wants to look.
    ///
    /// # Errors
    /// When it cannot be deleted.
    pub(super) fn leave(self, keep: bool) -> Result<()> {
        if keep {
            out::note(format!(
                "Everything is in ./{DIRECTORY}, the hub's log in hub.log. The next demo begins with an empty directory."
            ));
            return Ok(());
        }
        std::fs::remove_dir_all(DIRECTORY).with_context(|| format!("cannot delete ./{DIRECTORY}"))
    }
}

/// A demo that runs would lose its files under its feet.
fn forbid_while_running(directory: &Path) -> Result<()> {
    let is_held = |name: &str| File::open(directory.join(name)).is_ok_and(|file| file.try_lock().is_err());
    ensure!(
        !is_held(LOCK) && !is_held(LOCK_OF_HUB),
        "a demo is running in ./{DIRECTORY}: use it, or stop it first (Ctrl-C in its terminal)"
    );
    Ok(())
}

fn is_empty(directory: &Path) -> bool {
    std::fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none())
}
