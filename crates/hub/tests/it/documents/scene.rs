//! Where the documents' commands are run: a directory with a hub that has loaded HubSpot and 10to8 from the sandbox and keeps them in
//! step, and somebody who listens.

use super::pages::{Command, root};
use crate::support::child::{Desk, Running, files_below};
use crate::support::wait::until;
use serde_json::json;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use syncline_sandbox::{ConsentMode, Options, Population, Sandbox};

/// HubSpot's type of the exams that the documents count for.
const EXAMS: &str = "2-50158913";

/// The longest that all commands of one page may take together.
const PAGE: Duration = Duration::from_secs(180);

/// What a page's story begins with. A stream goes on for ever, so its beginning is enough; what fails has to say why.
const TOOLS: &str = r#"set -eu
curl() {
    case " $* " in
        *" -N "*) [ -n "$(command curl --silent --max-time 3 "$@" | head -n 1)" ] ;;
        *) command curl --silent --show-error --fail-with-body --max-time 30 "$@"; echo ;;
    esac
}
fails() {
    says=$1; shift
    if said=$("$@" 2>&1); then echo "it did not fail: $said" >&2; exit 1; fi
    case "$said" in *"$says"*) ;; *) echo "$said" >&2; exit 1 ;; esac
}
"#;

/// A directory, a hub, a sandbox.
pub struct Scene {
    desk: Desk,
    _hub: Running,
    _listener: Running,
    sandbox: Sandbox,
    /// What stands in the documents, and what it is here.
    means: Vec<(&'static str, String)>,
}

/// What a shell left behind.
struct Told {
    success: bool,
    stdout: String,
    stderr: String,
}

impl Scene {
    /// Starts everything.
    pub async fn start() -> Self {
        let sandbox = sandbox().await;
        let desk = Desk::new();
        desk.write("syncline.toml", &config(&desk, &sandbox));
        let hub = desk.serve(&["serve"]).await;
        let listener = desk.start(&["listen", "--port", "0", "--ready-file", "listens"]);
        until("somebody listens", async || desk.path("listens").exists().then_some(())).await;
        std::fs::create_dir(desk.path("bin")).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_syncline"), desk.path("bin/syncline")).unwrap();
        let means = vec![
            ("cargo run --release -- ", "syncline ".to_owned()),
            ("syncline-demo/", "syncline-data/".to_owned()),
            ("http://localhost:8400", desk.base()),
            // What somebody would paste; and HubSpot's workflow is as quick as the sandbox's.
            ("--trigger-url -", "--window-ms 0 --settle-ms 3000 --trigger-url - < trigger-url".to_owned()),
            ("https://hub.example.com", desk.base()),
            ("http://127.0.0.1:8500", sandbox.url().to_owned()),
        ];
        copy(&root().join("packaging"), &desk.path("packaging"));
        let mut scene = Self { desk, _hub: hub, _listener: listener, sandbox, means };
        scene.join().await;
        scene
    }

    /// Has somebody at HubSpot and somebody at 10to8 change the same name, so that a person has to decide.
    pub async fn disagree(&mut self) {
        let sync = self.here("syn_…");
        self.said(&format!(
            "syncline syncs template --left {} --right {} > newest.json",
            self.here("con_1"),
            self.here("con_2")
        ))
        .await;
        // It stays so: whatever else decided, the conflict would be over.
        self.said("sed 's/\"newest\"/\"ask\"/' newest.json > ask.json").await;
        self.said(&format!("syncline syncs set {sync} --agreement ask.json && syncline syncs pause {sync}"))
            .await;
        let links = self.said(&format!("syncline syncs links {sync} --json")).await;
        let whole = |line: &str| {
            let link: serde_json::Value = serde_json::from_str(line).unwrap();
            Some((link["left_id"].as_str()?.to_owned(), link["right_id"].as_str()?.to_owned()))
        };
        let (left, right) = links.lines().find_map(whole).expect("people who are known to both");
        self.edit(
            "hubspot",
            json!({ "action": "update", "id": left, "properties": { "firstname": "Adah" } }),
        )
        .await;
        self.edit("tentoeight", json!({ "action": "update", "resource_uri": right, "name": "Augusta King" }))
            .await;
        self.said(&format!("syncline syncs resume {sync} && syncline syncs run {sync} --wait")).await;
        let conflicts = self.said(&format!("syncline conflicts list --sync {sync} --json")).await;
        let conflicts =
            conflicts.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let conflict = { conflicts }.find(|one| one["kind"] == "field").expect("a name that differs");
        self.means.push(("cnf_…", conflict["id"].as_str().unwrap().to_owned()));
    }

    async fn edit(&self, provider: &str, edit: serde_json::Value) -> serde_json::Value {
        let client = syncline_hub::http::client::client().unwrap();
        let url = format!("{}/_sandbox/{provider}/edit", self.sandbox.url());
        let answer = client.post(url).json(&edit).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }

    /// Connects, loads, syncs.
    async fn join(&mut self) {
        let credentials = self.sandbox.credentials();
        let hubspot = credentials["hubspot"]["accounts"][0]["private_app_token"].as_str().unwrap();
        let tentoeight = credentials["tentoeight"]["organizations"][0]["api_key"].as_str().unwrap();
        self.desk.write("hubspot.key", hubspot);
        // The name that the documents have for it.
        self.desk.write("key", tentoeight);
        let left =
            self.said("syncline connections connect hubspot --org-id acme --key-stdin < hubspot.key").await;
        let right =
            self.said("syncline connections connect tentoeight --org-id acme --key-stdin < key").await;
        self.said(&format!("syncline setup {left} && syncline setup {right}")).await;
        let sync = self.said(&format!("syncline syncs create --left {left} --right {right} --no-run")).await;
        self.said(&format!("syncline syncs run {sync} --wait")).await;
        // The mistake that the page about syncs shows.
        let template = self.said(&format!("syncline syncs template --left {left} --right {right}")).await;
        self.desk.write("mine.json", &template.replacen("\"firstname\"", "\"fristname\"", 1));
        let dry = self.said(&format!("syncline syncs run {sync} --dry-run --json")).await;
        let dry: serde_json::Value = serde_json::from_str(&dry).unwrap();
        let endpoint = self.said("syncline endpoints list --json").await;
        let endpoint: serde_json::Value = serde_json::from_str(endpoint.lines().next().unwrap()).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let exam = self.count(&left).await;
        self.means.extend([
            ("40577087837", exam),
            ("con_1", left.clone()),
            ("con_2", right),
            ("con_…", left),
            ("syn_…", sync),
            ("srn_…", text(&dry["id"])),
            ("ep_…", text(&endpoint["id"])),
        ]);
    }

    /// An exam at HubSpot, and the definition of its counter, through the workflow that the sandbox has for it; answers the exam's id.
    async fn count(&self, connection: &str) -> String {
        let client = syncline_hub::http::client::client().unwrap();
        let control = |path: &str| format!("{}/_sandbox/hubspot/{path}", self.sandbox.url());
        let exam = json!({ "action": "create", "object": EXAMS,
            "properties": { "mock_exam_name": "B2", "total_bookings": "8" } });
        let exam = self.edit("hubspot", exam).await;
        let workflows: serde_json::Value =
            client.get(control("workflows")).send().await.unwrap().json().await.unwrap();
        let trigger = workflows["workflows"][0]["trigger_url"].as_str().unwrap();
        self.desk.write("trigger-url", trigger);
        let definition = json!({
            "name": "exam-bookings", "connection_id": connection, "object_type": EXAMS, "property": "total_bookings",
            "payload": { "mock_exam_id": "{{key}}", "total_bookings": "{{value}}" },
            "target": { "kind": "trigger", "url": trigger },
            "settle_ms": 3_000, "window_ms": 0
        });
        self.desk.write("exam-bookings.json", &definition.to_string());
        exam["id"].as_str().unwrap().to_owned()
    }

    /// The same text with what it means here.
    fn here(&self, text: &str) -> String {
        self.means.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }

    /// A command that must succeed; what it printed.
    pub async fn said(&self, command: &str) -> String {
        let Told { success, stdout, stderr } = self.shell(command).await;
        assert!(success, "{command}: {stdout}{stderr}");
        stdout.trim().to_owned()
    }

    /// Runs the commands of one page, in one shell.
    pub async fn tell(&self, page: &str, commands: &[Command]) {
        // Whatever fails ends the story, and the last place that was named is where.
        let mut story = TOOLS.to_owned();
        for Command { at, text, fails, .. } in commands {
            if !is_here(text) {
                continue;
            }
            let text = self.here(text);
            story.push_str(&format!("echo '=== {at}' >&2\n"));
            match fails {
                Some(says) => story.push_str(&format!("fails '{says}' {text}\n")),
                None => story.push_str(&format!("{text}\n")),
            }
        }
        assert!(!story.contains("_…"), "{page}: an id has no meaning here\n{story}");
        let Told { success, stdout, stderr } = self.shell(&story).await;
        assert!(success, "{page}\n{stdout}\n{stderr}");
    }

    async fn shell(&self, script: &str) -> Told {
        let desk = &self.desk;
        let inherited = std::env::var("PATH").unwrap_or_default();
        let mut shell = tokio::process::Command::new("sh");
        shell.arg("-c").arg(script).current_dir(desk.dir.path()).env_clear().kill_on_drop(true);
        shell.env("PATH", format!("{}:{inherited}", desk.path("bin").display()));
        shell.env("SYNCLINE_SERVER__LISTEN", format!("127.0.0.1:{}", desk.port));
        shell.stdin(Stdio::null());
        let output = tokio::time::timeout(PAGE, shell.output()).await;
        let output = output.unwrap_or_else(|_| panic!("it never ended:\n{script}")).unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Told { success: output.status.success(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Runs a command that goes on, or wants a directory of its own, until it does what it is for.
    pub async fn start_and_end(&self, words: &[String]) {
        let words: Vec<String> = words.iter().map(|word| self.here(word)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let own = Desk::new();
        let mut running = match words[0] {
            "init" => {
                own.run(&words).await.ok();
                assert!(own.path("syncline.toml").exists());
                return;
            }
            "serve" | "demo" => own.serve(&words).await,
            "sandbox" => {
                let running = own.start(&[&words[..], &["--listen", "127.0.0.1:0"]].concat());
                running.out.having("Ctrl-C stops it").await;
                running
            }
            "listen" => {
                let more = ["--port", "0", "--ready-file", "listens-too"];
                let running = self.desk.start(&[&words[..], &more].concat());
                until("it listens", async || self.desk.path("listens-too").exists().then_some(())).await;
                std::fs::remove_file(self.desk.path("listens-too")).unwrap();
                running
            }
            _ => {
                let running = self.desk.start(&words);
                // What is stored before it looks is not shown: so there is news until it shows some.
                until("an event is shown", async || {
                    self.desk.run(&["webhook", "send"]).await.ok();
                    (!running.out.all().is_empty()).then_some(())
                })
                .await;
                running
            }
        };
        running.signal("INT");
        assert_eq!(running.ended().await.code(), Some(0), "{words:?}");
    }
}

/// The providers: in real time, without limits, consenting at once.
async fn sandbox() -> Sandbox {
    let off = json!({ "limits": { "enabled": false } });
    let options = Options {
        listen: ([127, 0, 0, 1], 0).into(),
        consent: ConsentMode::Approve,
        settings: vec![json!({ "hubspot": off, "notion": off, "airtable": off, "tentoeight": off })],
        population: Population { people: 10, companies: 3, deals: 3 },
        ..Options::default()
    };
    Sandbox::start(options).await.unwrap()
}

/// Copies a directory with all that is in it.
fn copy(from: &Path, to: &Path) {
    for file in files_below(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(file, target).unwrap();
    }
}

/// The configuration that the documents suppose.
fn config(desk: &Desk, sandbox: &Sandbox) -> String {
    let credentials = sandbox.credentials();
    let mut text = format!(
        "[server]\npublic_url = \"{}\"\n\n[connect]\nallowed_origins = \"https://app.example.com\"\n\n\
         [notify]\nallow = \"127.0.0.0/8\"\nplain_http = true\n",
        desk.base()
    );
    for (app, provider) in
        [("main", "hubspot"), ("notes", "notion"), ("tables", "airtable"), ("bookings", "tentoeight")]
    {
        let url = format!("{}/{provider}", sandbox.url());
        text.push_str(&format!(
            "\n[providers.{provider}]\napi_url = \"{url}\"\nweb_url = \"{url}\"\nbudget = 0.0\n"
        ));
        text.push_str(&format!("\n[apps.{app}]\nprovider = \"{provider}\"\n"));
        for key in ["client_id", "client_secret"] {
            if let Some(value) = credentials[provider]["app"][key].as_str() {
                text.push_str(&format!("{key} = \"{value}\"\n"));
            }
        }
    }
    text
}

/// Whether the program of this command is on this machine.
fn is_here(text: &str) -> bool {
    !text.starts_with("curl") || has("curl")
}

/// Whether there is this program on this machine. That there is not is told to whoever runs all tests.
pub fn has(program: &str) -> bool {
    let mut ask = std::process::Command::new(program);
    let asked = ask.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if asked.is_ok_and(|status| status.success()) {
        return true;
    }
    if let Some(list) = std::env::var_os("SYNCLINE_TEST_SKIPPED") {
        let mut list = std::fs::OpenOptions::new().append(true).create(true).open(list).unwrap();
        writeln!(list, "SYNCLINE-SKIPPED commands in the documents: {program} is not here").unwrap();
    }
    false
}
