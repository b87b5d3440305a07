//! A real browser: Chromium without a window, driven over a pipe by its DevTools protocol.

use super::wait::until;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};

/// A browser.
pub struct Chromium {
    _child: Child,
    _profile: TempDir,
    to: tokio::sync::Mutex<pipe::Sender>,
    from: tokio::sync::Mutex<BufReader<pipe::Receiver>>,
    next: AtomicU64,
    /// What pages complained about.
    pub complaints: Mutex<Vec<String>>,
}

/// A page of it.
#[derive(Clone, Debug)]
pub struct Tab {
    pub target: String,
    session: String,
}

impl Chromium {
    /// Starts it; none, and a line in the list of what could not run, where there is none on this machine.
    pub async fn start(test: &str) -> Option<Self> {
        let program = installed(test)?;
        let profile = tempfile::tempdir().unwrap();
        let (in_path, out_path) = (profile.path().join("in"), profile.path().join("out"));
        for path in [&in_path, &out_path] {
            let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
            assert!(made.success());
        }
        // Opened both ways, so that neither side waits for the other to open its end.
        let to = pipe::OpenOptions::new().read_write(true).open_sender(&in_path).unwrap();
        let from = pipe::OpenOptions::new().read_write(true).open_receiver(&out_path).unwrap();
        let script = "exec \"$0\" --headless --no-sandbox --disable-gpu --no-first-run --disable-quic --disable-dev-shm-usage \
                      --disable-background-networking --disable-component-update --disable-sync --remote-debugging-pipe \
                      --window-size=1360,900 \
                      --user-data-dir=\"$1/profile\" about:blank 3<\"$1/in\" 4>\"$1/out\"";
        let child = Command::new("sh")
            .args(["-c", script, &program, &profile.path().display().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (to, from) = (tokio::sync::Mutex::new(to), tokio::sync::Mutex::new(BufReader::new(from)));
        let complaints = Mutex::default();
        Some(Self { _child: child, _profile: profile, to, from, next: AtomicU64::new(1), complaints })
    }

    /// Asks, and waits for the answer; what else it says meanwhile is only looked through for complaints.
    async fn ask(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value, String> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        let mut reader = self.from.lock().await;
        self.to.lock().await.write_all(format!("{message}\0").as_bytes()).await.unwrap();
        let waiting = async {
            loop {
                let mut bytes = Vec::new();
                reader.read_until(0, &mut bytes).await.unwrap();
                bytes.pop();
                let said: Value = serde_json::from_slice(&bytes).unwrap();
                if said["id"] == id {
                    return if said["error"].is_null() {
                        Ok(said["result"].clone())
                    } else {
                        Err(said["error"].to_string())
                    };
                }
                self.overhear(&said);
            }
        };
        let patience = std::time::Duration::from_secs(60);
        tokio::time::timeout(patience, waiting).await.unwrap_or_else(|_| panic!("no answer to {method}"))
    }

    fn overhear(&self, said: &Value) {
        let complaint = match said["method"].as_str() {
            // What was answered with an error status is no complaint: pages about failures are.
            // Nor is advice that only its developers' pages show.
            Some("Log.entryAdded") => {
                let entry = &said["params"]["entry"];
                if entry["source"] == "network" || entry["level"] == "verbose" {
                    return;
                }
                entry
            }
            Some("Runtime.consoleAPICalled") if said["params"]["type"] == "error" => &said["params"],
            Some("Runtime.exceptionThrown") => &said["params"]["exceptionDetails"],
            _ => return,
        };
        self.complaints.lock().unwrap().push(complaint.to_string());
    }

    /// Opens an address in a tab of its own.
    pub async fn open(&self, url: &str) -> Tab {
        let made = self.ask(None, "Target.createTarget", json!({ "url": "about:blank" })).await.unwrap();
        let tab = self.attach(made["targetId"].as_str().unwrap()).await.expect("a new tab");
        self.go(&tab, url).await;
        tab
    }

    async fn attach(&self, target: &str) -> Option<Tab> {
        let attached = self
            .ask(None, "Target.attachToTarget", json!({ "targetId": target, "flatten": true }))
            .await
            .ok()?;
        let session = attached["sessionId"].as_str()?.to_owned();
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            self.ask(Some(&session), domain, json!({})).await.ok()?;
        }
        Some(Tab { target: target.to_owned(), session })
    }

    /// The page that is at an address which contains `part`, once there is one.
    pub async fn at(&self, part: &str) -> Tab {
        until(part, async || {
            let pages = self.pages().await;
            let (target, _) = pages.iter().find(|(_, url)| url.contains(part))?;
            self.attach(target).await
        })
        .await
    }

    /// All pages there are: id and address.
    pub async fn pages(&self) -> Vec<(String, String)> {
        let all = self.ask(None, "Target.getTargets", json!({})).await.unwrap();
        let pages = all["targetInfos"].as_array().unwrap().iter().filter(|info| info["type"] == "page");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        pages.map(|info| (text(&info["targetId"]), text(&info["url"]))).collect()
    }

    /// What an expression is worth on a page; none while the page is going elsewhere.
    pub async fn eval(&self, tab: &Tab, expression: &str) -> Option<Value> {
        let params = json!({ "expression": expression, "returnByValue": true });
        let answer = self.ask(Some(&tab.session), "Runtime.evaluate", params).await.ok()?;
        answer.get("exceptionDetails").is_none().then(|| answer["result"]["value"].clone())
    }

    /// Waits until an expression is worth something true; answers what.
    pub async fn until(&self, tab: &Tab, expression: &str) -> Value {
        until(expression, async || {
            let value = self.eval(tab, expression).await?;
            (!value.is_null() && value != false && value != "").then_some(value)
        })
        .await
    }

    /// Clicks what a selector finds, with the mouse, as a person does.
    pub async fn click(&self, tab: &Tab, selector: &str) {
        let find = format!(
            "(() => {{ const it = document.querySelector({}); if (!it || document.readyState !== 'complete') return null; \
             it.scrollIntoView({{block: 'center'}}); const box = it.getBoundingClientRect(); \
             if (box.width === 0) return null; return [box.x + box.width / 2, box.y + box.height / 2]; }})()",
            json!(selector)
        );
        let place = self.until(tab, &find).await;
        for kind in ["mousePressed", "mouseReleased"] {
            let params =
                json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1 });
            // A click may close the page before the browser has answered.
            let _ = self.ask(Some(&tab.session), "Input.dispatchMouseEvent", params).await;
        }
    }

    /// Goes to an address in a tab that is there.
    pub async fn go(&self, tab: &Tab, url: &str) {
        self.ask(Some(&tab.session), "Page.navigate", json!({ "url": url })).await.unwrap();
        self.until(tab, "document.readyState === 'complete'").await;
    }

    /// Turns to a tab: only in that do clicks and keys arrive.
    pub async fn turn_to(&self, tab: &Tab) {
        self.ask(Some(&tab.session), "Page.bringToFront", json!({})).await.unwrap();
    }

    /// Types into what has the focus.
    pub async fn insert(&self, tab: &Tab, text: &str) {
        self.ask(Some(&tab.session), "Input.insertText", json!({ "text": text })).await.unwrap();
    }

    /// Presses a key and lets go of it.
    pub async fn press(&self, tab: &Tab, key: Key) {
        let (name, code, text) = match key {
            Key::Tab => ("Tab", 9, None),
            Key::Enter => ("Enter", 13, Some("\r")),
        };
        for kind in [if text.is_some() { "keyDown" } else { "rawKeyDown" }, "keyUp"] {
            let mut params =
                json!({ "type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code });
            if let (Some(text), "keyDown") = (text, kind) {
                params["text"] = json!(text);
            }
            // A key may close the page before the browser has answered.
            let _ = self.ask(Some(&tab.session), "Input.dispatchKeyEvent", params).await;
        }
    }
}

/// A key that is no letter.
#[derive(Clone, Copy, Debug)]
pub enum Key {
    Tab,
    Enter,
}

/// The browser of this machine: $CHROMIUM, or the first of these names on the PATH.
pub fn installed(test: &str) -> Option<String> {
    let path = std::env::var("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
    let mut all =
        names.iter().flat_map(|name| path.split(':').map(move |folder| Path::new(folder).join(name)));
    let found = all.find(|program| program.is_file()).map(|program| program.display().to_string());
    std::env::var("CHROMIUM").ok().or(found).or_else(|| syncline_store::testing::service("CHROMIUM", test))
}
