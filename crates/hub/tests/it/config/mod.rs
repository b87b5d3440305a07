//! The configuration from outside. Compiled into the hub's one test binary (`tests/it`): only its public face is used.

mod defaults;
mod layers;
mod mistakes_in_a_file;
mod secrets;
mod showing;
mod starting;
mod units;
mod warnings;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};
use syncline_hub::config::{
    self, App, BaseUrl, Brokers, Config, ConfigErrors, Connect, Counters, DEFAULTS, Database, DatabaseUrl,
    Demo, Every, Flag, Intake, IntakeLog, Jobs, Kafka, Keep, Load, Loaded, Log, LogFormat, LogLevel, Notify,
    Objects, Origin, Origins, Place, Portal, Provider, Providers, Redis, Retention, Sealing, Server, Setup,
    Size, Sources, Span, Starter, StarterApp, Syncs, Telemetry, WriteError, load, render, starter, to_json,
    variable_of, without_password, write_new,
};

/// A directory of its own with a `syncline.toml`, and what to load with it.
struct Bench {
    dir: tempfile::TempDir,
    sources: Sources,
}

impl Bench {
    fn empty() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let sources = Sources { here: dir.path().to_owned(), ..Sources::default() };
        Self { dir, sources }
    }

    fn with(text: &str) -> Self {
        let bench = Self::empty();
        bench.write("syncline.toml", text);
        bench
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        fs::write(&path, text).expect("a file");
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .expect("a private file");
        path.to_str().expect("a plain path").to_owned()
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.sources.env.push((name.to_owned(), value.to_owned()));
        self
    }

    fn set(mut self, text: &str) -> Self {
        self.sources.flags.push(Flag::set(text).expect("key and value"));
        self
    }

    fn load(&self) -> Result<Loaded, ConfigErrors> {
        load(&self.sources)
    }

    fn good(&self) -> Loaded {
        self.load().unwrap_or_else(|errors| panic!("{errors}"))
    }

    /// What is wrong, with the directory's name left out.
    fn problems(&self) -> Vec<String> {
        let errors = self.load().expect_err("nothing is wrong");
        errors.problems().iter().map(|problem| self.short(&problem.text)).collect()
    }

    fn short(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.dir.path().display()), "")
    }

    fn origin_of(&self, key: &str) -> String {
        let loaded = self.good();
        let setting = loaded.settings.iter().find(|setting| setting.key == key).expect("a key");
        self.short(&setting.origin.to_string())
    }
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(Bench::with(text).problems(), expected, "in\n{text}");
}

fn check_env(name: &str, value: &str, expected: &[&str]) {
    assert_eq!(Bench::empty().env(name, value).problems(), expected);
}

fn span(text: &str) -> Span {
    Span::parse(text).expect("a span")
}

/// The file with the settings that are only shown as examples in force.
fn uncommented(text: &str) -> String {
    let in_force = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => rest.to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(in_force).collect::<Vec<_>>().join("\n").replace("apps.NAME", "apps.name")
}

/// Every key in a file, in its order, with the comment lines directly above it.
fn keys_and_comments(text: &str) -> Vec<(String, String)> {
    let (mut section, mut comment, mut found) = (String::new(), String::new(), Vec::new());
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = format!("{name}.");
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            found.push((format!("{section}{key}"), comment.clone()));
        }
        comment = if line.starts_with('#') { format!("{comment}{line}\n") } else { String::new() };
    }
    found
}
