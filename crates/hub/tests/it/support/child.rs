//! The real program: commands that end, and a hub that serves until it is told to stop.

use super::wait::{PATIENCE, until};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};

/// What a command left behind.
#[derive(Debug)]
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// Expects success; answers what it printed.
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.stdout
    }
}

/// A directory to run the program in, as a newcomer's: empty, with a port of its own to listen on.
#[derive(Debug)]
pub struct Desk {
    pub dir: TempDir,
    pub port: u16,
    env: Vec<(String, String)>,
}

impl Desk {
    pub fn new() -> Self {
        let port = free_port();
        let env = vec![("SYNCLINE_SERVER__LISTEN".to_owned(), format!("127.0.0.1:{port}"))];
        Self { dir: tempfile::tempdir().expect("a directory"), port, env }
    }

    /// With the configuration file that `serve` and the other commands read by default.
    pub fn configured(toml: &str) -> Self {
        let desk = Self::new();
        desk.write("syncline.toml", toml);
        desk
    }

    /// Without the variable that says where to listen.
    pub fn without_environment(mut self) -> Self {
        self.env.clear();
        self
    }

    /// One more variable for everything run here.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a file");
    }

    /// The hub's URL on this machine.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_syncline"));
        command.args(args).current_dir(self.dir.path()).env_clear().kill_on_drop(true);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, args: &[&str]) -> Output {
        self.run_within(args, PATIENCE).await
    }

    /// The same for one that may take so long.
    pub async fn run_within(&self, args: &[&str], patience: Duration) -> Output {
        let output = tokio::time::timeout(patience, self.command(args).output()).await;
        let output = output.unwrap_or_else(|_| panic!("{args:?} never ended")).expect("the program runs");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        let code = output.status.code().expect("an exit code");
        Output { code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Starts a command that goes on.
    pub fn start(&self, args: &[&str]) -> Running {
        let mut child = self.command(args).spawn().expect("the program starts");
        let out = Lines::of(child.stdout.take().expect("a pipe"));
        let err = Lines::of(child.stderr.take().expect("a pipe"));
        Running { child, out, err }
    }

    /// Starts `args` and waits until the hub is ready.
    pub async fn serve(&self, args: &[&str]) -> Running {
        let mut running = self.start(args);
        let client = syncline_hub::http::client::client().expect("a client");
        let ready = format!("{}/readyz", self.base());
        until("the hub is ready", async || {
            if let Ok(Some(status)) = running.child.try_wait() {
                panic!("the hub ended with {status}: {:?}", running.err.all());
            }
            let answer = client.get(&ready).send().await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
        running
    }
}

/// A program that runs.
#[derive(Debug)]
pub struct Running {
    child: Child,
    pub out: Lines,
    pub err: Lines,
}

impl Running {
    /// Sends a signal by name: `INT`, `TERM`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().expect("it runs").to_string();
        let sent = std::process::Command::new("kill").args(["-s", name, &id]).status().expect("kill runs");
        assert!(sent.success(), "kill -s {name} {id}");
    }

    /// Waits for its end and for everything it printed.
    pub async fn ended(&mut self) -> ExitStatus {
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = status.expect("it ends").expect("a status");
        self.out.finished().await;
        self.err.finished().await;
        status
    }
}

/// What a program prints, line by line.
#[derive(Clone, Debug, Default)]
pub struct Lines(Arc<Mutex<(Vec<String>, bool)>>);

impl Lines {
    fn of(pipe: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let (lines, mut reader) = (Self::default(), BufReader::new(pipe).lines());
        let kept = lines.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = reader.next_line().await {
                kept.0.lock().unwrap().0.push(line);
            }
            kept.0.lock().unwrap().1 = true;
        });
        lines
    }

    /// Everything so far.
    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().0.clone()
    }

    /// Waits for a line that contains `part`.
    pub async fn having(&self, part: &str) -> String {
        until(part, async || self.all().into_iter().find(|line| line.contains(part))).await
    }

    async fn finished(&self) {
        until("the pipe's end", async || self.0.lock().unwrap().1.then_some(())).await;
    }
}

/// A port nobody has: below those the system hands out by itself, and never twice in this process.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 9_000).expect("small");
    loop {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 9_000;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Every file below `directory`, for looking at all that is kept.
pub fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found
}
