//! `syncline backup`: copies what a hub on SQLite keeps, beside the hub while it runs.
//!
//! `intake.db` is copied before the main database: rows leave it once the main database has them, so in the other order some could be
//! in neither copy. The main database gets its name at the very end, so a directory in which it is has everything.

use super::settings::Flags;
use super::{out, runtime};
use crate::api::local_key;
use crate::app::options;
use crate::config::{Config, DatabaseUrl, Loaded};
use crate::keys::{addresses, sealing};
use anyhow::{Context as _, Result};
use clap::Args;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use syncline_store::backup;

/// Copy the databases, local.key and webhooks.key of a hub on SQLite, while it runs.
#[derive(Debug, Args)]
pub struct Backup {
    /// Where to: a directory that is new or empty
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Take sealing.keys in, too: whoever has this backup can then get into every connected account
    #[arg(long)]
    with_sealing_keys: bool,
}

/// A small file, and what was in it.
type Kept = (PathBuf, Vec<u8>);

impl Backup {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let loaded = settings.load_for_client()?;
        let database = database(&loaded.config)?;
        let sealing = self.sealing_keys(&loaded.config)?;
        make_empty(&self.directory)?;
        runtime()?.block_on(self.copy(&loaded.config, &database, sealing))?;
        self.say_what_is_missing(&loaded);
        Ok(ExitCode::SUCCESS)
    }

    async fn copy(&self, config: &Config, database: &Path, sealing: Option<Kept>) -> Result<()> {
        for path in [local_key::path(&config.data_dir), addresses::path(&config.data_dir)] {
            if path.exists() {
                self.keep(&path, &read(&path)?)?;
            }
        }
        let log = database.with_file_name("intake.db");
        if log.exists() {
            self.copy_database(&log).await?;
        }
        self.copy_database(database).await?;
        if let Some((path, before)) = sealing {
            // A key that was taken out since may be what the copy is sealed with, and one that came since as well.
            anyhow::ensure!(
                read(&path)? == before,
                "the sealing keys were changed meanwhile: this backup is of no use, make another one"
            );
            self.keep(&path, &before)?;
        }
        let name = database.file_name().context("database.url names no file")?;
        let (partial, whole) = (partial(&self.directory.join(name)), self.directory.join(name));
        fs::rename(&partial, &whole).with_context(|| format!("cannot rename {}", partial.display()))?;
        fs::File::open(&self.directory)?.sync_all()?;
        Ok(())
    }

    /// Copies a database, the log under its own name.
    async fn copy_database(&self, from: &Path) -> Result<()> {
        let name = from.file_name().context("database.url names no file")?;
        let to = self.directory.join(name);
        let written = if name == "intake.db" { to.clone() } else { partial(&to) };
        backup::copy(from, &written).await.with_context(|| format!("cannot copy {}", from.display()))?;
        show(&to, fs::metadata(&written)?.len());
        Ok(())
    }

    /// The file with the sealing keys and what is in it, where it is to be copied.
    fn sealing_keys(&self, config: &Config) -> Result<Option<Kept>> {
        if !self.with_sealing_keys {
            return Ok(None);
        }
        anyhow::ensure!(
            config.sealing.keys.is_none(),
            "the sealing keys are a setting (sealing.keys) and in no file of the data directory: back up where they come from"
        );
        let path = sealing::path(&config.data_dir);
        let bytes = read(&path)?;
        Ok(Some((path, bytes)))
    }

    /// Writes a small file, for this user only.
    fn keep(&self, from: &Path, bytes: &[u8]) -> Result<()> {
        let to = self.directory.join(from.file_name().context("a file without a name")?);
        let write = || {
            let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&to)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().with_context(|| format!("cannot write {}", to.display()))?;
        show(&to, bytes.len() as u64);
        Ok(())
    }

    fn say_what_is_missing(&self, Loaded { config, file, .. }: &Loaded) {
        if config.sealing.keys.is_some() {
            out::note("Not in it: the sealing keys, which are a setting. Keep them in another place.");
        } else if !self.with_sealing_keys {
            out::note(format!(
                "Not in it: {}, because with it this copy opens every connected account. Keep a copy of it in another place: \
                 without it, every account has to be connected again.",
                sealing::path(&config.data_dir).display()
            ));
        }
        if let Some(file) = file {
            out::note(format!(
                "Not in it: the configuration, {}, and the files with secrets that it names.",
                file.display()
            ));
        }
    }
}

/// The file to be copied.
fn database(config: &Config) -> Result<PathBuf> {
    let server = match &config.database.url {
        DatabaseUrl::Sqlite(_) => None,
        DatabaseUrl::Postgres(_) => Some(("PostgreSQL", "pg_dump")),
        DatabaseUrl::Mysql(_) => {
            Some(("MySQL or MariaDB", "mysqldump or mariadb-dump, with --single-transaction"))
        }
    };
    if let Some((server, tool)) = server {
        anyhow::bail!(
            "the database is {server}, which has tools of its own for this: {tool}. This command copies SQLite's files"
        );
    }
    let file = options(config).sqlite_file()?.context("database.url names no file")?;
    anyhow::ensure!(
        file.is_file(),
        "{} is not there: was the hub ever started with this configuration?",
        file.display()
    );
    Ok(file)
}

/// Makes the directory, for this user only; one that is there must be empty.
fn make_empty(directory: &Path) -> Result<()> {
    let make = || -> std::io::Result<bool> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        Ok(fs::read_dir(directory)?.next().is_none())
    };
    let is_empty = make().with_context(|| format!("cannot make {}", directory.display()))?;
    anyhow::ensure!(
        is_empty,
        "{} is not empty, and a backup overwrites nothing: name a directory that is new",
        directory.display()
    );
    Ok(())
}

/// What the main database is called until everything is there.
fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn show(path: &Path, bytes: u64) {
    out::line(format!("{:<40} {:>9}", path.display().to_string(), indicatif::BinaryBytes(bytes).to_string()));
}
