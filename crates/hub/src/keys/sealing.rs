//! The sealing keys of this process: from the configuration, or from a file in the data directory that every process there reads.
//!
//! The file is only ever replaced whole. A process that has an old ring in memory notices before it seals, and when it meets a seal of a
//! key it does not know. Lost or unreadable keys stop nobody from starting: what needs no credentials goes on, and what does says why not.

use crate::config::Config;
use crate::dice::Dice;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, UNIX_EPOCH};
use syncline_core::seal::{KeyId, KeyRing, SealError, new_key, split};
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

/// Why something cannot be sealed or opened, or keys cannot be changed. Never says anything of a key or of what was sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// The ring refuses.
    #[error("{0}")]
    Seal(#[from] SealError),
    /// The file cannot be used.
    #[error("the sealing keys in {path} cannot be used: {why}; bring the file back from a backup")]
    File {
        /// Where it is.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The keys are a setting, which only the operator changes.
    #[error(
        "the sealing keys are set in sealing.keys: put a new one (`syncline keys new`) in front of them, restart, \
         and run `syncline keys rotate` again"
    )]
    Configured,
    /// Somebody else is changing the file at this moment.
    #[error("the sealing keys are being changed by another process; try again")]
    Busy,
}

/// The keys. Cheap to clone; all clones see a rotation.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    file: Option<PathBuf>,
    loaded: RwLock<Loaded>,
}

#[derive(Clone)]
struct Loaded {
    ring: Result<KeyRing, KeysError>,
    /// Which state of the file it is from.
    stamp: Option<Stamp>,
}

/// How long keys stay after another one was put in front of them. Whoever sealed something with the one before may not have stored it
/// yet, and a key that is taken out in between takes that with it. Requests and jobs hold a seal for seconds. What is sealed and stored nowhere,
/// a connect token say, is good as long as its key is there.
pub const SETTLES: Duration = Duration::from_secs(10 * 60);

/// What became of the keys that nothing is sealed with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// How many went.
    pub gone: usize,
    /// When those can go that were kept because the keys have changed a moment ago; none when there are none.
    pub again_at: Option<Timestamp>,
}

/// Tells one state of the file from another: it is replaced, so its number changes, and when the system says that it changed.
type Stamp = (u64, i64, i64, u64);

impl Keys {
    /// The configured keys, or those in the data directory, which are made when there are none.
    ///
    /// # Errors
    /// When the configured keys are none. A file that cannot be used is an error of whatever needs it.
    pub fn load(config: &Config, dice: &Dice) -> Result<Self, KeysError> {
        if let Some(keys) = &config.sealing.keys {
            let loaded = Loaded { ring: Ok(KeyRing::read(keys)?), stamp: None };
            return Ok(Self(Arc::new(Inner { file: None, loaded: RwLock::new(loaded) })));
        }
        let path = path(&config.data_dir);
        if let Err(error) = make(&path, dice) {
            tracing::error!(path = %path.display(), %error, "there are no sealing keys");
        }
        let loaded = read(&path);
        if let Err(error) = &loaded.ring {
            tracing::error!(%error, "accounts cannot be connected or used");
        }
        Ok(Self(Arc::new(Inner { file: Some(path), loaded: RwLock::new(loaded) })))
    }

    /// Whether the keys are in a file that [`Keys::rotate`] can change.
    #[must_use]
    pub fn are_in_a_file(&self) -> bool {
        self.0.file.is_some()
    }

    /// Seals with the first key; answers which one that is.
    ///
    /// # Errors
    /// [`KeysError`] when there is no usable key.
    pub fn seal(&self, plain: &Secret, place: &str, dice: &Dice) -> Result<(Vec<u8>, KeyId), KeysError> {
        let ring = self.fresh()?;
        Ok((dice.with(|rng| ring.seal(plain, place, rng)), ring.current()))
    }

    /// Opens a seal. Looks at the file again when the key is not known: another process may have made it.
    ///
    /// # Errors
    /// [`KeysError`]: an unknown key, a seal that was changed or moved, or no usable keys.
    pub fn open(&self, sealed: &[u8], place: &str) -> Result<Secret, KeysError> {
        let known = self.loaded().ring.and_then(|ring| Ok(ring.open(sealed, place)?));
        match known {
            Err(KeysError::Seal(SealError::UnknownKey(_)) | KeysError::File { .. }) => {
                Ok(self.fresh()?.open(sealed, place)?)
            }
            other => other,
        }
    }

    /// The key that seals now.
    ///
    /// # Errors
    /// [`KeysError`] when there is no usable key.
    pub fn current(&self) -> Result<KeyId, KeysError> {
        Ok(self.fresh()?.current())
    }

    /// The ids of all keys, the one that seals first.
    ///
    /// # Errors
    /// [`KeysError`] when there is no usable key.
    pub fn ids(&self) -> Result<Vec<KeyId>, KeysError> {
        Ok(self.fresh()?.ids())
    }

    /// Puts a new key in front of the others in the file.
    ///
    /// # Errors
    /// [`KeysError::Configured`] where the keys are a setting; otherwise what is wrong with the file.
    pub fn rotate(&self, dice: &Dice, now: Timestamp) -> Result<KeyId, KeysError> {
        self.change(now, |keys, _| {
            keys.insert(0, dice.with(|rng| new_key(rng)));
            true
        })?;
        self.current()
    }

    /// Takes keys out of the file for which `is_needed` says no; none of them when another key was put in front less than [`SETTLES`] ago.
    /// The one that seals always stays.
    ///
    /// # Errors
    /// As [`Keys::rotate`].
    pub fn prune(&self, now: Timestamp, is_needed: impl Fn(&str) -> bool) -> Result<Pruned, KeysError> {
        let mut pruned = Pruned::default();
        self.change(now, |keys, changed_at| {
            let stays = |(place, key): &(usize, Secret)| *place == 0 || is_needed(&id_of(key));
            let left: Vec<Secret> =
                keys.iter().cloned().enumerate().filter(stays).map(|(_, key)| key).collect();
            let gone = keys.len() - left.len();
            let settled_at = changed_at.plus(SETTLES);
            if gone > 0 && settled_at > now {
                pruned.again_at = Some(settled_at);
            } else {
                pruned.gone = gone;
                *keys = left;
            }
            pruned.gone > 0
        })?;
        Ok(pruned)
    }

    /// Changes the file, alone: `change` gets the keys and when they last changed, and says whether it changed anything.
    fn change(
        &self,
        now: Timestamp,
        change: impl FnOnce(&mut Vec<Secret>, Timestamp) -> bool,
    ) -> Result<(), KeysError> {
        let path = self.0.file.as_deref().ok_or(KeysError::Configured)?;
        let failed = |error: &io::Error| unusable(path, error.to_string());
        let lock = File::create(path.with_extension("lock")).map_err(|error| failed(&error))?;
        lock.try_lock().map_err(|_| KeysError::Busy)?;
        let mut keys = split(&fs::read_to_string(path).map_err(|error| failed(&error))?);
        KeyRing::new(&keys).map_err(|error| unusable(path, error.to_string()))?;
        if change(&mut keys, changed_at(path).map_err(|error| failed(&error))?) {
            replace(path, &keys, now).map_err(|error| failed(&error))?;
        }
        *self.0.loaded.write().unwrap_or_else(PoisonError::into_inner) = read(path);
        Ok(())
    }

    fn loaded(&self) -> Loaded {
        self.0.loaded.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The ring as the file has it now.
    fn fresh(&self) -> Result<KeyRing, KeysError> {
        let loaded = self.loaded();
        let Some(path) = &self.0.file else { return loaded.ring };
        if loaded.ring.is_ok() && stamp(path).is_ok_and(|now| Some(now) == loaded.stamp) {
            return loaded.ring;
        }
        let mut loaded = self.0.loaded.write().unwrap_or_else(PoisonError::into_inner);
        let anew = read(path);
        // A file that is gone or broken takes nothing from who has read it before; the next start says so.
        if anew.ring.is_ok() || loaded.ring.is_err() {
            *loaded = anew;
        }
        loaded.ring.clone()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.loaded().ring {
            Ok(ring) => write!(f, "Keys({ring:?})"),
            Err(error) => write!(f, "Keys({error})"),
        }
    }
}

/// Where the file is.
#[must_use]
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("sealing.keys")
}

/// The ring that a configuration leads to, without making anything.
///
/// # Errors
/// [`KeysError`] when there is no usable key; none when there is no file yet.
pub fn look(config: &Config) -> Result<Option<KeyRing>, KeysError> {
    if let Some(keys) = &config.sealing.keys {
        return Ok(Some(KeyRing::read(keys)?));
    }
    let path = path(&config.data_dir);
    if path.exists() { read(&path).ring.map(Some) } else { Ok(None) }
}

fn unusable(path: &Path, why: String) -> KeysError {
    KeysError::File { path: path.display().to_string(), why }
}

fn stamp(path: &Path) -> io::Result<Stamp> {
    let meta = fs::metadata(path)?;
    Ok((meta.ino(), meta.ctime(), meta.ctime_nsec(), meta.len()))
}

/// When the keys last changed, which [`replace`] writes down as the time of the file.
fn changed_at(path: &Path) -> io::Result<Timestamp> {
    let meta = fs::metadata(path)?;
    Ok(Timestamp::from_millis(meta.mtime() * 1000 + meta.mtime_nsec() / 1_000_000))
}

/// The id of a key of the ring.
fn id_of(key: &Secret) -> String {
    KeyRing::new(std::slice::from_ref(key)).map(|ring| ring.current().to_string()).unwrap_or_default()
}

fn read(path: &Path) -> Loaded {
    // First the stamp: should the file be replaced in between, it is read once more.
    let stamp = stamp(path).ok();
    let ring = fs::read_to_string(path)
        .map_err(|error| unusable(path, error.to_string()))
        .and_then(|text| KeyRing::new(&split(&text)).map_err(|error| unusable(path, error.to_string())));
    Loaded { ring, stamp }
}

/// Makes the file with one key unless it is there. Of several processes that do so at once one makes it.
pub(crate) fn make(path: &Path, dice: &Dice) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(directory) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    let draft = draft(path, &[dice.with(|rng| new_key(rng))], None)?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => sync_directory(path),
    }
}

fn replace(path: &Path, keys: &[Secret], now: Timestamp) -> io::Result<()> {
    let draft = draft(path, keys, Some(now))?;
    fs::rename(&draft, path).inspect_err(|_| drop(fs::remove_file(&draft)))?;
    sync_directory(path)
}

/// Writes the keys, one a line, into a file beside the real one that only this user may read.
fn draft(path: &Path, keys: &[Secret], at: Option<Timestamp>) -> io::Result<PathBuf> {
    let draft = path.with_extension(format!("new{}", std::process::id()));
    let _ = fs::remove_file(&draft);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    for key in keys {
        writeln!(file, "{}", key.expose())?;
    }
    if let Some(at) = at {
        file.set_modified(UNIX_EPOCH + at.since(Timestamp::from_millis(0)))?;
    }
    file.sync_all()?;
    Ok(draft)
}

/// Without this the name may be gone after a power cut, and the keys with it.
fn sync_directory(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}
