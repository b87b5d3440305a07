//! The local key: an API key in a file only this user can read, so that the command line on this machine just works.

use super::access::{create_key, hash};
use crate::cx::Cx;
use anyhow::{Context as _, Result};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use syncline_store::api_keys;

/// Where it is.
#[must_use]
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("local.key")
}

/// Makes the key at the first start, or when its file or its row was lost.
///
/// # Errors
/// When the file cannot be written or the database does not answer.
pub async fn ensure(cx: &Cx) -> Result<()> {
    let path = path(&cx.config.data_dir);
    if let Ok(secret) = std::fs::read_to_string(&path)
        && api_keys::find(&cx.store, &hash(secret.trim())).await?.is_some()
    {
        return Ok(());
    }
    let (_, secret) = create_key(cx, "command line on this machine", None).await?;
    write_private(&path, &secret).with_context(|| format!("cannot write {}", path.display()))
}

fn write_private(path: &Path, secret: &str) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    // Removed first: opening keeps the permissions of a file that is already there.
    let _ = std::fs::remove_file(path);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{secret}")
}
