//! The file that `syncline init` writes.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::keys;
use super::model::Provider;
use super::urls::BaseUrl;

/// What is known when a configuration file is started.
#[derive(Clone, Debug, Default)]
pub struct Starter {
    /// The URL under which the world will reach the server; nothing leaves the default in place.
    pub public_url: Option<BaseUrl>,
    /// A first app; nothing leaves an example in comments.
    pub app: Option<StarterApp>,
}

/// The first app of a new configuration file.
#[derive(Clone, Debug)]
pub struct StarterApp {
    /// Its name; must be one that [`super::load`] takes.
    pub name: String,
    /// Whose registration it is.
    pub provider: Provider,
}

/// A short, commented configuration file: defaults in comments, and in force only what is known or must be known.
#[must_use]
pub fn starter(known: &Starter) -> String {
    let mut page = Page(HEAD.to_owned());
    page.default("data_dir", "Everything kept on this machine: the SQLite files, the local key. Back it up.");

    page.section("server");
    page.default(
        "server.listen",
        "Address and port to listen on; \"0.0.0.0:8400\" is reached from other machines, too.",
    );
    page.public_url(known.public_url.as_ref());

    page.section("database");
    let forms =
        "\"sqlite\" is a file in data_dir; or \"postgres://user:password@host/name\", or \"mysql://…\".";
    page.default("database.url", forms);

    page.app(known.app.as_ref());

    page.section("jobs");
    page.default("jobs.workers", "Jobs run at the same time.");

    page.section("retention");
    page.default("retention.events", "How long events are kept: \"forever\", or an age such as \"365d\".");

    page.section("log");
    page.default("log.level", "\"error\", \"warn\", \"info\", \"debug\" or \"trace\".");

    page.section("telemetry");
    page.default(
        "telemetry.metrics_token",
        "When set, /metrics wants it as a bearer token. Empty: /metrics is open.",
    );
    page.0
}

const HEAD: &str = "\
# Syncline's configuration, read with --config PATH, or without it when the file is called syncline.toml and the
# program is started in its directory.
#
# A line such as `#data_dir = ...` shows a default: take the # away to change it. `syncline config defaults` explains
# every setting there is, `syncline config show` prints what is in force and where it came from.

";

const PUBLIC_URL: &str = "\
# The URL under which providers and browsers reach this server. Webhook signatures are checked against it, so it
# must be exactly what the providers call: with real accounts an https URL that the world can reach.
";

const APPS: &str = "
# Your registrations at the providers, one section each. The name after the dot is part of the webhook URL to enter
# at the provider: <public_url>/webhooks/<provider>/<name>
";

/// The file as it grows.
struct Page(String);

impl Page {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn say(&mut self, comment: &str) {
        self.line(&format!("# {comment}"));
    }

    fn section(&mut self, name: &str) {
        self.line(&format!("\n[{name}]"));
    }

    /// A key with a value in force.
    fn set(&mut self, key: &str, value: &str) {
        self.line(&format!("{key} = {}", toml::Value::from(value)));
    }

    /// A key's comment, and its default in a comment. Taken from the defaults file, so that it stays true.
    fn default(&mut self, path: &str, comment: &str) {
        let key = path.rsplit('.').next().unwrap_or(path);
        self.say(comment);
        self.line(&format!("#{key} = {}", keys::default_of(path).unwrap_or_default()));
    }

    fn public_url(&mut self, known: Option<&BaseUrl>) {
        self.0.push_str(PUBLIC_URL);
        match known {
            Some(url) => self.set("public_url", url.as_str()),
            None => self
                .line(&format!("public_url = {}", keys::default_of("server.public_url").unwrap_or_default())),
        }
    }

    fn app(&mut self, app: Option<&StarterApp>) {
        self.0.push_str(APPS);
        match app {
            Some(app) => {
                self.line(&format!("[apps.{}]", app.name));
                self.set("provider", app.provider.as_str());
            }
            None => {
                self.line("#[apps.main]");
                self.line("#provider = \"hubspot\"");
            }
        }
        self.say("From the provider's page about the registration. The secret may be in a file of its own.");
        self.line("#client_id = \"the client id\"");
        self.line("#client_secret = \"the client secret\"");
        self.line("#client_secret_file = \"/run/secrets/syncline\"");
    }
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Something is there already.
    #[error("{} exists already; --force overwrites it", .0.display())]
    Exists(PathBuf),
    /// The file system refused.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Writes a file that only its owner may read. Overwrites only with `force`, and then all or nothing.
///
/// # Errors
/// When something is there already, or the file system refuses.
pub fn write_new(path: &Path, text: &str, force: bool) -> Result<(), WriteError> {
    let written = if force { replace(path, text) } else { write_private(path, text) };
    written.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists if !force => WriteError::Exists(path.to_owned()),
        _ => WriteError::Io { path: path.to_owned(), source },
    })
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new{}", std::process::id()));
    let draft = path.with_file_name(name);
    write_private(&draft, text)?;
    fs::rename(&draft, path).inspect_err(|_| drop(fs::remove_file(&draft)))
}

/// Makes the file, which must not exist; one that could not be finished is taken away again.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.inspect_err(|_| drop(fs::remove_file(path)))
}
