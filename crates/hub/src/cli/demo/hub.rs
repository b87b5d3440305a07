//! The hub in a process of its own, so that pulling the plug is what it says: SIGKILL, and another process over the same files.

use super::place::{Place, config_file};
use crate::api::local_key;
use crate::cli::remote::Remote;
use anyhow::{Context as _, Result, bail};
use reqwest::Method;
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a hub may take to get ready, and to end.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether it is.
const PAUSE: Duration = Duration::from_millis(5);
/// How often it is looked whether it still runs.
const WATCH: Duration = Duration::from_millis(200);
/// How much of the log's end is read when a hub ended by itself.
const TAIL: i64 = 8 << 10;
/// How many lines of it are shown.
const LINES: usize = 12;

/// The hub's process, and how it is started again.
pub(super) struct Hub {
    base: String,
    data_dir: PathBuf,
    log_file: PathBuf,
    flags: Vec<String>,
    client: reqwest::Client,
    child: Mutex<Child>,
}

impl Hub {
    /// Starts it; it is not ready yet.
    ///
    /// # Errors
    /// When this program cannot be started again.
    pub(super) fn start(place: &Place, base: &str, data_dir: &Path, flags: Vec<String>) -> Result<Self> {
        let (data_dir, log_file) = (data_dir.to_owned(), place.log_file());
        let child = Mutex::new(spawn(&flags, &log_file)?);
        Ok(Self {
            base: base.to_owned(),
            data_dir,
            log_file,
            flags,
            client: crate::http::client::client()?,
            child,
        })
    }

    /// Where it is reached.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// The process's id.
    pub(super) fn id(&self) -> u32 {
        self.lock().id()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it answers; the key to it.
    ///
    /// # Errors
    /// When it ends, with the last lines of its log, or takes too long.
    pub(super) async fn ready(&self) -> Result<Remote> {
        let ready = async {
            loop {
                self.alive()?;
                if let Ok(key) = std::fs::read_to_string(local_key::path(&self.data_dir)) {
                    let remote = Remote::at(&self.base, key.trim(), self.client.clone());
                    let asked = remote.json(remote.request(Method::GET, "/v1/status")).await;
                    if asked.is_ok() {
                        return Ok(remote);
                    }
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        match tokio::time::timeout(PATIENCE, ready).await {
            Ok(ready) => ready,
            Err(_) => bail!("the hub does not get ready; its log is {}", self.log_file.display()),
        }
    }

    /// Ends it as a power cut does, and starts another over its files; answers how long it was away.
    ///
    /// # Errors
    /// As [`Hub::ready`].
    pub(super) async fn pull_the_plug(&self) -> Result<()> {
        {
            // Under one lock: whoever watches never sees it dead in between.
            let mut child = self.lock();
            child.kill().context("the hub cannot be killed")?;
            child.wait()?;
            *child = spawn(&self.flags, &self.log_file)?;
        }
        self.ready().await.map(drop)
    }

    /// Watches until it ends by itself, which it should not.
    ///
    /// # Errors
    /// Always, with the last lines of its log.
    pub(super) async fn watch(&self) -> Result<()> {
        loop {
            self.alive()?;
            tokio::time::sleep(WATCH).await;
        }
    }

    fn alive(&self) -> Result<()> {
        match self.lock().try_wait()? {
            None => Ok(()),
            Some(status) => {
                bail!(
                    "the hub ended by itself ({status}). The end of {}:\n{}",
                    self.log_file.display(),
                    self.tail()
                )
            }
        }
    }

    /// The last lines of the log, each in its own words.
    fn tail(&self) -> String {
        let read = || -> std::io::Result<String> {
            let mut file = File::open(&self.log_file)?;
            let length = i64::try_from(file.metadata()?.len()).unwrap_or(0);
            file.seek(SeekFrom::End(-length.min(TAIL)))?;
            let mut end = Vec::new();
            file.read_to_end(&mut end)?;
            Ok(String::from_utf8_lossy(&end).into_owned())
        };
        let text = read().unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(LINES);
        lines[from..].iter().map(|line| format!("  {}", words(line))).collect::<Vec<_>>().join("\n")
    }

    /// Ends it as an operator does: it finishes what is under way. Nothing is lost if it does not.
    pub(super) async fn stop(&self) {
        drop(self.lock().stdin.take());
        let ended = async {
            while !matches!(self.lock().try_wait(), Ok(Some(_)) | Err(_)) {
                tokio::time::sleep(PAUSE).await;
            }
        };
        if tokio::time::timeout(PATIENCE, ended).await.is_err() {
            self.kill();
        }
    }

    fn kill(&self) {
        let mut child = self.lock();
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A process group of its own keeps Ctrl-C in the terminal from it: the director ends it. It ends by itself when the director is gone.
fn spawn(flags: &[String], log_file: &Path) -> Result<Child> {
    let log = OpenOptions::new().create(true).append(true).open(log_file);
    let log = log.with_context(|| format!("cannot write {}", log_file.display()))?;
    let mut command = Command::new(std::env::current_exe()?);
    // A variable that names a database of somebody's must not lead a demo there.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SYNCLINE_") && name != "SYNCLINE_LOG" {
            command.env_remove(name);
        }
    }
    command
        .args(["serve", "--while-stdin-is-open", "--config"])
        .arg(config_file())
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log)
        .process_group(0)
        .spawn()
        .context("the hub cannot be started")
}

/// What a line of the log says, without what only machines read.
fn words(line: &str) -> String {
    let Ok(entry) = serde_json::from_str::<Value>(line) else { return line.to_owned() };
    let text = |name: &str| entry[name].as_str().or_else(|| entry["fields"][name].as_str());
    match (text("level"), text("message")) {
        (Some(level), Some(message)) => {
            let error = text("error").map(|error| format!(": {error}")).unwrap_or_default();
            format!("{level} {message}{error}")
        }
        _ => line.to_owned(),
    }
}
