//! Commands that each are one request to the hub: API keys, accounts, the portal's link, status.

use super::remote::{Target, segment};
use super::settings::Flags;
use super::{out, runtime};
use anyhow::Result;
use clap::{Args, Subcommand};
use comfy_table::{ContentArrangement, Table, presets};
use reqwest::Method;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Make, list and revoke API keys.
#[derive(Debug, Subcommand)]
pub enum ApiKey {
    /// Make a key; its secret is shown this once
    Create {
        #[command(flatten)]
        target: Target,
        /// What to call it
        name: String,
        /// The one organization it may see [default: all]
        #[arg(long, value_name = "ORG")]
        org_id: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List keys
    List {
        #[command(flatten)]
        target: Target,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key
    Revoke {
        #[command(flatten)]
        target: Target,
        /// The key's id, key_…
        id: String,
    },
}

/// Say which organization an account at a provider belongs to.
#[derive(Debug, Subcommand)]
pub enum Account {
    /// List accounts and their organizations
    List {
        #[command(flatten)]
        target: Target,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give an account, and the events it has already, to an organization
    Assign {
        #[command(flatten)]
        target: Target,
        /// The provider, e.g. hubspot
        provider: String,
        /// The account there (HubSpot: portal id)
        account: String,
        /// The organization
        org_id: String,
    },
}

/// How the hub is doing.
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    target: Target,
}

/// Print a link that sets the portal's password anew.
#[derive(Debug, Args)]
pub struct PortalLink {
    #[command(flatten)]
    target: Target,
}

/// One request, and what to do with its answer.
pub(super) fn ask(
    settings: &Flags,
    target: &Target,
    method: Method,
    path: &str,
    body: Option<Value>,
    show: impl FnOnce(Value),
) -> Result<ExitCode> {
    runtime()?.block_on(async {
        let hub = target.find(settings)?;
        let mut request = hub.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        show(hub.json(request).await?);
        Ok(ExitCode::SUCCESS)
    })
}

impl ApiKey {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        match self {
            Self::Create { target, name, org_id, json } => {
                let body = json!({ "name": name, "org_id": org_id });
                ask(settings, &target, Method::POST, "/v1/api-keys", Some(body), |key| {
                    if json {
                        return out::line(key);
                    }
                    out::note("Keep it now; it is not shown again:");
                    out::line(key["secret"].as_str().unwrap_or(""));
                })
            }
            Self::List { target, json } => {
                let columns = ["id", "name", "org_id", "prefix", "created_at", "last_used_at", "revoked_at"];
                ask(settings, &target, Method::GET, "/v1/api-keys", None, |keys| list(&keys, &columns, json))
            }
            Self::Revoke { target, id } => {
                let path = format!("/v1/api-keys/{}", segment(&id));
                ask(settings, &target, Method::DELETE, &path, None, |_| out::line("revoked"))
            }
        }
    }
}

impl Account {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        match self {
            Self::List { target, json } => {
                let columns = ["provider", "account", "org_id", "created_at"];
                ask(settings, &target, Method::GET, "/v1/accounts", None, |accounts| {
                    list(&accounts, &columns, json)
                })
            }
            Self::Assign { target, provider, account, org_id } => {
                let path = format!("/v1/accounts/{}/{}", segment(&provider), segment(&account));
                let body = json!({ "org_id": org_id });
                ask(settings, &target, Method::PUT, &path, Some(body), |_| {
                    out::line(format!("{provider} {account} belongs to {org_id}; its stored events follow"));
                })
            }
        }
    }
}

impl Status {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        ask(settings, &self.target, Method::GET, "/v1/status", None, pretty)
    }
}

impl PortalLink {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        ask(settings, &self.target, Method::POST, "/v1/portal/setup-link", None, |answer| {
            out::line(answer["url"].as_str().unwrap_or(""));
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "fits `ask`")]
pub(super) fn pretty(answer: Value) {
    out::json(&serde_json::to_string_pretty(&answer).unwrap_or_default());
}

/// The answer's `data` as a table, or as one JSON object a line.
pub(super) fn list(answer: &Value, columns: &[&str], json: bool) {
    let rows = answer["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    if json {
        return rows.iter().for_each(|row| out::json(&row.to_string()));
    }
    if rows.is_empty() {
        return out::note("None.");
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(columns.iter().map(|name| name.to_uppercase()));
    for row in rows {
        table.add_row(columns.iter().map(|name| match &row[*name] {
            Value::Null => "-".to_owned(),
            Value::String(text) => out::plain(text),
            other => other.to_string(),
        }));
    }
    out::line(table);
}
