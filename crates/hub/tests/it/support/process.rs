//! A hub as a process of its own that is killed, limited and started again: one program, many lives.

use super::wait::{PATIENCE, until};
use super::{PUBLIC_URL, SECRET};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;

/// A loopback address nobody else uses, so that a server can leave it and come back to it: ports of 127.0.0.1 are handed
/// out to whoever asks, also in between. Its text is as long as `127.0.0.1`.
pub fn own_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = std::process::id().wrapping_mul(37).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let digit = |place: u32| (number / place % 10) as u8;
        let ip = IpAddr::V4(Ipv4Addr::new(127, digit(100), digit(10), 2 + digit(1) % 8));
        if let Ok(listener) = TcpListener::bind((ip, 0)) {
            return listener.local_addr().expect("a bound socket has an address");
        }
    }
}

/// How to start a hub: what stays the same from one life to the next.
#[derive(Clone, Debug)]
pub struct Program {
    /// Where it listens.
    pub address: SocketAddr,
    data_dir: PathBuf,
    arguments: Vec<String>,
}

impl Program {
    /// A hub whose data is in `directory`/`name`, with these roles (none: all) and settings.
    pub fn new(directory: &Path, name: &str, roles: &[&str], settings: &[(&str, &str)]) -> Self {
        let address = own_address();
        let data_dir = directory.join(name);
        std::fs::create_dir_all(&data_dir).expect("a directory for the hub");
        let (listen, data) = (address.to_string(), data_dir.display().to_string());
        let base = [
            ("data_dir", data.as_str()),
            ("server.listen", listen.as_str()),
            ("server.public_url", PUBLIC_URL),
            ("apps.main.provider", "hubspot"),
            ("apps.main.client_secret", SECRET),
        ];
        let mut arguments = vec!["serve".to_owned()];
        arguments.extend(roles.iter().flat_map(|role| ["--role".to_owned(), (*role).to_owned()]));
        for (key, value) in base.iter().chain(settings) {
            arguments.extend(["--set".to_owned(), format!("{key}={value}")]);
        }
        Self { address, data_dir, arguments }
    }

    /// Says that providers reach it where it listens.
    pub fn reachable(mut self) -> Self {
        self.arguments.extend(["--set".to_owned(), format!("server.public_url=http://{}", self.address)]);
        self
    }

    /// Starts it and waits until it accepts connections.
    pub async fn start(&self) -> Process {
        let process = self.spawn();
        until(&format!("a hub on {} that listens", self.address), async || {
            TcpStream::connect(self.address).await.ok()
        })
        .await;
        process
    }

    /// Starts it and waits until it says that it is ready.
    pub async fn start_ready(&self) -> Process {
        let process = self.start().await;
        until("a hub that is ready", async || (self.status("/readyz").await == Some(200)).then_some(()))
            .await;
        process
    }

    fn spawn(&self) -> Process {
        let log = self.data_dir.join("stderr.log");
        let stderr = std::fs::OpenOptions::new().append(true).create(true).open(&log).expect("a log file");
        // A limit on the size of files must be an error to the hub, as a full disk is, and not a signal that kills it.
        let mut command = tokio::process::Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_syncline")]);
        command.args(&self.arguments).current_dir(&self.data_dir).kill_on_drop(true);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SYNCLINE_") {
                command.env_remove(name);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
        Process { child: command.spawn().expect("the hub can be started"), address: self.address, log }
    }

    /// The key in the file that the command line on this machine uses.
    pub fn local_key(&self) -> String {
        let file = self.data_dir.join("local.key");
        std::fs::read_to_string(file).expect("a hub that was ready wrote its key").trim().to_owned()
    }

    /// What a path answers without a key; nothing when nobody answers.
    pub async fn status(&self, path: &str) -> Option<u16> {
        let client = syncline_hub::http::client::client().expect("a client");
        let request = client.get(format!("http://{}{path}", self.address)).timeout(Duration::from_secs(10));
        request.send().await.ok().map(|answer| answer.status().as_u16())
    }
}

/// A hub that runs.
#[derive(Debug)]
pub struct Process {
    child: tokio::process::Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Process {
    /// SIGKILL: what a power cut is to a process. Returns when it is gone.
    pub async fn kill(mut self) {
        assert!(self.child.try_wait().expect("a child").is_none(), "it must not have ended by itself");
        self.child.kill().await.expect("a child can be killed");
    }

    /// SIGTERM; does not wait.
    pub fn terminate(&self) {
        kill_process(self.pid(), Signal::TERM).expect("a child can be signalled");
    }

    /// Waits for its end.
    pub async fn ended(mut self) -> ExitStatus {
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends").expect("a child")
    }

    /// Waits until it takes no new connections any more.
    pub async fn stops_listening(&self) {
        until("the end of listening", async || TcpStream::connect(self.address).await.err()).await;
    }

    /// Lets no file of its grow beyond `bytes`, or as far as it likes.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let maximum = getrlimit(Resource::Fsize).maximum;
        let current = bytes.or(maximum);
        prlimit(Some(self.pid()), Resource::Fsize, Rlimit { current, maximum }).expect("a limit for a child");
    }

    /// The most memory it ever had, in KiB.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid().as_raw_nonzero()))
            .expect("a process that runs has a status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    fn pid(&self) -> Pid {
        let id = self.child.id().expect("it was not waited for yet");
        Pid::from_raw(i32::try_from(id).expect("a process number")).expect("a process number")
    }
}

impl Drop for Process {
    /// A test that fails shows what its hubs said last.
    #[expect(clippy::print_stderr, reason = "for whoever reads why the test failed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let said = std::fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<&str> = said.lines().collect();
            let last = lines.len().saturating_sub(40);
            eprintln!("--- {} said last:\n{}", self.log.display(), lines[last..].join("\n"));
        }
    }
}
