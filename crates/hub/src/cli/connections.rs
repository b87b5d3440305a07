//! `syncline connections`: accounts connected from the terminal, looked at and ended.

use super::manage::{ask, list, pretty};
use super::remote::{Target, segment};
use super::settings::Flags;
use super::{out, runtime};
use anyhow::{Context as _, Result, ensure};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Read as _;
use std::process::ExitCode;

/// Connect accounts, look at them, end them.
#[derive(Debug, Subcommand)]
pub enum Connections {
    /// List connections, the latest first
    List(List),
    /// Show one connection, with what was loaded through it
    Show {
        #[command(flatten)]
        target: Target,
        /// The connection's id, con_…
        id: String,
    },
    /// Print a link that connects an account in a browser; or connect with a key
    Connect(Connect),
    /// End a connection; its records stay unless --erase
    Disconnect {
        #[command(flatten)]
        target: Target,
        /// The connection's id, con_…
        id: String,
        /// Erase what was loaded through it, too
        #[arg(long)]
        erase: bool,
    },
}

/// List connections
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    target: Target,
    /// Only this organization's
    #[arg(long, value_name = "ORG")]
    org_id: Option<String>,
    /// Only of this provider
    #[arg(long)]
    provider: Option<String>,
    /// Only through this app
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// Only of accounts with this in their id or name
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// active, needs_reauthorization or disconnected
    #[arg(long)]
    status: Option<String>,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

/// Connect an account
#[derive(Debug, Args)]
pub struct Connect {
    #[command(flatten)]
    target: Target,
    /// hubspot, notion, airtable or tentoeight
    provider: String,
    /// For which organization
    #[arg(long, value_name = "ORG")]
    org_id: String,
    /// By which of its users
    #[arg(long, value_name = "USER", default_value = "")]
    user_id: String,
    /// Through which app, where several of the provider are configured
    #[arg(long)]
    app: Option<String>,
    /// Read a key from standard input and connect with it, without a browser
    #[arg(long, conflicts_with = "app")]
    key_stdin: bool,
}

impl Connections {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        match self {
            Self::List(list) => list.run(settings),
            Self::Show { target, id } => ask(
                settings,
                &target,
                Method::GET,
                &format!("/v1/connections/{}", segment(&id)),
                None,
                pretty,
            ),
            Self::Connect(connect) => connect.run(settings),
            Self::Disconnect { target, id, erase } => {
                let data = if erase { "erase" } else { "keep" };
                let path = format!("/v1/connections/{}?data={data}", segment(&id));
                ask(settings, &target, Method::DELETE, &path, None, |_| {
                    out::line(if erase {
                        "ended; its records are being erased"
                    } else {
                        "ended; its records stay"
                    });
                })
            }
        }
    }
}

impl List {
    fn run(self, settings: &Flags) -> Result<ExitCode> {
        let columns = ["id", "org_id", "provider", "account_name", "status", "method", "created_at"];
        let filters = [
            ("org_id", &self.org_id),
            ("provider", &self.provider),
            ("app", &self.app),
            ("search", &self.search),
            ("status", &self.status),
        ];
        let given = filters.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        let query: String = given.map(|(name, value)| format!("&{name}={}", segment(value))).collect();
        runtime()?.block_on(async {
            let hub = self.target.find(settings)?;
            let (mut all, mut cursor) = (Vec::new(), String::new());
            loop {
                let path = format!("/v1/connections?limit=500{query}{cursor}");
                let mut page = hub.json(hub.request(Method::GET, &path)).await?;
                if let Some(data) = page["data"].as_array_mut() {
                    all.append(data);
                }
                match page["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={}", segment(next)),
                    None => break,
                }
            }
            list(&json!({ "data": all }), &columns, self.json);
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl Connect {
    fn run(self, settings: &Flags) -> Result<ExitCode> {
        let Self { target, provider, org_id, user_id, app, key_stdin } = self;
        if key_stdin {
            let mut key = String::new();
            std::io::stdin().take(64 * 1024).read_to_string(&mut key).context("standard input")?;
            ensure!(!key.trim().is_empty(), "there is no key on standard input");
            let body =
                json!({ "provider": provider, "org_id": org_id, "user_id": user_id, "key": key.trim() });
            return ask(settings, &target, Method::POST, "/v1/connections", Some(body), |made: Value| {
                out::note(format!("Connected {}.", out::plain(made["account_name"].as_str().unwrap_or(""))));
                out::line(made["id"].as_str().unwrap_or(""));
            });
        }
        let body = json!({ "provider": provider, "org_id": org_id, "user_id": user_id, "app": app });
        ask(settings, &target, Method::POST, "/v1/connections/authorize", Some(body), |made: Value| {
            let until = out::plain(made["expires_at"].as_str().unwrap_or(""));
            out::note(format!("Open it in the browser of the person who consents, before {until}:"));
            out::line(made["url"].as_str().unwrap_or(""));
        })
    }
}
