//! What proves the webhook addresses of providers that sign nothing we could check at the door: a key of its own, from the
//! configuration or from a file in the data directory.
//!
//! It has to outlive everything: an address that is registered with a provider is good as long as this key is. So it is not one
//! of the sealing keys, which rotate, and not in the database, which the intake does not ask.

use super::sealing;
use crate::config::Config;
use crate::dice::Dice;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use syncline_core::seal::split;
use syncline_core::secret::Secret;
use syncline_providers::address::Address;

/// The keys, the one that new addresses are made with first. Cheap to clone.
#[derive(Clone, Default)]
pub struct Addresses(Arc<[Secret]>);

impl Addresses {
    /// The configured keys, or the one in the data directory, which is made when there is none. Without any, the doors that need
    /// them stay closed and say so; nothing else suffers.
    #[must_use]
    pub fn load(config: &Config, dice: &Dice) -> Self {
        if config.intake.address_keys.is_none()
            && let Err(error) = sealing::make(&path(&config.data_dir), dice)
        {
            tracing::error!(path = %path(&config.data_dir).display(), %error, "there is no key for webhook addresses");
        }
        look(config).ok().flatten().unwrap_or_default()
    }

    /// What the addresses of an app are made with.
    pub fn of<T>(&self, app: &str, work: impl FnOnce(Address<'_>) -> T) -> T {
        let keys: Vec<&Secret> = self.0.iter().collect();
        work(Address { keys: &keys, app })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Addresses({})", self.0.len())
    }
}

/// Where the file is.
#[must_use]
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("webhooks.key")
}

/// The keys that a configuration leads to, without making anything; none when there is no file yet.
///
/// # Errors
/// When the file cannot be read, or holds none.
pub fn look(config: &Config) -> std::io::Result<Option<Addresses>> {
    let found = match &config.intake.address_keys {
        Some(keys) => split(keys.expose()),
        None => match std::fs::read_to_string(path(&config.data_dir)) {
            Ok(text) => split(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        },
    };
    if found.is_empty() {
        return Err(std::io::Error::other("there is no key in it"));
    }
    Ok(Some(Addresses(found.into())))
}
