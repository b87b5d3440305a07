//! What comes with the program: completions, manual pages, the health check, and the files in `packaging`.

use crate::documents::pages::{Page, root};
use crate::support::child::{Desk, files_below};
use crate::support::wait::PATIENCE;
use clap::CommandFactory as _;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use syncline_hub::cli::Cli;
use syncline_hub::config::{self, Sources};
use syncline_providers::load::Wish;
use syncline_providers::setup::{Topic, setup};

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn commands() -> Vec<String> {
    Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

#[tokio::test]
async fn completions_of_every_shell_know_every_command() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = desk.run(&["completions", shell]).await.ok();
        for command in commands() {
            assert!(script.contains(&command), "{shell}: {command} is missing");
        }
        assert!(script.contains("dry-run"), "{shell}: flags are missing");
    }
    let output = desk.run(&["completions", "cmd"]).await;
    assert!(output.code == 2 && output.stderr.contains("possible values"), "{output:?}");
}

#[tokio::test]
async fn there_is_a_manual_page_for_every_command_and_it_is_the_same_each_time() {
    let desk = Desk::new();
    for directory in ["a/b", "c"] {
        desk.run(&["man", directory]).await.ok();
    }
    let first = read(desk.path("a/b/syncline.1"));
    assert!(first.starts_with(".ie") && first.contains(".SH NAME\nsyncline"), "{first}");
    for command in commands() {
        let page = read(desk.path(&format!("a/b/syncline-{command}.1")));
        assert!(page.contains(".SH SYNOPSIS"), "{command}");
    }
    assert!(read(desk.path("c/syncline-syncs-run.1")).contains("dry\\-run"));
    let names = |directory: &str| {
        let files = files_below(&desk.path(directory)).into_iter();
        files.map(|path| (path.file_name().unwrap().to_owned(), read(&path))).collect::<BTreeSet<_>>()
    };
    assert!(names("a/b") == names("c"), "a package that is built again is the same");
    desk.write("file", "");
    let output = desk.run(&["man", "file"]).await;
    assert!(output.code == 1 && output.stderr.contains("cannot make file"), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_health_check_tells_a_hub_that_answers_from_one_that_does_not() {
    let desk = Desk::configured("data_dir = \"data\"\n");
    let output = desk.run(&["health"]).await;
    assert!(output.code == 1 && output.stderr.contains("is the hub running?"), "{output:?}");
    let mut hub = desk.serve(&["serve"]).await;
    assert_eq!(desk.run(&["health"]).await.ok(), "ok\n");
    assert!(desk.run(&["health", "--ready"]).await.ok().contains("\"ready\":true"));
    hub.signal("TERM");
    hub.ended().await;
    let elsewhere = ["health", "--server", &format!("{}/", desk.base())];
    assert_eq!(desk.run(&elsewhere).await.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_without_its_database_is_alive_and_not_ready() {
    // Nobody listens on port 9 of this machine.
    let desk = Desk::configured("data_dir = \"data\"\n[database]\nurl = \"postgres://u@127.0.0.1:9/x\"\n");
    let _hub = desk.start(&["serve"]);
    crate::support::wait::until("it lives", async || (desk.run(&["health"]).await.code == 0).then_some(()))
        .await;
    let output = desk.run(&["health", "--ready"]).await;
    assert!(output.code == 1 && output.stderr.contains("503"), "{output:?}");
}

/// What systemd waits for: the unit says `Type=notify`.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_manager_is_told_when_the_hub_is_ready() {
    assert!(read("packaging/systemd/syncline.service").contains("Type=notify"));
    let desk = Desk::new();
    let path = desk.path("notify");
    let socket = tokio::net::UnixDatagram::bind(&path).unwrap();
    let desk = desk.env("NOTIFY_SOCKET", path.to_str().unwrap());
    let mut hub = desk.start(&["serve"]);
    let mut said = [0; 64];
    let told = tokio::time::timeout(PATIENCE, socket.recv(&mut said)).await.expect("it is told").unwrap();
    assert_eq!(&said[..told], b"READY=1\n");
    desk.run(&["portal-link"]).await.ok();
    hub.signal("TERM");
    assert_eq!(hub.ended().await.code(), Some(0));
}

#[test]
fn installing_puts_everything_where_it_belongs() {
    let to = tempfile::tempdir().unwrap();
    let mut install = Command::new(root().join("packaging/install"));
    install
        .env("PROGRAM", env!("CARGO_BIN_EXE_syncline"))
        .env("DESTDIR", to.path())
        .env("PREFIX", "/opt/hub");
    let output = install.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let at = to.path().join("opt/hub");
    for file in [
        "bin/syncline",
        "share/bash-completion/completions/syncline",
        "share/zsh/site-functions/_syncline",
        "share/fish/vendor_completions.d/syncline.fish",
        "share/man/man1/syncline.1",
        "share/doc/syncline/syncline.toml",
        "share/doc/syncline/make-secrets",
        "share/doc/syncline/LICENSE-APACHE",
        "share/doc/syncline/LICENSE-MIT",
        "lib/sysusers.d/syncline.conf",
    ] {
        assert!(at.join(file).metadata().unwrap().len() > 0, "{file}");
    }
    let unit = read(at.join("lib/systemd/system/syncline.service"));
    assert!(unit.contains("\nExecStart=/opt/hub/bin/syncline serve\n"), "{unit}");
    let output = install.env("PROGRAM", "/nowhere").output().unwrap();
    assert!(
        !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("cargo build --release")
    );
}

/// Loads a sample configuration with the secrets in a directory, and expects that nothing is wrong with it.
fn loads(name: &str, secrets: &Path, env: &[(&str, &str)]) {
    let here = secrets.display().to_string();
    let text = read(Path::new("packaging").join(name));
    let text = text.replace("/run/secrets", &here).replace("/etc/syncline", &here);
    let file = secrets.join("the.toml");
    std::fs::write(&file, text).unwrap();
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), value.replace("/run/secrets", &here)));
    let loaded = config::load(&Sources { file: Some(file), env: env.collect(), ..Sources::default() });
    let loaded = loaded.unwrap_or_else(|error| panic!("{name}: {error}"));
    // Not made by root, they are everybody's.
    let warnings: Vec<_> = loaded.warnings.iter().filter(|warning| !warning.contains("chmod")).collect();
    assert!(warnings.is_empty(), "{name}: {warnings:?}");
}

/// The sample configurations are without mistakes and warnings, with the secrets that the script makes.
#[test]
fn the_sample_configurations_and_the_secrets_made_for_them_fit() {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("make-secrets");
    std::fs::copy(root().join("packaging/make-secrets"), &script).unwrap();
    let run = || {
        // As on a machine whose files are nobody else's unless they are told to be.
        let output = Command::new("sh").args(["-c", "umask 077; exec \"$0\""]).arg(&script).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, said) = run();
    assert!(code == 1 && said.contains("made secrets/sealing-keys"), "no client secret yet: {said}");
    let secrets = directory.path().join("secrets");
    let metadata = secrets.metadata().unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
    let is_of_the_containers = std::os::unix::fs::MetadataExt::uid(&metadata) == 65_532;
    assert_eq!(mode, if is_of_the_containers { 0o700 } else { 0o755 }, "the containers' user can enter it");
    let key = read(secrets.join("sealing-keys"));
    assert_eq!(run(), (1, String::new()), "what is there stays");
    assert_eq!(read(secrets.join("sealing-keys")), key);
    assert!(read(secrets.join("database-url")).contains(&read(secrets.join("database-password"))));
    std::fs::remove_file(secrets.join("hubspot")).unwrap();
    std::fs::write(secrets.join("hubspot"), "the client secret").unwrap();
    assert_eq!(run(), (0, String::new()));
    let listen = ("SYNCLINE_SERVER__LISTEN", "0.0.0.0:8400");
    let url = ("SYNCLINE_SERVER__PUBLIC_URL", "https://hub.example.com");
    let mariadb = ("SYNCLINE_DATABASE__URL_FILE", "/run/secrets/database-url-mariadb");
    loads("syncline.toml", &secrets, &[listen, url]);
    loads("syncline.scaled.toml", &secrets, &[listen, url]);
    loads("syncline.scaled.toml", &secrets, &[listen, url, mariadb]);
}

/// Its secrets are made in a directory of their own; as root the script asks for the group, which is not here.
#[test]
fn the_configuration_for_systemd_fits_the_secrets_made_for_it() {
    let directory = tempfile::tempdir().unwrap();
    let etc = directory.path().join("etc");
    let script =
        read("packaging/make-secrets").replace("is_root() { [ \"$(id -u)\" = 0 ]; }", "is_root() { false; }");
    let run = || Command::new("sh").args(["-c", &script, "make-secrets"]).arg(&etc).output().unwrap();
    let output = run();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("etc/hubspot is empty"), "{said}");
    std::fs::write(etc.join("hubspot"), "the client secret").unwrap();
    assert!(run().status.success());
    loads("systemd/syncline.toml", &etc, &[]);
    for file in ["hubspot", "metrics-token"] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&etc.join(file).metadata().unwrap().permissions());
        assert_eq!(mode & 0o007, 0, "{file} is not everybody's");
    }
    let unit = read("packaging/systemd/syncline.service");
    assert!(unit.contains("\nConfigurationDirectory=syncline\n"), "it reads /etc/syncline");
}

const COMPOSE: [&str; 4] =
    ["compose.yaml", "compose.scaled.yaml", "compose.mariadb.yaml", "compose.monitoring.yaml"];

#[test]
fn the_compose_files_name_files_that_there_are_and_secrets_that_are_made() {
    let script = read("packaging/make-secrets");
    let mut seen = 0;
    for name in COMPOSE {
        let text = read(Path::new("packaging").join(name));
        let words = text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '[' | ']' | ',' | '{' | '}'));
        for word in words.filter(|word| word.starts_with("./") || word.starts_with("/run/secrets/")) {
            let path = word.split(':').next().unwrap_or_default();
            let secret = path.strip_prefix("./secrets/").or(path.strip_prefix("/run/secrets/"));
            seen += 1;
            match secret {
                Some(secret) => {
                    assert!(script.contains(&format!("make {secret} ")), "{name}: nothing makes {word}");
                }
                None if path == "./secrets" || path == "./make-secrets" => {}
                None => assert!(root().join("packaging").join(path).exists(), "{name}: {word} is not there"),
            }
        }
    }
    assert!(seen > 20, "only {seen} were found");
    let ignored = read(".dockerignore");
    assert!(ignored.contains("!LICENSE-APACHE\n!LICENSE-MIT\n"), "the Dockerfile copies them");
    let exceptions: Vec<_> = ignored.lines().filter(|line| line.starts_with('!')).collect();
    assert!(
        exceptions.iter().all(|line| !line.contains('*')),
        "secrets would be looked into: {exceptions:?}"
    );
}

#[test]
fn docker_takes_the_compose_files() {
    let compose = |arguments: &[&str]| {
        let mut docker = Command::new("docker");
        docker.arg("compose").args(arguments).current_dir(root().join("packaging"));
        docker.env("SYNCLINE_HOST", "hub.example.com").output()
    };
    if !compose(&["version"]).is_ok_and(|output| output.status.success()) {
        return;
    }
    let alone = ["-f", "compose.yaml"];
    let scaled = ["-f", "compose.scaled.yaml"];
    let mariadb = ["-f", "compose.scaled.yaml", "-f", "compose.mariadb.yaml"];
    for files in [&alone[..], &scaled, &mariadb] {
        let output = compose(&[files, &["--profile", "monitoring", "config", "--quiet"]].concat()).unwrap();
        assert!(output.status.success(), "{files:?}: {output:?}");
    }
}

/// Names of metrics in a text, histograms without what Prometheus adds to them.
fn metrics(text: &str) -> BTreeSet<String> {
    let names = text
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("syncline_"));
    let plain = |name: &str| {
        let ends = ["_bucket", "_sum", "_count"];
        ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned()
    };
    names.map(plain).collect()
}

#[test]
fn alerts_and_dashboard_ask_for_metrics_that_there_are() {
    let there_are = metrics(&read("crates/hub/src/telemetry/metrics.rs"));
    let rules = read("packaging/prometheus/rules.yml");
    let dashboard = read("packaging/grafana/syncline.json");
    let parsed: Value = serde_json::from_str(&dashboard).unwrap();
    assert!(parsed["panels"].as_array().unwrap().len() > 20);
    for (what, text) in [("rules.yml", &rules), ("syncline.json", &dashboard)] {
        let unknown: Vec<_> = metrics(text).difference(&there_are).cloned().collect();
        assert!(unknown.is_empty(), "{what}: {unknown:?}");
    }
    assert!(metrics(&rules).len() >= 9);
}

#[test]
fn the_page_on_operations_says_of_every_alert_what_to_do() {
    let rules = read("packaging/prometheus/rules.yml");
    let alerts: BTreeSet<&str> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let operations = read("docs/operations.md");
    let rows = operations.lines().filter_map(|line| line.strip_prefix("| `Syncline"));
    let explained: Vec<String> =
        rows.map(|row| format!("Syncline{}", row.split('`').next().unwrap_or_default())).collect();
    assert_eq!(explained.iter().map(String::as_str).collect::<BTreeSet<_>>(), alerts);
}

fn names(value: &Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// A new user's app has what the hub asks for and wants to be told by default.
#[test]
fn the_files_for_a_hubspot_app_ask_for_what_the_hub_wants() {
    let app: Value = serde_json::from_str(&read("packaging/hubspot-app/src/app/app-hsmeta.json")).unwrap();
    let auth = &app["config"]["auth"];
    let asked = read("crates/hub/src/connect/scopes.rs");
    let scopes: BTreeSet<String> =
        asked.split('"').filter(|word| word.starts_with("crm.")).map(str::to_owned).collect();
    assert_eq!(names(&auth["optionalScopes"]), scopes);
    assert_eq!(names(&auth["requiredScopes"]), BTreeSet::from(["oauth".to_owned()]));

    let file = read("packaging/hubspot-app/src/app/webhooks/webhooks-hsmeta.json");
    let file: Value = serde_json::from_str(&file).unwrap();
    let subscriptions = &file["config"]["subscriptions"];
    let both = ["legacyCrmObjects", "hubEvents"].map(|list| subscriptions[list].as_array().unwrap().clone());
    let declared: BTreeSet<(String, String)> = both
        .iter()
        .flatten()
        .map(|one| {
            assert_eq!(one["active"], true, "{one}");
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            (text("subscriptionType"), text("propertyName"))
        })
        .collect();
    let usual = setup("hubspot").unwrap().usual(&Wish::default());
    let wanted = usual
        .into_iter()
        .map(|Topic { event, property, .. }| (event, property.unwrap_or_default()))
        .collect();
    assert_eq!(declared, wanted);
}

#[test]
fn every_file_that_is_packaged_is_named_in_the_page_about_packaging() {
    let page = Page::read("packaging/README.md");
    let linked: BTreeSet<String> = page.links().into_iter().map(|(_, target)| page.beside(&target)).collect();
    for entry in std::fs::read_dir(root().join("packaging")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_made = name == "secrets" || name == "README.md";
        let is_linked = linked.contains(&format!("packaging/{name}"));
        assert!(is_made || is_linked, "packaging/{name} is not named");
    }
}

/// What a tool says of a file, where the tool is on this machine: it is asked with `--version` first.
fn said_by(tool: &str, arguments: &[&str], directory: &Path) -> Option<(bool, String)> {
    Command::new(tool).arg("--version").output().ok().filter(|output| output.status.success())?;
    let output = Command::new(tool).args(arguments).current_dir(directory).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

#[test]
fn caddy_takes_its_files() {
    let directory = root().join("packaging/caddy");
    for file in ["Caddyfile", "Caddyfile.scaled"] {
        // Without the signs in front of what keeps others out, too.
        let text = read(directory.join(file)).replace("{$SYNCLINE_HOST}", "hub.example.com");
        let open = text.replace("\t# @", "\t@").replace("\t# \t", "\t\t").replace("\t#\t", "\t\t");
        let open = open.replace("\t# }", "\t}").replace("\t# handle", "\thandle");
        assert_eq!(open.matches('{').count(), open.matches('}').count(), "{open}");
        for text in [text, open] {
            let here = tempfile::tempdir().unwrap();
            std::fs::write(here.path().join("Caddyfile"), &text).unwrap();
            let arguments = ["adapt", "--config", "Caddyfile", "--adapter", "caddyfile"];
            if let Some((passed, said)) = said_by("caddy", &arguments, here.path()) {
                assert!(passed, "{file}: {said}");
            }
        }
    }
}

#[test]
fn prometheus_takes_the_rules_and_their_tests_pass() {
    let directory = root().join("packaging/prometheus");
    let check = |file| vec!["check", "config", "--syntax-only", file];
    for arguments in [
        vec!["check", "rules", "rules.yml"],
        vec!["test", "rules", "rules.test.yml"],
        check("prometheus.yml"),
        check("prometheus.scaled.yml"),
    ] {
        if let Some((passed, said)) = said_by("promtool", &arguments, &directory) {
            assert!(passed, "{arguments:?}: {said}");
        }
    }
}

#[test]
fn systemd_takes_the_unit_and_finds_little_that_is_open() {
    let directory = tempfile::tempdir().unwrap();
    let unit = read("packaging/systemd/syncline.service").replace("/usr/bin/syncline", "/bin/true");
    std::fs::write(directory.path().join("syncline.service"), unit).unwrap();
    let verify = ["verify", "--man=no", "./syncline.service"];
    if let Some((passed, said)) = said_by("systemd-analyze", &verify, directory.path()) {
        assert!(passed && said.trim().is_empty(), "{said}");
    }
    // Of 100, 15 are 1.5 on the scale that it prints.
    let security = ["security", "--offline=true", "--threshold=15", "./syncline.service"];
    if let Some((passed, said)) = said_by("systemd-analyze", &security, directory.path()) {
        // Versions before 250 cannot tell without a running systemd.
        assert!(passed || !said.contains("exposure level"), "{said}");
    }
}
